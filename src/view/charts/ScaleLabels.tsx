import type { JSX } from "react";
import styles from "./IntervalTable.module.css";
import type { PlainScale } from "./plain-scale.ts";

/** The axis in a column's heading. Decoration: the numbers stand in the rows. */
export function ScaleLabels({
  scale,
  write,
}: {
  readonly scale: PlainScale;
  readonly write: (value: number) => string;
}): JSX.Element {
  return (
    <span className={styles["axis"]} aria-hidden="true">
      {scale.ticks.map((tick) => (
        <span key={tick} style={{ insetInlineStart: `${scale.place(tick)}%` }}>
          {write(tick)}
        </span>
      ))}
    </span>
  );
}
