import type { JSX } from "react";
import { useTranslation } from "react-i18next";
import { toLanguage } from "../i18n/language.ts";
import { useFormats } from "../i18n/use-formats.ts";
import type { DirectionRow } from "./direction-rows.ts";
import table from "./NumberTable.module.css";
import { WideTable } from "./WideTable.tsx";

/** The directions' numbers as a plain table. */
export function DirectionTable({ rows }: { readonly rows: readonly DirectionRow[] }): JSX.Element {
  const { t, i18n } = useTranslation("taste");
  const formats = useFormats();
  const language = toLanguage(i18n.language);
  return (
    <WideTable label={t("directions.table")}>
      <table className={table["table"]}>
        <caption className="visually-hidden">{t("directions.table")}</caption>
        <thead>
          <tr>
            {(["direction", "stance", "chance", "value", "interval", "decided"] as const).map((column) => (
              <th key={column} scope="col">
                {t(`column.${column}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ direction, lean, probability, value, low, high, override }) => (
            <tr key={direction.id}>
              <th scope="row">{direction.name[language]}</th>
              <td>{t(`lean.${lean}`)}</td>
              <td>{formats.percent(probability)}</td>
              <td>{formats.nats(value)}</td>
              <td>
                [{formats.nats(low)}, {formats.nats(high)}]
              </td>
              <td>{override === null ? "–" : t(`decided.${override.by}`)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </WideTable>
  );
}
