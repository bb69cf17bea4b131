import type { JSX, ReactNode } from "react";
import { SentenceGap } from "../../charts/SentenceGap.tsx";
import { PageSection } from "../PageSection.tsx";
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
  return (
    <PageSection
      id={section.id}
      gap="wide"
      heading={section.heading}
      lead={section.lead}
      aside={
        <>
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
        </>
      }
    >
      {section.groups.map((group) => (
        <EvidenceGroupView
          key={group.id}
          place={section.heading}
          group={group}
          command={section.command}
          record={section.record}
        />
      ))}
    </PageSection>
  );
}
