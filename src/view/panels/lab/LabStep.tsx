import type { JSX, ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { PageSection } from "../PageSection.tsx";

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
  const number = steps.indexOf(step) + 1;
  return (
    <PageSection id={`lab-${step}`} gap="wide" heading={`${number}. ${t(`step.${step}`)}`} lead={lead}>
      {children}
    </PageSection>
  );
}
