import type { JSX, ReactNode, Ref } from "react";
import styles from "./PageSection.module.css";

/** One subject of a page, found under its `id`: heading, what it is about, and the rest. */
export function PageSection({
  id,
  heading,
  headingRef,
  lead,
  aside,
  gap = "normal",
  children,
}: {
  readonly id: string;
  readonly heading: ReactNode;
  /** For who has to be led back to it. */
  readonly headingRef?: Ref<HTMLHeadingElement>;
  readonly lead?: ReactNode;
  /** Stands below the lead. */
  readonly aside?: ReactNode;
  /** How far its parts are apart. */
  readonly gap?: "tight" | "normal" | "wide";
  readonly children?: ReactNode;
}): JSX.Element {
  return (
    <section
      id={id}
      className={styles["section"]}
      data-gap={gap}
      aria-labelledby={`${id}-heading`}
      tabIndex={-1}
    >
      <div className={styles["head"]}>
        <h2 id={`${id}-heading`} ref={headingRef} tabIndex={headingRef === undefined ? undefined : -1}>
          {heading}
        </h2>
        {lead !== undefined && <p className={styles["lead"]}>{lead}</p>}
        {aside}
      </div>
      {children}
    </section>
  );
}
