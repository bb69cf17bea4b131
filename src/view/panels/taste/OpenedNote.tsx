import type { JSX } from "react";
import { useTranslation } from "react-i18next";
import type { OpenedPersona } from "../../../state/taste-state.ts";
import { useFormats } from "../../i18n/use-formats.ts";
import styles from "./OpenedNote.module.css";
import { useTaste } from "./taste-context.tsx";

/** Entries that are named at most. */
const MOST_NAMED = 10;

/** What came of the persona file that was opened last, and what of it could not be used. */
export function OpenedNote({ use }: { readonly use: OpenedPersona["use"] }): JSX.Element {
  const opened = useTaste((state) => state.opened);
  return (
    <div role="status" className={styles["note"]}>
      {opened !== null && opened.use === use && <Report opened={opened} />}
    </div>
  );
}

function Report({
  opened: { file, taken, unusable, unknownFilms, isOfCatalogue, use },
}: {
  readonly opened: OpenedPersona;
}): JSX.Element {
  const { t } = useTranslation("taste");
  const formats = useFormats();
  return (
    <>
      <p>{t(use === "mine" ? "file.taken" : "file.beside", { file, count: taken })}</p>
      {unusable.length > 0 && (
        <>
          <p>{t("file.unusable", { count: unusable.length })}</p>
          <ul>
            {unusable.slice(0, MOST_NAMED).map(({ name, reason }, i) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: two entries may be called alike.
              <li key={i}>{t(`file.${reason}`, { name })}</li>
            ))}
          </ul>
        </>
      )}
      {unusable.length > MOST_NAMED && (
        <p>{t("file.more", { more: formats.whole(unusable.length - MOST_NAMED) })}</p>
      )}
      {unknownFilms > 0 && <p>{t("file.unknownFilms", { count: unknownFilms })}</p>}
      {!isOfCatalogue && <p>{t("file.otherCatalogue")}</p>}
    </>
  );
}
