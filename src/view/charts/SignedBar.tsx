import type { JSX } from "react";
import styles from "./SignedBar.module.css";

/** A bar from zero in the middle to the right (for) or to the left (against). Decoration: its signed number stands beside it. */
export function SignedBar({
  value,
  end,
}: {
  readonly value: number;
  /** Half of the bar's width, in the value's unit. */
  readonly end: number;
}): JSX.Element {
  const half = end > 0 ? Math.min(1, Math.abs(value) / end) * 50 : 0;
  return (
    <span className={styles["track"]} aria-hidden="true">
      <span
        className={styles["bar"]}
        data-sign={value < 0 ? "against" : "for"}
        style={{ inlineSize: `${half}%`, insetInlineStart: `${value < 0 ? 50 - half : 50}%` }}
      />
    </span>
  );
}
