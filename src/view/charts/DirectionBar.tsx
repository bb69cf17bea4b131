import type { JSX } from "react";
import styles from "./DirectionBar.module.css";
import type { DirectionRow } from "./direction-rows.ts";

/** Dot and intervals of one direction, from against on the left to for on the right. Decoration: words and numbers stand beside it. */
export function DirectionBar({
  row: { value, low, high, innerLow, innerHigh, state },
  end,
}: {
  readonly row: DirectionRow;
  /** Half of the axis. */
  readonly end: number;
}): JSX.Element {
  const x = (at: number) => `${50 + 50 * Math.max(-1, Math.min(1, at / end))}%`;
  return (
    <svg className={styles["bar"]} data-state={state} aria-hidden="true" focusable="false">
      <line className={styles["base"]} x1="0%" x2="100%" y1="50%" y2="50%" />
      <line className={styles["zero"]} x1="50%" x2="50%" y1="0%" y2="100%" />
      <line className={styles["outer"]} x1={x(low)} x2={x(high)} y1="50%" y2="50%" />
      <line className={styles["inner"]} x1={x(innerLow)} x2={x(innerHigh)} y1="50%" y2="50%" />
      <circle className={styles["dot"]} cx={x(value)} cy="50%" r="4.5" />
    </svg>
  );
}
