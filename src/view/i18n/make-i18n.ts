import { createInstance, type i18n } from "i18next";
import { initReactI18next } from "react-i18next";
import { en } from "./en.ts";
import { evidence as evidenceEn } from "./evidence-en.ts";
import { evidence as evidenceJa } from "./evidence-ja.ts";
import { ja } from "./ja.ts";
import { lab as labEn } from "./lab-en.ts";
import { lab as labJa } from "./lab-ja.ts";
import type { Language } from "./language.ts";
import { learn as learnEn } from "./learn-en.ts";
import { learn as learnJa } from "./learn-ja.ts";
import { taste as tasteEn } from "./taste-en.ts";
import { taste as tasteJa } from "./taste-ja.ts";

declare module "i18next" {
  interface CustomTypeOptions {
    defaultNS: "translation";
    resources: {
      translation: typeof en;
      evidence: typeof evidenceEn;
      taste: typeof tasteEn;
      learn: typeof learnEn;
      lab: typeof labEn;
    };
  }
}

/** The page's translator. React escapes what it renders, so values are passed as they are. */
export async function makeI18n(language: Language): Promise<i18n> {
  const instance = createInstance();
  await instance.use(initReactI18next).init({
    lng: language,
    fallbackLng: "en",
    resources: {
      en: { translation: en, evidence: evidenceEn, taste: tasteEn, learn: learnEn, lab: labEn },
      ja: { translation: ja, evidence: evidenceJa, taste: tasteJa, learn: learnJa, lab: labJa },
    },
    defaultNS: "translation",
    interpolation: { escapeValue: false },
    returnNull: false,
  });
  return instance;
}
