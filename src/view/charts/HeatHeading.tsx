import { type JSX, memo } from "react";
import type { ItemId } from "../../core/ids.ts";
import type { Film } from "../../model/film.ts";
import { FilmTitle } from "./FilmTitle.tsx";
import styles from "./Heatmap.module.css";
import type { Direction } from "./heat-order.ts";
import { Poster } from "./Poster.tsx";

export interface HeatHeadingProps {
  /** Which column of the screen it is, 0 the first. */
  readonly at: number;
  readonly target: Film;
  readonly rank: number;
  /** True where it holds the grid's tab stop. */
  readonly active: boolean;
  /** True while a cell of the column is pointed at. */
  readonly read: boolean;
  readonly sorted: Direction | undefined;
  /** Element that says what the button does. */
  readonly hintId: string;
  readonly onSort: (target: ItemId) => void;
}

/** Heading of one recommendation: a button that sorts the rows by it. Memoised like the rows. */
export const HeatHeading = memo(function HeatHeading({
  at,
  target,
  rank,
  active,
  read,
  sorted,
  hintId,
  onSort,
}: HeatHeadingProps): JSX.Element {
  return (
    <th scope="col" aria-sort={sorted} className={styles["target"]} data-read={read ? "" : undefined}>
      <button
        type="button"
        className={styles["targetInner"]}
        title={target.title}
        aria-describedby={hintId}
        data-head={`-1-${at}`}
        tabIndex={active ? 0 : -1}
        onClick={() => onSort(target.id)}
      >
        <span className={styles["targetHead"]}>
          <span className={styles["rank"]}>{rank}</span>
          <span className={styles["targetStamp"]}>
            <Poster film={target} size="stamp" />
          </span>
          <span className={styles["mark"]} data-sorted={sorted} aria-hidden="true">
            {sorted === "ascending" ? "▴" : "▾"}
          </span>
        </span>
        <span className={styles["targetTitle"]}>
          <FilmTitle film={target} />
        </span>
      </button>
    </th>
  );
});
