import type { JSX } from "react";
import { useTranslation } from "react-i18next";
import type { EngineInfo } from "../../worker/protocol.ts";
import { failureWords } from "../i18n/failure-words.ts";
import { useFormats } from "../i18n/use-formats.ts";
import { useApp, useIntentions } from "../store-context.tsx";
import { Button } from "./Button.tsx";
import { FailureDetail } from "./FailureDetail.tsx";
import { FailureNote } from "./FailureNote.tsx";
import styles from "./InsidePanel.module.css";
import { LoadProgressBar } from "./LoadProgressBar.tsx";
import section from "./Section.module.css";

/** What computes the answers: backend, adapter, depth, speed, memory, and why it is not the preferred one. */
export function EnginePanel(): JSX.Element {
  const { t } = useTranslation();
  const engine = useApp((state) => state.engine);
  const { loadEngine } = useIntentions();
  return (
    <section
      id="engine"
      className={section["sub"]}
      aria-labelledby="engine-heading"
      data-phase={engine.phase}
    >
      <h3 id="engine-heading">{t("engine.heading")}</h3>
      {engine.phase === "idle" && <p className={section["intro"]}>{t("engine.idle")}</p>}
      {engine.phase === "loading" && (
        <div className={section["intro"]}>
          <LoadProgressBar progress={engine.progress} />
        </div>
      )}
      {engine.phase === "failed" && (
        <FailureNote failure={engine.failure}>
          <Button onClick={() => void loadEngine()}>{t("engine.again")}</Button>
        </FailureNote>
      )}
      {engine.phase === "ready" && <EngineFacts info={engine.info} />}
      <p className={section["quiet"]}>{t("engine.privacy")}</p>
    </section>
  );
}

function EngineFacts({ info }: { readonly info: EngineInfo }): JSX.Element {
  const { t } = useTranslation();
  const formats = useFormats();
  return (
    <dl className={styles["facts"]}>
      <dt>{t("engine.backend")}</dt>
      <dd data-backend={info.backend}>{t(`engine.${info.backend}`)}</dd>
      <dt>{t("engine.adapter")}</dt>
      <dd lang="en">{info.adapterName}</dd>
      {info.fallback !== null && (
        <>
          <dt>{t("engine.fallback")}</dt>
          <dd>
            {failureWords(t, formats, info.fallback)}
            <FailureDetail failure={info.fallback} />
          </dd>
        </>
      )}
      <dt>{t("engine.layers")}</dt>
      <dd>{formats.whole(info.layers)}</dd>
      <dt>{t("engine.speed")}</dt>
      <dd>
        {info.tokensPerSecond === null
          ? t("engine.speedNone")
          : t("engine.speedValue", { value: formats.whole(info.tokensPerSecond) })}
      </dd>
      <dt>{t("engine.memory")}</dt>
      <dd>{formats.bytes(info.weightBytes)}</dd>
      <dt>{t("engine.peak")}</dt>
      <dd>{formats.bytes(info.peakBytes)}</dd>
    </dl>
  );
}
