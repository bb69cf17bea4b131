import { type JSX, useId } from "react";
import { useFormats } from "../i18n/use-formats.ts";
import styles from "./GrowthLines.module.css";
import { CHANCES } from "./plain-scale.ts";

export interface GrowthPoint {
  readonly at: number;
  /** Null where there is no estimate. */
  readonly estimate: { readonly value: number; readonly low: number; readonly high: number } | null;
}

export interface GrowthLine {
  readonly key: string;
  /** Solid, or dashed. */
  readonly look: "solid" | "dashed";
  readonly label: string;
  readonly truth: number;
  readonly points: readonly GrowthPoint[];
}

/** Estimates of chances with their 95 % bands over the length of a log, each beside its truth, a thin line of its own look. Its numbers stand in a table elsewhere. */
export function GrowthLines({
  title,
  xAxis,
  yAxis,
  end,
  lines,
}: {
  readonly title: string;
  readonly xAxis: string;
  readonly yAxis: string;
  /** Right end of the axis. */
  readonly end: number;
  readonly lines: readonly GrowthLine[];
}): JSX.Element {
  const formats = useFormats();
  const id = useId();
  const x = (at: number) => (100 * at) / end;
  const y = (value: number) => 100 - CHANCES.place(value);
  return (
    <figure className={styles["figure"]} aria-labelledby={id}>
      <figcaption id={id} className={styles["title"]}>
        {title}
      </figcaption>
      <div className={styles["plot"]} aria-hidden="true">
        <span className={styles["up"]}>{yAxis}</span>
        <span className={styles["rises"]}>
          {CHANCES.ticks.toReversed().map((tick) => (
            <span key={tick}>{formats.decimal(tick)}</span>
          ))}
        </span>
        <svg viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true" focusable="false">
          <rect className={styles["frame"]} x="0" y="0" width="100" height="100" />
          {lines.map(({ key, look, truth, points }) => {
            const known = points.flatMap(({ at, estimate }) =>
              estimate === null ? [] : [{ at, ...estimate }],
            );
            return (
              <g key={key} data-look={look}>
                <line className={styles["truth"]} x1="0" x2="100" y1={y(truth)} y2={y(truth)} />
                <polygon
                  className={styles["band"]}
                  points={[
                    ...known.map(({ at, high }) => `${x(at)},${y(high)}`),
                    ...known.toReversed().map(({ at, low }) => `${x(at)},${y(low)}`),
                  ].join(" ")}
                />
                <polyline
                  className={styles["line"]}
                  points={known.map(({ at, value }) => `${x(at)},${y(value)}`).join(" ")}
                />
              </g>
            );
          })}
        </svg>
        <span className={styles["ends"]}>
          <span>0</span>
          <span>{xAxis}</span>
          <span>{formats.whole(end)}</span>
        </span>
      </div>
      <ul className={styles["legend"]}>
        {lines.map(({ key, look, label }) => (
          <li key={key} data-look={look}>
            <svg viewBox="0 0 28 10" aria-hidden="true" focusable="false">
              <line className={styles["line"]} x1="0" x2="28" y1="5" y2="5" />
            </svg>
            {label}
          </li>
        ))}
      </ul>
    </figure>
  );
}
