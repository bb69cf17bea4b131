import { type JSX, useState } from "react";
import { useTranslation } from "react-i18next";
import type { LogRow } from "../../../adapt/log-row.ts";
import type { StoredRow } from "../../../adapt/log-storage.ts";
import { FilmTitle } from "../../charts/FilmTitle.tsx";
import number from "../../charts/NumberTable.module.css";
import { WideTable } from "../../charts/WideTable.tsx";
import { useFormats } from "../../i18n/use-formats.ts";
import { useApp } from "../../store-context.tsx";
import { Button } from "../Button.tsx";
import styles from "./Learn.module.css";
import { reactionTo } from "./log-view.ts";
import { useDates } from "./use-dates.ts";

const STEP = 10;

/** The newest rows of the log, newest first; more on demand. */
export function LogTable({ rows }: { readonly rows: readonly StoredRow[] }): JSX.Element {
  const { t } = useTranslation("learn");
  const formats = useFormats();
  const [shown, setShown] = useState(STEP);
  const newest = rows.slice(-shown).toReversed();
  const further = Math.min(STEP, rows.length - newest.length);
  return (
    <div className={styles["part"]}>
      <WideTable label={t("shown.caption")}>
        <table className={`${number["table"]} ${styles["log"]}`}>
          <caption className="visually-hidden">{t("shown.caption")}</caption>
          <thead>
            <tr>
              {(["film", "when", "chance", "by", "seen", "did", "y"] as const).map((column) => (
                <th key={column} scope="col">
                  {t(`shown.${column}`)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {newest.map(({ key, row }) => (
              <LogLine key={key} row={row} />
            ))}
          </tbody>
        </table>
      </WideTable>
      <p className={styles["quiet"]} role="status">
        {t("shown.showing", { shown: formats.whole(newest.length), rows: formats.whole(rows.length) })}
      </p>
      {further > 0 && (
        <div>
          <Button look="line" onClick={() => setShown(shown + STEP)}>
            {t("shown.more", { count: further })}
          </Button>
        </div>
      )}
    </div>
  );
}

function LogLine({ row }: { readonly row: LogRow }): JSX.Element {
  const { t } = useTranslation("learn");
  const formats = useFormats();
  const dates = useDates();
  const item = row.slateIds[row.a];
  const film = useApp(({ catalogue }) =>
    catalogue.phase === "ready" && item !== undefined ? catalogue.index.byItem.get(item) : undefined,
  );
  return (
    <tr>
      <th scope="row">{film === undefined ? `#${item}` : <FilmTitle film={film} />}</th>
      <td>
        <time dateTime={new Date(row.t).toISOString()}>{dates(row.t)}</time>
      </td>
      <td>{row.source === "slot" ? formats.percent(row.p[row.a] ?? 0) : t("shown.unknown")}</td>
      <td>
        {t(row.source !== "slot" ? "shown.notDrawn" : row.randomised ? "shown.uniform" : "shown.ranked")}
      </td>
      <td>{t("shown.seconds", { seconds: formats.stars(row.visibleMs / 1000) })}</td>
      <td>{t(`shown.reaction.${reactionTo(row)}`)}</td>
      <td>{row.y === null ? "–" : formats.decimal(row.y)}</td>
    </tr>
  );
}
