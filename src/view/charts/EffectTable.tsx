import type { JSX } from "react";
import { useTranslation } from "react-i18next";
import { useFormats } from "../i18n/use-formats.ts";
import { FilmTitle } from "./FilmTitle.tsx";
import type { HeatmapProps } from "./Heatmap.tsx";
import table from "./NumberTable.module.css";
import { WideTable } from "./WideTable.tsx";

/** The heatmap's numbers as a plain table: nats to four places, and percentage points in brackets. */
export function EffectTable({
  causes,
  targets,
  cells,
}: Pick<HeatmapProps, "causes" | "targets" | "cells">): JSX.Element {
  const { t } = useTranslation();
  const formats = useFormats();
  return (
    <WideTable label={t("effects.table")}>
      <table className={`${table["table"]} ${table["wide"]}`}>
        <caption className="visually-hidden">{t("effects.caption")}</caption>
        <thead>
          <tr>
            <th scope="col">{t("effects.tableFilm")}</th>
            {targets.map((target) => (
              <th key={target.id} scope="col">
                <FilmTitle film={target} />
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {causes.map((cause, r) => (
            <tr key={cause.id}>
              <th scope="row">
                <FilmTitle film={cause} />
              </th>
              {targets.map((target, c) => {
                const cell = cells[r]?.[c] ?? null;
                return (
                  <td key={target.id}>
                    {cell === null
                      ? "–"
                      : t(cell.standardError === null ? "effects.tableCell" : "effects.tableEstimated", {
                          nats: formats.fine(cell.deltaNats),
                          error: formats.size(cell.standardError ?? 0),
                          points: formats.points(cell.deltaProbability),
                        })}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </WideTable>
  );
}
