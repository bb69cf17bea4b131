import type { JSX, ReactNode } from "react";
import styles from "./Disclosure.module.css";

/** More of a chart on demand, closed at first. The content is in the page either way, for search and for print. */
export function Disclosure({
  summary,
  open = false,
  children,
}: {
  readonly summary: ReactNode;
  readonly open?: boolean;
  readonly children: ReactNode;
}): JSX.Element {
  return (
    <details className={styles["more"]} open={open}>
      <summary>{summary}</summary>
      <div className={styles["content"]}>{children}</div>
    </details>
  );
}
