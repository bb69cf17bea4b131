import type { TFunction } from "i18next";
import type { Language } from "../../i18n/language.ts";

/** All that an exported file says in words. */
export interface ExportWords {
  readonly language: Language;
  readonly title: string;
  readonly watched: string;
  readonly recommended: string;
  readonly rank: string;
  readonly nats: string;
  readonly standardError: string;
  readonly points: string;
  readonly for: string;
  readonly against: string;
  readonly note: string;
  readonly distrusted: string;
}

export function exportWords(t: TFunction, language: Language): ExportWords {
  return {
    language,
    title: t("exported.title"),
    watched: t("exported.watched"),
    recommended: t("exported.recommended"),
    rank: t("exported.rank"),
    nats: t("exported.nats"),
    standardError: t("exported.standardError"),
    points: t("exported.points"),
    for: t("effects.legendFor"),
    against: t("effects.legendAgainst"),
    note: t("exported.note"),
    distrusted: t("exported.distrusted"),
  };
}
