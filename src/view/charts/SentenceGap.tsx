import type { JSX } from "react";
import { useTranslation } from "react-i18next";

/** What stands between two sentences: a space where the language has one. */
export function SentenceGap(): JSX.Element {
  const { i18n } = useTranslation();
  return <>{i18n.language.startsWith("ja") ? "" : " "}</>;
}
