import { type JSX, type ReactNode, useId } from "react";
import styles from "./TasteSection.module.css";

/** One subject of the page: heading, what it is, and the rest. `name` is what the address calls it. */
export function TasteSection({
  name,
  heading,
  lead,
  children,
}: {
  readonly name: string;
  readonly heading: string;
  readonly lead: string;
  readonly children: ReactNode;
}): JSX.Element {
  const id = useId();
  return (
    <section id={`taste-${name}`} className={styles["section"]} aria-labelledby={id} tabIndex={-1}>
      <div className={styles["head"]}>
        <h2 id={id}>{heading}</h2>
        <p>{lead}</p>
      </div>
      {children}
    </section>
  );
}
