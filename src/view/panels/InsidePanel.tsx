import { type JSX, useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { GateBars } from "../charts/GateBars.tsx";
import { PromptTokens } from "../charts/PromptTokens.tsx";
import { useFormats } from "../i18n/use-formats.ts";
import { useApp } from "../store-context.tsx";
import { EnginePanel } from "./EnginePanel.tsx";
import { FailureNote } from "./FailureNote.tsx";
import styles from "./InsidePanel.module.css";
import section from "./Section.module.css";

/** The answer one layer down: the prompt as the model read it, the adapter's gate, the engine. */
export function InsidePanel(): JSX.Element {
  const { t } = useTranslation();
  return (
    <section aria-labelledby="inside-heading" className={`${section["panel"]} ${section["large"]}`}>
      <h2 id="inside-heading">{t("inside.heading")}</h2>
      <p className={section["intro"]}>{t("inside.intro")}</p>
      <div className={styles["columns"]}>
        <GatePanel />
        <EnginePanel />
        <PromptPanel />
      </div>
    </section>
  );
}

function GatePanel(): JSX.Element {
  const { t } = useTranslation();
  const formats = useFormats();
  const gate = useApp((state) => state.answer.shown?.recommendation.gate);
  return (
    <section className={section["sub"]} aria-labelledby="gate-heading">
      <h3 id="gate-heading">{t("gate.heading")}</h3>
      {gate === undefined || gate.length === 0 ? (
        <p className={section["intro"]}>{t("gate.waiting")}</p>
      ) : (
        <>
          <p className={section["intro"]}>{t("gate.intro", { count: formats.whole(gate.length) })}</p>
          <GateBars gate={gate} />
        </>
      )}
    </section>
  );
}

function PromptPanel(): JSX.Element {
  const { t } = useTranslation();
  const id = useId();
  const inspection = useApp((state) => state.inspection);
  const [chosen, setChosen] = useState(0);
  return (
    <section className={`${section["sub"]} ${styles["prompt"]}`} aria-labelledby="prompt-heading">
      <h3 id="prompt-heading">{t("prompt.heading")}</h3>
      <p className={section["intro"]}>{t("prompt.intro")}</p>
      {inspection.phase === "none" && <p className={section["quiet"]}>{t("prompt.waiting")}</p>}
      {inspection.phase === "failed" && <FailureNote failure={inspection.failure} />}
      {inspection.phase === "shown" && (
        <div className={styles["pieces"]}>
          <PromptTokens label={t("prompt.prefix")} slots={inspection.view.prefix} films={inspection.films} />
          <p className={styles["branch"]}>
            <label htmlFor={id}>{t("prompt.branch")}</label>
            <select
              id={id}
              value={Math.min(chosen, inspection.view.branches.length - 1)}
              onChange={({ currentTarget }) => setChosen(Number(currentTarget.value))}
            >
              {inspection.view.branches.map(({ item }, i) => (
                <option key={item} value={i} lang="en">
                  {i + 1}. {inspection.films.get(item)?.title ?? `#${item}`}
                </option>
              ))}
            </select>
          </p>
          <PromptTokens
            label={t("prompt.branchHeading")}
            slots={(inspection.view.branches[chosen] ?? inspection.view.branches[0])?.slots ?? []}
            films={inspection.films}
          />
        </div>
      )}
    </section>
  );
}
