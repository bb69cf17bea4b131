import type { JSX, ReactNode } from "react";
import styles from "./WideTable.module.css";

/** A table that may be wider than the page scrolls in its own box, by keyboard too. */
export function WideTable({
  label,
  children,
}: {
  readonly label: string;
  readonly children: ReactNode;
}): JSX.Element {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: without a tab stop a keyboard cannot scroll it.
    <section aria-label={label} tabIndex={0} className={styles["scroller"]}>
      {children}
    </section>
  );
}
