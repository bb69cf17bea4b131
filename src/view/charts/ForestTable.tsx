import type { JSX } from "react";
import { useFormats } from "../i18n/use-formats.ts";
import styles from "./ForestTable.module.css";
import { CHANCES } from "./plain-scale.ts";
import { ScaleLabels } from "./ScaleLabels.tsx";

export interface ForestColumn {
  readonly key: string;
  readonly heading: string;
  readonly truth: number;
}

export interface ForestCell {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

export interface ForestRow {
  readonly key: string;
  readonly label: string;
  readonly note: string;
  /** What is to be said of the row as a whole. */
  readonly verdict: { readonly is: "right" | "wrong" | "open"; readonly words: string };
  /** In the order of the columns; null where there is no value. */
  readonly cells: readonly (ForestCell | null)[];
}

export interface ForestTableProps {
  readonly title: string;
  readonly rowsAre: string;
  /** Below each column's heading. */
  readonly valuesAre: string;
  readonly truth: { readonly label: string; readonly note: string };
  /** What stands where there is no value. */
  readonly none: string;
  readonly columns: readonly ForestColumn[];
  readonly rows: readonly ForestRow[];
}

const glyphs = { right: "✓", wrong: "✕", open: "–" } as const;

/** Chances with their 95 % intervals by row, and the truth as a line through all of them: a table, each number with its dot and whisker below it. */
export function ForestTable({
  title,
  rowsAre,
  valuesAre,
  truth,
  none,
  columns,
  rows,
}: ForestTableProps): JSX.Element {
  const formats = useFormats();
  return (
    <table className={styles["forest"]}>
      <caption className="visually-hidden">{title}</caption>
      <thead>
        <tr>
          <th scope="col">{rowsAre}</th>
          {columns.map(({ key, heading }) => (
            <th key={key} scope="col">
              <span className={styles["heading"]}>{heading}</span>
              {valuesAre}
              <ScaleLabels scale={CHANCES} write={formats.decimal} />
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        <tr className={styles["truth"]}>
          <th scope="row">
            {truth.label}
            <span className={styles["note"]}>{truth.note}</span>
          </th>
          {columns.map((column) => (
            <td key={column.key}>
              <span className={styles["value"]}>{formats.figure(column.truth)}</span>
              <Whisker truth={column.truth} cell={null} />
            </td>
          ))}
        </tr>
        {rows.map(({ key, label, note, verdict, cells }) => (
          <tr key={key} data-road={key} data-verdict={verdict.is}>
            <th scope="row">
              {label}
              <span className={styles["note"]}>{note}</span>
              <span className={styles["verdict"]}>
                <span aria-hidden="true">{glyphs[verdict.is]}</span> {verdict.words}
              </span>
            </th>
            {columns.map((column, c) => {
              const cell = cells[c] ?? null;
              return (
                <td key={column.key}>
                  {cell === null ? (
                    <span className={styles["none"]}>{none}</span>
                  ) : (
                    <>
                      <span className={styles["value"]}>{formats.figure(cell.value)}</span>{" "}
                      <span className={styles["interval"]}>
                        [{formats.figure(cell.low)}, {formats.figure(cell.high)}]
                      </span>
                    </>
                  )}
                  <Whisker truth={column.truth} cell={cell} />
                </td>
              );
            })}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Decoration: the numbers stand above it. */
function Whisker({ truth, cell }: { readonly truth: number; readonly cell: ForestCell | null }): JSX.Element {
  const x = (value: number) => `${CHANCES.place(value)}%`;
  return (
    <svg className={styles["whisker"]} aria-hidden="true" focusable="false">
      <line className={styles["base"]} x1="0%" x2="100%" y1="50%" y2="50%" />
      <line className={styles["line"]} x1={x(truth)} x2={x(truth)} y1="0%" y2="100%" />
      {cell !== null && (
        <>
          <line className={styles["span"]} x1={x(cell.low)} x2={x(cell.high)} y1="50%" y2="50%" />
          <circle className={styles["dot"]} cx={x(cell.value)} cy="50%" r="4.5" />
        </>
      )}
    </svg>
  );
}
