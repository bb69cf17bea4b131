import type { TFunction } from "i18next";
import type { Formats } from "./formats.ts";

/** A probability as people say it: "about 1 in 8". */
export function probabilityWords(t: TFunction, formats: Formats, probability: number): string {
  if (probability >= 0.95) return t("words.certain");
  if (probability >= 0.3) return t("words.inTen", { n: formats.whole(probability * 10) });
  if (probability < 0.001) return t("words.lessThan");
  return t("words.oneIn", { n: formats.whole(1 / probability) });
}
