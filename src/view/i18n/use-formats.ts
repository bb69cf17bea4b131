import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { type Formats, makeFormats } from "./formats.ts";
import { toLanguage } from "./language.ts";

/** Number formats of the page's language. */
export function useFormats(): Formats {
  const { i18n } = useTranslation();
  return useMemo(() => makeFormats(toLanguage(i18n.language)), [i18n.language]);
}
