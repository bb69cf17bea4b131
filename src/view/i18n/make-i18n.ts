import { createInstance, type i18n } from "i18next";
import { initReactI18next } from "react-i18next";
import { en } from "./en.ts";
import { evidence as evidenceEn } from "./evidence-en.ts";
import { evidence as evidenceJa } from "./evidence-ja.ts";
import { ja } from "./ja.ts";
import type { Language } from "./language.ts";

declare module "i18next" {
  interface CustomTypeOptions {
    defaultNS: "translation";
    resources: { translation: typeof en; evidence: typeof evidenceEn };
  }
}

/** The page's translator. React escapes what it renders, so values are passed as they are. */
export async function makeI18n(language: Language): Promise<i18n> {
  const instance = createInstance();
  await instance.use(initReactI18next).init({
    lng: language,
    fallbackLng: "en",
    resources: {
      en: { translation: en, evidence: evidenceEn },
      ja: { translation: ja, evidence: evidenceJa },
    },
    defaultNS: "translation",
    interpolation: { escapeValue: false },
    returnNull: false,
  });
  return instance;
}
