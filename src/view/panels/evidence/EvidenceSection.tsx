import { type JSX, type ReactNode, useId } from "react";
import { SentenceGap } from "../../charts/SentenceGap.tsx";
import { EvidenceGroupView } from "./EvidenceGroupView.tsx";
import styles from "./EvidenceSection.module.css";
import type { EvidenceSectionView } from "./evidence-section.ts";

/** One subject of the evidence page. `children`: what can be done with it. */
export function EvidenceSection({
  section,
  children,
}: {
  readonly section: EvidenceSectionView;
  readonly children?: ReactNode;
}): JSX.Element {
  const id = useId();
  return (
    <section id={section.id} className={styles["section"]} aria-labelledby={id} tabIndex={-1}>
      <div className={styles["head"]}>
        <h2 id={id}>{section.heading}</h2>
        <p className={styles["lead"]}>{section.lead}</p>
        {section.facts.length > 0 && (
          <p className={styles["facts"]}>
            {section.facts.map((fact, i) => (
              <span key={fact}>
                {i > 0 && <SentenceGap />}
                {fact}
              </span>
            ))}
          </p>
        )}
        {children}
      </div>
      {section.groups.map((group) => (
        <EvidenceGroupView
          key={group.id}
          place={section.heading}
          group={group}
          command={section.command}
          record={section.record}
        />
      ))}
    </section>
  );
}
