import type { JSX } from "react";
import { useFormats } from "../i18n/use-formats.ts";
import { type PlainScale, plainScale } from "./plain-scale.ts";
import { ScaleLabels } from "./ScaleLabels.tsx";
import styles from "./StripTable.module.css";

export interface StripColumn {
  readonly key: string;
  readonly heading: string;
  readonly form: "value" | "difference";
  /** Upright lines of the axis; it holds them. */
  readonly marks: readonly number[];
}

export interface StripRow {
  readonly key: string;
  readonly label: string;
  /** In the order of the columns: a value per repetition; one alone is a value to compare with. */
  readonly cells: readonly (readonly number[])[];
  /** What stands in place of the values. */
  readonly refusal: string | null;
}

/** Repeated values as dots on the axis of their column, below their mean and standard deviation. */
export function StripTable({
  title,
  rowsAre,
  columns,
  rows,
  writeSpread,
}: {
  readonly title: string;
  readonly rowsAre: string;
  readonly columns: readonly StripColumn[];
  readonly rows: readonly StripRow[];
  readonly writeSpread: (spread: string) => string;
}): JSX.Element {
  const formats = useFormats();
  const scales = columns.map(({ marks }, c) =>
    plainScale([...marks, ...rows.flatMap(({ cells }) => cells[c] ?? [])]),
  );
  return (
    <table className={styles["strips"]}>
      <caption className="visually-hidden">{title}</caption>
      <thead>
        <tr>
          <th scope="col">{rowsAre}</th>
          {columns.map(({ key, heading, form }, c) => (
            <th key={key} scope="col">
              {heading}
              <ScaleLabels
                scale={scales[c] ?? plainScale([])}
                write={form === "difference" ? formats.signedTick : formats.decimal}
              />
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map(({ key, label, cells, refusal }) => (
          <tr key={key} data-row={key}>
            <th scope="row">{label}</th>
            {refusal === null ? (
              columns.map(({ key: column, form, marks }, c) => (
                <td key={column}>
                  <Numbers
                    values={cells[c] ?? []}
                    write={form === "difference" ? formats.nats : formats.figure}
                    writeSpread={(spread) =>
                      writeSpread(form === "difference" ? formats.size(spread) : formats.figure(spread))
                    }
                  />
                  <Strip values={cells[c] ?? []} marks={marks} scale={scales[c] ?? plainScale([])} />
                </td>
              ))
            ) : (
              <td colSpan={columns.length} className={styles["refusal"]}>
                {refusal}
              </td>
            )}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Numbers({
  values,
  write,
  writeSpread,
}: {
  readonly values: readonly number[];
  readonly write: (value: number) => string;
  readonly writeSpread: (spread: number) => string;
}): JSX.Element {
  const n = values.length;
  if (n === 0) return <span>–</span>;
  const mean = values.reduce((sum, each) => sum + each, 0) / n;
  const squares = values.reduce((sum, each) => sum + (each - mean) ** 2, 0);
  return (
    <>
      <span className={styles["value"]}>{write(mean)}</span>
      {n > 1 && <span className={styles["spread"]}> {writeSpread(Math.sqrt(squares / (n - 1)))}</span>}
    </>
  );
}

/** Rows of dots below one another, so that close ones are told apart. */
const LANES = 5;

/** Decoration: mean and spread stand above it. */
function Strip({
  values,
  marks,
  scale,
}: {
  readonly values: readonly number[];
  readonly marks: readonly number[];
  readonly scale: PlainScale;
}): JSX.Element {
  const x = (value: number) => `${scale.place(value)}%`;
  return (
    <svg className={styles["strip"]} aria-hidden="true" focusable="false">
      <line className={styles["base"]} x1="0%" x2="100%" y1="50%" y2="50%" />
      {marks.map((mark) => (
        <line key={mark} className={styles["mark"]} x1={x(mark)} x2={x(mark)} y1="0%" y2="100%" />
      ))}
      {values.map((value, i) => (
        <circle
          // biome-ignore lint/suspicious/noArrayIndexKey: repetitions are in a fixed order and may be alike.
          key={i}
          className={values.length === 1 ? styles["single"] : styles["dot"]}
          cx={x(value)}
          cy={values.length === 1 ? "50%" : `${14 + (72 * (i % LANES)) / (LANES - 1)}%`}
          r={values.length === 1 ? 4.5 : 2.5}
        />
      ))}
    </svg>
  );
}
