import type { JSX, ReactNode, Ref } from "react";
import styles from "./Learn.module.css";

/** One subject of the page, found under `#learn-…`. */
export function LearnSection({
  id,
  heading,
  lead,
  headingRef,
  children,
}: {
  readonly id: `learn-${string}`;
  readonly heading: string;
  readonly lead?: string;
  /** For who has to be led back to it. */
  readonly headingRef?: Ref<HTMLHeadingElement>;
  readonly children: ReactNode;
}): JSX.Element {
  return (
    <section id={id} className={styles["section"]} aria-labelledby={`${id}-heading`} tabIndex={-1}>
      <div className={styles["head"]}>
        <h2 id={`${id}-heading`} ref={headingRef} tabIndex={-1}>
          {heading}
        </h2>
        {lead !== undefined && <p className={styles["lead"]}>{lead}</p>}
      </div>
      {children}
    </section>
  );
}
