import { useMemo } from "react";
import { useTranslation } from "react-i18next";

/** Writes a moment, milliseconds since 1970, as the page's language does; short, with the time of day. */
export function useDates(): (t: number) => string {
  const { i18n } = useTranslation();
  return useMemo(() => {
    const format = new Intl.DateTimeFormat(i18n.language, { dateStyle: "medium", timeStyle: "short" });
    return (t) => format.format(t);
  }, [i18n.language]);
}
