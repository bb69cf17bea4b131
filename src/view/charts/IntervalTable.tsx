import { type JSX, type ReactNode, useId } from "react";
import { useTranslation } from "react-i18next";
import { useFormats } from "../i18n/use-formats.ts";
import styles from "./IntervalTable.module.css";
import {
  type Figure,
  type FigureForm,
  type IntervalScale,
  intervalScale,
  standing,
} from "./interval-scale.ts";
import { ScaleLabels } from "./ScaleLabels.tsx";

export interface IntervalBar {
  readonly least: number | null;
  readonly most: number | null;
  readonly met: boolean;
}

export interface IntervalRow extends Figure {
  readonly key: string;
  readonly label: string;
  /** A line below the label. */
  readonly note: string | null;
  /** "range": what was printed elsewhere, from `low` to `high`; no interval of confidence. */
  readonly kind: "interval" | "range";
  readonly n: number;
  readonly users: number | null;
  readonly bar: IntervalBar | null;
}

export interface IntervalTableProps {
  readonly title: string;
  /** What the rows are, as the first column's heading. */
  readonly rowsAre: string;
  readonly form: FigureForm;
  readonly rows: readonly IntervalRow[];
  /** Right end of the axis where it is known. */
  readonly most: number | null;
  /** What the figure is and how it is made again; behind a fold. */
  readonly children: ReactNode;
}

/** Figures with their 95 % intervals on one axis: a table, each number with its dot and whisker below it. */
export function IntervalTable({
  title,
  rowsAre,
  form,
  rows,
  most,
  children,
}: IntervalTableProps): JSX.Element {
  const { t } = useTranslation("evidence");
  const formats = useFormats();
  const id = useId();
  const scale = intervalScale(rows, form, most);
  const common = commonCount(rows);
  const count = ({ n, users }: Pick<IntervalRow, "n" | "users">) => {
    if (users === n) return t("table.countPeople", { count: n, n: formats.whole(n) });
    return t(users === null ? "table.count" : "table.countUsers", {
      n: formats.whole(n),
      users: formats.whole(users ?? 0),
    });
  };
  const write = form === "difference" ? formats.signedFigure : formats.figure;
  const hasInterval = rows.some(({ kind, low }) => kind === "interval" && low !== null);
  return (
    <figure className={styles["figure"]} aria-labelledby={id}>
      <figcaption>
        <p id={id} className={styles["title"]}>
          {title}
        </p>
        {common !== null && <p className={styles["count"]}>{count(common)}</p>}
      </figcaption>
      <table className={styles["table"]}>
        <caption className="visually-hidden">{title}</caption>
        <thead>
          <tr>
            <th scope="col">{rowsAre}</th>
            <th scope="col">
              {t(hasInterval ? "table.valueInterval" : "table.value")}
              <ScaleLabels
                scale={scale}
                write={form === "difference" ? formats.signedTick : formats.decimal}
              />
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.key} data-standing={standing(row, form)} data-form={form}>
              <th scope="row">
                {row.label}
                {row.note !== null && <span className={styles["note"]}>{row.note}</span>}
              </th>
              <td>
                <span className={styles["number"]}>
                  <span className={styles["value"]}>
                    {form !== "value" && <Sign row={row} form={form} />}
                    {row.kind === "range" && row.low !== row.high
                      ? t("table.range", {
                          low: formats.figure(row.low ?? row.value),
                          high: formats.figure(row.high ?? row.value),
                        })
                      : write(row.value)}
                  </span>
                  {row.kind === "interval" && row.low !== null && row.high !== null && (
                    <span className={styles["interval"]}>
                      {" "}
                      [{write(row.low)}, {write(row.high)}]
                    </span>
                  )}
                </span>
                <Whisker row={row} scale={scale} />
                {row.bar !== null && <Bar bar={row.bar} />}
                {common === null && <span className={styles["count"]}>{count(row)}</span>}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {children}
    </figure>
  );
}

/** The rows' own count where all have the same. */
function commonCount(rows: readonly IntervalRow[]): Pick<IntervalRow, "n" | "users"> | null {
  const [first] = rows;
  if (first === undefined) return null;
  return rows.every(({ n, users }) => n === first.n && users === first.users) ? first : null;
}

const glyphs = { above: "▲", below: "▼", open: "◇" } as const;

function Sign({ row, form }: { readonly row: IntervalRow; readonly form: FigureForm }): JSX.Element {
  const { t } = useTranslation("evidence");
  const side = standing(row, form);
  return (
    <>
      <span className={styles["sign"]} aria-hidden="true">
        {glyphs[side]}
      </span>
      <span className="visually-hidden">{t(`table.${side}`)} </span>
    </>
  );
}

function Bar({ bar }: { readonly bar: IntervalBar }): JSX.Element {
  const { t } = useTranslation("evidence");
  const formats = useFormats();
  const least = formats.decimal(bar.least ?? 0);
  const most = formats.decimal(bar.most ?? 1);
  const kind = bar.most === null ? "atLeast" : bar.least === null ? "atMost" : "between";
  return (
    <span className={styles["held"]} data-met={bar.met}>
      <span aria-hidden="true">{bar.met ? "✓" : "✕"}</span>{" "}
      {t(bar.met ? "table.met" : "table.missed", {
        bar: t(`table.${kind}`, { least, most }),
      })}
    </span>
  );
}

/** Decoration: the numbers stand above it. */
function Whisker({ row, scale }: { readonly row: IntervalRow; readonly scale: IntervalScale }): JSX.Element {
  const x = (value: number) => `${scale.place(value)}%`;
  const { value, low, high, bar } = row;
  return (
    <svg className={styles["whisker"]} aria-hidden="true" focusable="false" data-kind={row.kind}>
      {bar !== null && (
        <rect
          className={styles["band"]}
          x={x(bar.least ?? scale.from)}
          width={`${scale.place(bar.most ?? scale.to) - scale.place(bar.least ?? scale.from)}%`}
          y="0"
          height="100%"
        />
      )}
      <line className={styles["base"]} x1="0%" x2="100%" y1="50%" y2="50%" />
      {scale.ticks.map((tick) => (
        <line key={tick} className={styles["tick"]} x1={x(tick)} x2={x(tick)} y1="0%" y2="100%" />
      ))}
      {scale.neutral !== null && (
        <line className={styles["zero"]} x1={x(scale.neutral)} x2={x(scale.neutral)} y1="0%" y2="100%" />
      )}
      {low !== null && high !== null && (
        <>
          <line className={styles["span"]} x1={x(low)} x2={x(high)} y1="50%" y2="50%" />
          {[low, high].map((end, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the two ends may be one value.
            <line key={i} className={styles["span"]} x1={x(end)} x2={x(end)} y1="25%" y2="75%" />
          ))}
        </>
      )}
      {row.kind === "interval" && <circle className={styles["dot"]} cx={x(value)} cy="50%" r="4.5" />}
      {row.kind === "range" && low === high && (
        <circle className={styles["dot"]} cx={x(value)} cy="50%" r="4.5" />
      )}
    </svg>
  );
}
