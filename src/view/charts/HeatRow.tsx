import { type JSX, memo } from "react";
import { useTranslation } from "react-i18next";
import type { ItemId } from "../../core/ids.ts";
import type { Film } from "../../model/film.ts";
import { useFormats } from "../i18n/use-formats.ts";
import { FilmTitle } from "./FilmTitle.tsx";
import styles from "./Heatmap.module.css";
import type { HeatCell } from "./heat-cells.ts";
import type { Direction } from "./heat-order.ts";
import { greyColour, heatColour, themedStyle } from "./heat-scale.ts";
import { Poster } from "./Poster.tsx";
import { titleParts } from "./title-parts.ts";

export interface HeatRowProps {
  /** Which row of the screen it is, 0 the first. */
  readonly at: number;
  readonly cause: Film;
  readonly targets: readonly Film[];
  /** By column of the data; null where nothing is computed yet. */
  readonly cells: readonly (HeatCell | null)[];
  /** Columns of the data in the order of the screen. */
  readonly columns: readonly number[];
  /** Column of the data that holds the grid's tab stop, -1 the heading; null when another row has it. */
  readonly active: number | null;
  /** True while a cell of the row is pointed at. */
  readonly read: boolean;
  readonly sorted: Direction | undefined;
  readonly trusted: boolean;
  readonly large: boolean;
  /** Element that says what the heading's button does. */
  readonly hintId: string;
  readonly onSort: (cause: ItemId) => void;
}

/** One watched film of the map. Memoised: 50 rows of 50 cells are drawn once, then only those that change. */
export const HeatRow = memo(function HeatRow({
  at,
  cause,
  targets,
  cells,
  columns,
  active,
  read,
  sorted,
  trusted,
  large,
  hintId,
  onSort,
}: HeatRowProps): JSX.Element {
  const { t } = useTranslation();
  const formats = useFormats();
  const causeName = titleParts(cause.title).name;
  const label = (target: Film, cell: HeatCell | null): string => {
    const films = { cause: causeName, target: titleParts(target.title).name };
    if (cell === null) return t("effects.cellPending", films);
    const words = t(cell.unsure ? "effects.unsure" : `effects.${cell.word}`);
    const nats = formats.nats(cell.deltaNats);
    return cell.standardError === null
      ? t("effects.cell", { ...films, nats, words })
      : t("effects.cellEstimated", { ...films, nats, error: formats.size(cell.standardError), words });
  };
  return (
    <tr>
      <th scope="row" aria-sort={sorted} className={styles["cause"]} data-read={read ? "" : undefined}>
        <button
          type="button"
          className={styles["causeInner"]}
          title={cause.title}
          aria-describedby={hintId}
          data-head={`${at}--1`}
          tabIndex={active === -1 ? 0 : -1}
          onClick={() => onSort(cause.id)}
        >
          <span className={styles["causeStamp"]}>
            <Poster film={cause} size="stamp" />
          </span>
          <FilmTitle film={cause} />
          <span className={styles["mark"]} data-sorted={sorted} aria-hidden="true">
            {sorted === "ascending" ? "◂" : "▸"}
          </span>
        </button>
      </th>
      {columns.map((c, place) => {
        const target = targets[c];
        if (target === undefined) return null;
        const cell = cells[c] ?? null;
        return (
          <td
            key={target.id}
            data-cell={`${at}-${place}`}
            data-pending={cell === null ? "" : undefined}
            data-unsure={cell?.unsure ? "" : undefined}
            className={styles["cell"]}
            style={cell === null ? undefined : themedStyle((trusted ? heatColour : greyColour)(cell.shade))}
            tabIndex={active === c ? 0 : -1}
            aria-label={label(target, cell)}
          >
            {cell !== null && (
              <>
                <span className={styles["glyph"]}>{cell.glyph}</span>
                <span className={styles["number"]}>{formats.size(cell.deltaNats)}</span>
                {cell.standardError !== null && (
                  <span className={styles["error"]}>±{formats.size(cell.standardError)}</span>
                )}
                {large && (
                  <span className={styles["points"]}>
                    {t("heat.points", { points: formats.points(cell.deltaProbability) })}
                  </span>
                )}
              </>
            )}
          </td>
        );
      })}
    </tr>
  );
});
