import { readPreference, rememberPreference } from "../preference.ts";

export const languages = ["en", "ja"] as const;
export type Language = (typeof languages)[number];

/** What each language calls itself. */
export const languageNames: Readonly<Record<Language, string>> = { en: "English", ja: "日本語" };

const preference = "becausal-language";

/** The remembered language, else the first of the browser's languages that the page speaks, else English. */
export function preferredLanguage(spoken: readonly string[]): Language {
  const remembered = readPreference(preference);
  const wanted = [remembered, ...spoken].map((tag) => tag?.slice(0, 2));
  const found = wanted.flatMap((tag) => languages.find((language) => language === tag) ?? []);
  return found[0] ?? "en";
}

export function rememberLanguage(language: Language): void {
  rememberPreference(preference, language);
}

/** The language an i18next tag stands for. */
export function toLanguage(tag: string): Language {
  return tag.startsWith("ja") ? "ja" : "en";
}
