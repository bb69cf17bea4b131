import type { JSX } from "react";
import styles from "./ProgressBar.module.css";

/** How much of a known amount is done, as a thin line; the numbers stand beside it in words. */
export function ProgressBar({
  label,
  done,
  total,
}: {
  readonly label: string;
  readonly done: number;
  readonly total: number;
}): JSX.Element {
  return <progress className={styles["bar"]} aria-label={label} max={total} value={done} />;
}
