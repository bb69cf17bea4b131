import { type JSX, useEffect } from "react";
import { useTranslation } from "react-i18next";
import type { LabStore } from "../../../state/lab-store.ts";
import { Disclosure } from "../../charts/Disclosure.tsx";
import page from "../evidence/EvidencePage.module.css";
import { PageFrame } from "../PageFrame.tsx";
import { BeliefStep } from "./BeliefStep.tsx";
import { LabControls } from "./LabControls.tsx";
import styles from "./LabPage.module.css";
import { steps } from "./LabStep.tsx";
import { LearnedStep } from "./LearnedStep.tsx";
import { LuckStep } from "./LuckStep.tsx";
import { LabProvider, useLabIntentions } from "./lab-context.tsx";
import { WorldStep } from "./WorldStep.tsx";

/** A simulated reader with a hidden mood: who is deceived by it and who is not. It simulates its first log by itself. */
export function LabPage({
  store,
  arrived,
}: {
  readonly store: LabStore;
  readonly arrived: boolean;
}): JSX.Element {
  return (
    <LabProvider store={store}>
      <Page arrived={arrived} />
    </LabProvider>
  );
}

function Page({ arrived }: { readonly arrived: boolean }): JSX.Element {
  const { t } = useTranslation("lab");
  const { open } = useLabIntentions();
  useEffect(() => void open(), [open]);
  useEffect(() => {
    // The page comes later than the address that names one of its steps.
    if (location.hash.startsWith("#lab-")) document.getElementById(location.hash.slice(1))?.scrollIntoView();
  }, []);
  return (
    <PageFrame
      place="lab"
      arrived={arrived}
      heading={t("heading")}
      deck={t("deck")}
      aside={
        <nav aria-label={t("contents")} className={page["contents"]}>
          <ol>
            {steps.map((step, i) => (
              <li key={step}>
                <a href={`#lab-${step}`}>
                  {i + 1}. {t(`step.${step}`)}
                </a>
              </li>
            ))}
          </ol>
        </nav>
      }
    >
      <div className={styles["lab"]}>
        <LabControls />
        <div className={styles["story"]}>
          <WorldStep />
          <BeliefStep />
          <LearnedStep />
          <LuckStep />
          <Made />
        </div>
      </div>
    </PageFrame>
  );
}

function Made(): JSX.Element {
  const { t } = useTranslation("lab");
  return (
    <Disclosure summary={t("made.summary")}>
      <div className={styles["made"]}>
        {(["model", "values", "movies", "seed"] as const).map((part) => (
          <p key={part}>{t(`made.${part}`)}</p>
        ))}
        <p>
          {t("made.command")} <code lang="en">npm run bench -- learning</code>
        </p>
      </div>
    </Disclosure>
  );
}
