import { type CSSProperties, type JSX, type KeyboardEvent, useRef, useState } from "react";
import { Trans, useTranslation } from "react-i18next";
import type { Film } from "../../model/film.ts";
import { useFormats } from "../i18n/use-formats.ts";
import { FilmTitle } from "./FilmTitle.tsx";
import styles from "./Heatmap.module.css";
import type { HeatCell } from "./heat-cells.ts";
import { heatColour } from "./heat-scale.ts";
import { Poster } from "./Poster.tsx";
import { titleParts } from "./title-parts.ts";

export interface HeatmapProps {
  /** Watched films, oldest first: one row each. */
  readonly causes: readonly Film[];
  /** Recommended films, best first: one column each. */
  readonly targets: readonly Film[];
  /** [causes][targets]; null where nothing is computed yet. */
  readonly cells: readonly (readonly (HeatCell | null)[])[];
  readonly busy: boolean;
}

interface Place {
  readonly row: number;
  readonly column: number;
}

/**
 * Watched films against recommended ones: a table that is also a grid. One tab stop; arrow keys, Home and End move inside, with
 * Ctrl to the first and last row. Every cell is spoken as cause, target, effect and what its sign means.
 */
export function Heatmap({ causes, targets, cells, busy }: HeatmapProps): JSX.Element {
  const { t } = useTranslation();
  const formats = useFormats();
  const table = useRef<HTMLTableElement>(null);
  const [active, setActive] = useState<Place>({ row: 0, column: 0 });
  const [read, setRead] = useState<Place | null>(null);
  const row = Math.min(active.row, causes.length - 1);
  const column = Math.min(active.column, targets.length - 1);

  const focusCell = (place: Place) => {
    setActive(place);
    table.current?.querySelector<HTMLElement>(`[data-cell="${place.row}-${place.column}"]`)?.focus();
  };
  const onKeyDown = (event: KeyboardEvent<HTMLTableElement>) => {
    const next = step(event, { row, column }, { row: causes.length - 1, column: targets.length - 1 });
    if (next === null) return;
    event.preventDefault();
    focusCell(next);
  };
  const label = (cause: Film, target: Film, cell: HeatCell | null) =>
    cell === null
      ? t("effects.cellPending", {
          cause: titleParts(cause.title).name,
          target: titleParts(target.title).name,
        })
      : t("effects.cell", {
          cause: titleParts(cause.title).name,
          target: titleParts(target.title).name,
          nats: formats.nats(cell.deltaNats),
          words: t(`effects.${cell.word}`),
        });

  return (
    <div className={styles["heatmap"]}>
      <div className={styles["scroller"]}>
        <table
          ref={table}
          // biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: a grid that is a table keeps rows and headers for those who read it as one.
          role="grid"
          aria-label={t("effects.caption")}
          aria-busy={busy}
          className={styles["grid"]}
          onKeyDown={onKeyDown}
          onMouseLeave={() => setRead(null)}
        >
          <thead>
            <tr>
              <td className={styles["corner"]}>
                <span aria-hidden="true">
                  <span>{t("effects.recommended")} →</span>
                  <span>{t("effects.watched")} ↓</span>
                </span>
              </td>
              {targets.map((target, i) => (
                <th
                  key={target.id}
                  scope="col"
                  className={styles["target"]}
                  data-read={read?.column === i ? "" : undefined}
                >
                  <span className={styles["targetInner"]}>
                    <span className={styles["targetHead"]}>
                      <span className={styles["rank"]}>{i + 1}</span>
                      <span className={styles["targetStamp"]}>
                        <Poster film={target} size="stamp" />
                      </span>
                    </span>
                    <span className={styles["targetTitle"]}>
                      <FilmTitle film={target} />
                    </span>
                  </span>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {causes.map((cause, r) => (
              <tr key={cause.id}>
                <th scope="row" className={styles["cause"]} data-read={read?.row === r ? "" : undefined}>
                  <span className={styles["causeInner"]}>
                    <span className={styles["causeStamp"]}>
                      <Poster film={cause} size="stamp" />
                    </span>
                    <FilmTitle film={cause} />
                  </span>
                </th>
                {targets.map((target, c) => {
                  const cell = cells[r]?.[c] ?? null;
                  return (
                    <td
                      key={target.id}
                      data-cell={`${r}-${c}`}
                      data-pending={cell === null ? "" : undefined}
                      className={styles["cell"]}
                      style={cell === null ? undefined : cellColours(cell.shade)}
                      tabIndex={r === row && c === column ? 0 : -1}
                      aria-label={label(cause, target, cell)}
                      onFocus={() => {
                        setActive({ row: r, column: c });
                        setRead({ row: r, column: c });
                      }}
                      onBlur={() => setRead(null)}
                      onMouseEnter={() => setRead({ row: r, column: c })}
                    >
                      {cell !== null && (
                        <>
                          <span className={styles["glyph"]}>{cell.glyph}</span>
                          <span>{formats.size(cell.deltaNats)}</span>
                        </>
                      )}
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p className={styles["readout"]}>
        <Readout causes={causes} targets={targets} cells={cells} place={read} />
      </p>
    </div>
  );
}

function Readout({
  causes,
  targets,
  cells,
  place,
}: Pick<HeatmapProps, "causes" | "targets" | "cells"> & { readonly place: Place | null }): JSX.Element {
  const { t } = useTranslation();
  const formats = useFormats();
  const cause = place === null ? undefined : causes[place.row];
  const target = place === null ? undefined : targets[place.column];
  if (place === null || cause === undefined || target === undefined)
    return <span className={styles["hint"]}>{t("effects.readoutHint")}</span>;
  const components = { cause: <FilmTitle film={cause} />, target: <FilmTitle film={target} /> };
  const cell = cells[place.row]?.[place.column] ?? null;
  if (cell === null) return <Trans i18nKey="effects.readoutPending" components={components} />;
  if (cell.glyph === "·") return <Trans i18nKey="effects.readoutSame" components={components} />;
  return (
    <Trans
      i18nKey="effects.readout"
      components={components}
      values={{
        nats: formats.size(cell.deltaNats),
        direction: t(cell.deltaNats > 0 ? "effects.higher" : "effects.lower"),
        points: formats.points(cell.deltaProbability),
        count: targets.length,
        words: t(`effects.${cell.word}`),
      }}
    />
  );
}

function cellColours(shade: number): CSSProperties {
  const { light, dark } = heatColour(shade);
  return {
    backgroundColor: `light-dark(${light.background}, ${dark.background})`,
    color: `light-dark(${light.ink}, ${dark.ink})`,
  };
}

/** Where a key leads from a cell; null for a key that is not the grid's. */
function step(
  { key, ctrlKey }: Pick<KeyboardEvent, "key" | "ctrlKey">,
  { row, column }: Place,
  last: Place,
): Place | null {
  switch (key) {
    case "ArrowUp":
      return { row: Math.max(0, row - 1), column };
    case "ArrowDown":
      return { row: Math.min(last.row, row + 1), column };
    case "ArrowLeft":
      return { row, column: Math.max(0, column - 1) };
    case "ArrowRight":
      return { row, column: Math.min(last.column, column + 1) };
    case "Home":
      return { row: ctrlKey ? 0 : row, column: 0 };
    case "End":
      return { row: ctrlKey ? last.row : row, column: last.column };
    default:
      return null;
  }
}
