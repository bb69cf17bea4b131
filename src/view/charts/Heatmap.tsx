import {
  type FocusEvent,
  Fragment,
  type JSX,
  type KeyboardEvent,
  useCallback,
  useId,
  useMemo,
  useRef,
  useState,
} from "react";
import { Trans, useTranslation } from "react-i18next";
import type { ItemId } from "../../core/ids.ts";
import type { Film } from "../../model/film.ts";
import { useFormats } from "../i18n/use-formats.ts";
import { FilmTitle } from "./FilmTitle.tsx";
import { type GridPlace, gridStep } from "./grid-step.ts";
import { type Density, HeatControls } from "./HeatControls.tsx";
import { HeatHeading } from "./HeatHeading.tsx";
import styles from "./Heatmap.module.css";
import { HeatRow } from "./HeatRow.tsx";
import type { HeatCell } from "./heat-cells.ts";
import {
  asGiven,
  type ColumnOrder,
  nextOrder,
  orderColumns,
  orderRows,
  type RowOrder,
  sortedBy,
} from "./heat-order.ts";
import { SentenceGap } from "./SentenceGap.tsx";

export interface HeatLayout {
  readonly rows: RowOrder;
  readonly columns: ColumnOrder;
  readonly density: Density;
}

export interface HeatmapProps {
  /** Watched films, oldest first: one row each. */
  readonly causes: readonly Film[];
  /** Recommended films, best first: one column each. */
  readonly targets: readonly Film[];
  /** [causes][targets]; null where nothing is computed yet. */
  readonly cells: readonly (readonly (HeatCell | null)[])[];
  readonly busy: boolean;
  /** Why the map is not to be trusted, in sentences: it is then grey, with the reasons above it. Empty: it is trusted. */
  readonly distrust?: readonly string[];
  /** Whether effects are on a contrast with the other recommendations. Default false. */
  readonly contrast?: boolean;
  /** Layout at first; the reader changes it. */
  readonly initially?: Partial<HeatLayout>;
}

/**
 * Watched films against recommended ones: a table that is also a grid. One tab stop; arrow keys, Home and End move inside, with
 * Ctrl to the first and last row; up and left of the first cells are the headings, buttons that sort by their film. Every cell is
 * spoken as cause, target, effect and what its sign means.
 */
export function Heatmap({
  causes,
  targets,
  cells,
  busy,
  distrust = trusted,
  contrast = false,
  initially = {},
}: HeatmapProps): JSX.Element {
  const { t } = useTranslation();
  const ids = { row: useId(), column: useId(), distrust: useId() };
  const table = useRef<HTMLTableElement>(null);
  const [rowOrder, setRowOrder] = useState<RowOrder>(initially.rows ?? asGiven);
  const [columnOrder, setColumnOrder] = useState<ColumnOrder>(initially.columns ?? asGiven);
  const [density, setDensity] = useState<Density>(initially.density ?? "comfortable");
  // Both are places in the data, not on screen: the tab stop stays with its films when they are sorted.
  const [active, setActive] = useState<GridPlace>({ row: 0, column: 0 });
  const [read, setRead] = useState<GridPlace | null>(null);

  const rows = useMemo(
    () => orderRows({ causes, targets, cells }, rowOrder),
    [causes, targets, cells, rowOrder],
  );
  const columns = useMemo(
    () => orderColumns({ causes, targets, cells }, columnOrder),
    [causes, targets, cells, columnOrder],
  );
  const row = Math.min(active.row, causes.length - 1);
  const column = Math.min(active.column, targets.length - 1);

  const placeOf = (target: EventTarget): GridPlace | null => {
    const stop = target instanceof Element ? target.closest<HTMLElement>("[data-cell], [data-head]") : null;
    const [, r, c] = /^(-?\d+)-(-?\d+)$/.exec(stop?.dataset["cell"] ?? stop?.dataset["head"] ?? "") ?? [];
    return r === undefined ? null : { row: rows[Number(r)] ?? -1, column: columns[Number(c)] ?? -1 };
  };
  const onKeyDown = (event: KeyboardEvent<HTMLTableElement>) => {
    const here = { row: rows.indexOf(row), column: columns.indexOf(column) };
    const last = { row: rows.length - 1, column: columns.length - 1 };
    const next = gridStep(event, here, { row: -1, column: -1 }, last);
    if (next === null) return;
    event.preventDefault();
    const name = `${next.row}-${next.column}`;
    table.current?.querySelector<HTMLElement>(`[data-cell="${name}"], [data-head="${name}"]`)?.focus();
  };
  const onFocus = (event: FocusEvent) => {
    const place = placeOf(event.target);
    if (place !== null) setActive(place);
    setRead(place);
  };
  const onMouseOver = ({ target }: { readonly target: EventTarget }) => {
    const place = placeOf(target);
    if (place?.row !== read?.row || place?.column !== read?.column) setRead(place);
  };
  const sortRows = useCallback((target: ItemId) => setRowOrder((order) => nextOrder(order, target)), []);
  const sortColumns = useCallback((cause: ItemId) => setColumnOrder((order) => nextOrder(order, cause)), []);

  const chooseRows = (by: RowOrder["by"]) => {
    const of = targets[Math.max(0, column)]?.id;
    if (by !== "effect") setRowOrder({ by });
    else if (of !== undefined) setRowOrder({ by, of, direction: "descending" });
  };
  const chooseColumns = (by: ColumnOrder["by"]) => {
    const of = causes[Math.max(0, row)]?.id;
    if (by === "given") setColumnOrder({ by });
    else if (of !== undefined) setColumnOrder({ by, of, direction: "descending" });
  };

  return (
    <div className={styles["heatmap"]}>
      {distrust.length > 0 && (
        <p id={ids.distrust} className={styles["distrust"]}>
          <strong>
            <span aria-hidden="true">✕ </span>
            {t("audit.fails")}
          </strong>
          {distrust.map((reason) => (
            <Fragment key={reason}>
              <SentenceGap />
              {reason}
            </Fragment>
          ))}
        </p>
      )}
      <HeatControls
        rows={rowOrder.by}
        columns={columnOrder.by}
        density={density}
        onRows={chooseRows}
        onColumns={chooseColumns}
        onDensity={setDensity}
      />
      <p className={styles["order"]} aria-live="polite">
        <OrderWords causes={causes} targets={targets} rows={rowOrder} columns={columnOrder} />
      </p>
      <div className={styles["scroller"]} data-density={density}>
        <table
          ref={table}
          // biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: a grid that is a table keeps rows and headers for those who read it as one.
          role="grid"
          aria-label={t("effects.caption")}
          aria-describedby={distrust.length === 0 ? undefined : ids.distrust}
          aria-busy={busy}
          className={styles["grid"]}
          style={{ "--columns": targets.length }}
          onKeyDown={onKeyDown}
          onFocus={onFocus}
          onBlur={() => setRead(null)}
          onMouseOver={onMouseOver}
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
              {columns.map((c, at) => {
                const target = targets[c];
                return (
                  target !== undefined && (
                    <HeatHeading
                      key={target.id}
                      at={at}
                      target={target}
                      rank={c + 1}
                      active={row === -1 && column === c}
                      read={read?.column === c}
                      sorted={sortedBy(rowOrder, target.id)}
                      hintId={ids.column}
                      onSort={sortRows}
                    />
                  )
                );
              })}
            </tr>
          </thead>
          <tbody>
            {rows.map((r, at) => {
              const cause = causes[r];
              return (
                cause !== undefined && (
                  <HeatRow
                    key={cause.id}
                    at={at}
                    cause={cause}
                    targets={targets}
                    cells={cells[r] ?? noCells}
                    columns={columns}
                    active={row === r ? column : null}
                    read={read?.row === r}
                    sorted={sortedBy(columnOrder, cause.id)}
                    trusted={distrust.length === 0}
                    large={density === "large"}
                    hintId={ids.row}
                    onSort={sortColumns}
                  />
                )
              );
            })}
          </tbody>
        </table>
      </div>
      <p id={ids.column} hidden>
        {t("heat.sortRowsHint")}
      </p>
      <p id={ids.row} hidden>
        {t("heat.sortColumnsHint")}
      </p>
      <p className={styles["readout"]}>
        <Readout causes={causes} targets={targets} cells={cells} contrast={contrast} place={read} />
      </p>
    </div>
  );
}

const trusted: readonly string[] = [];
const noCells: readonly (HeatCell | null)[] = [];

/** The order on screen in a sentence; while it is the given one, how to change it. */
function OrderWords({
  causes,
  targets,
  rows,
  columns,
}: Pick<HeatmapProps, "causes" | "targets"> & Pick<HeatLayout, "rows" | "columns">): JSX.Element {
  const { t } = useTranslation();
  const target = rows.by === "effect" ? targets.find(({ id }) => id === rows.of) : undefined;
  const cause = columns.by === "effect" ? causes.find(({ id }) => id === columns.of) : undefined;
  if (rows.by !== "size" && target === undefined && cause === undefined) return <>{t("heat.orderHint")}</>;
  return (
    <>
      {rows.by === "size" && t("heat.rowsBySize")}
      {rows.by === "effect" && target !== undefined && (
        <Trans
          i18nKey={rows.direction === "descending" ? "heat.rowsFor" : "heat.rowsAgainst"}
          components={{ film: <FilmTitle film={target} /> }}
        />
      )}
      <SentenceGap />
      {columns.by === "effect" && cause !== undefined && (
        <Trans
          i18nKey={columns.direction === "descending" ? "heat.columnsFor" : "heat.columnsAgainst"}
          components={{ film: <FilmTitle film={cause} /> }}
        />
      )}
    </>
  );
}

function Readout({
  causes,
  targets,
  cells,
  contrast,
  place,
}: Pick<HeatmapProps, "causes" | "targets" | "cells"> & {
  readonly contrast: boolean;
  readonly place: GridPlace | null;
}): JSX.Element {
  const { t } = useTranslation();
  const formats = useFormats();
  const cause = place === null ? undefined : causes[place.row];
  const target = place === null ? undefined : targets[place.column];
  if (place === null || cause === undefined || target === undefined)
    return <span className={styles["hint"]}>{t("effects.readoutHint")}</span>;
  const components = { cause: <FilmTitle film={cause} />, target: <FilmTitle film={target} /> };
  const cell = cells[place.row]?.[place.column] ?? null;
  if (cell === null) return <Trans i18nKey="effects.readoutPending" components={components} />;
  return (
    <>
      {cell.glyph === "·" ? (
        <Trans i18nKey="effects.readoutSame" components={components} />
      ) : (
        <Trans
          i18nKey={contrast ? "effects.readoutContrast" : "effects.readout"}
          components={components}
          values={{
            nats: formats.size(cell.deltaNats),
            direction: t(cell.deltaNats > 0 ? "effects.higher" : "effects.lower"),
            points: formats.points(cell.deltaProbability),
            count: targets.length,
            words: t(`effects.${cell.word}`),
          }}
        />
      )}
      {cell.standardError !== null && (
        <>
          <SentenceGap />
          {t("effects.readoutError", { error: formats.size(cell.standardError) })}
        </>
      )}
      {cell.unsure && (
        <>
          <SentenceGap />
          {t("effects.readoutUnsure")}
        </>
      )}
    </>
  );
}
