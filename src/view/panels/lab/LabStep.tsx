import { type JSX, type ReactNode, useId } from "react";
import { useTranslation } from "react-i18next";
import section from "../evidence/EvidenceSection.module.css";

export const steps = ["world", "beliefs", "learned", "luck"] as const;

/** A step of the story with its number. */
export function LabStep({
  step,
  lead,
  children,
}: {
  readonly step: (typeof steps)[number];
  readonly lead: ReactNode;
  readonly children: ReactNode;
}): JSX.Element {
  const { t } = useTranslation("lab");
  const id = useId();
  return (
    <section id={`lab-${step}`} className={section["section"]} aria-labelledby={id} tabIndex={-1}>
      <div className={section["head"]}>
        <h2 id={id}>
          {steps.indexOf(step) + 1}. {t(`step.${step}`)}
        </h2>
        <p className={section["lead"]}>{lead}</p>
      </div>
      {children}
    </section>
  );
}
