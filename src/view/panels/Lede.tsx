import type { JSX } from "react";
import { Trans, useTranslation } from "react-i18next";
import { FilmTitle } from "../charts/FilmTitle.tsx";
import { Poster } from "../charts/Poster.tsx";
import { ReasonSentence } from "../charts/ReasonSentence.tsx";
import { SentenceGap } from "../charts/SentenceGap.tsx";
import { probabilityWords } from "../i18n/probability-words.ts";
import { useFormats } from "../i18n/use-formats.ts";
import { useApp, useIntentions } from "../store-context.tsx";
import { Button } from "./Button.tsx";
import { FailureNote } from "./FailureNote.tsx";
import styles from "./Lede.module.css";
import { LoadProgressBar } from "./LoadProgressBar.tsx";
import { useReasons } from "./use-reasons.ts";

/** Proper names: the same in every language. */
const backendNames = { webgpu: "WebGPU", wasm: "WebAssembly" } as const;

/** The answer in one headline: the first film, its chance and its reason. Below it, what is going on while there is none. */
export function Lede(): JSX.Element {
  const { t } = useTranslation();
  const formats = useFormats();
  const answer = useApp((state) => state.answer);
  const engine = useApp((state) => state.engine);
  const catalogue = useApp((state) => state.catalogue);
  const intentions = useIntentions();
  const { shown } = answer;
  const broken = [engine, catalogue].find(failed)?.failure ?? null;
  const [reason] = useReasons();
  const top = shown?.recommendation.ranked[0];
  const film = top === undefined ? undefined : shown?.films.get(top.item);
  const kind =
    shown?.origin === "sample" ? "sample" : shown?.recommendation.personal === false ? "popular" : "personal";
  // What a learned order puts first need not be the likeliest.
  const isLearned = (shown?.learned ?? 0) > 0;

  return (
    <section
      id="answer"
      tabIndex={-1}
      className={styles["lede"]}
      aria-busy={answer.phase === "computing"}
      data-origin={shown?.origin}
    >
      {film !== undefined && (
        <div className={styles["poster"]}>
          <Poster film={film} size="sheet" />
        </div>
      )}
      <div className={styles["words"]}>
        {kind === "sample" && film !== undefined && (
          <p className={styles["badge"]}>{t("lede.sampleBadge")}</p>
        )}
        <h1>
          {film === undefined ? (
            t(broken === null && answer.phase !== "failed" ? "lede.waiting" : "lede.none")
          ) : (
            <Trans
              i18nKey={isLearned ? "slot.lede" : `lede.${kind}`}
              components={{ film: <FilmTitle film={film} /> }}
            />
          )}
        </h1>
        {shown !== null && top !== undefined && (
          <p className={styles["deck"]}>
            {t("lede.chance", {
              probability: formats.percent(top.probability),
              words: probabilityWords(t, formats, top.probability),
              count: shown.recommendation.slateSize,
            })}
            <SentenceGap />
            {reason !== undefined && reason !== null && (
              <ReasonSentence reason={reason} films={shown.films} />
            )}
          </p>
        )}
        {film !== undefined && shown !== null && shown.madeWith !== null && (
          <p className={styles["note"]}>
            {t("lede.sampleNote", {
              backend: backendNames[shown.madeWith.backend],
              count: shown.madeWith.layers,
            })}
          </p>
        )}
        {kind === "popular" && film !== undefined && (
          <p className={styles["note"]}>{t("lede.popularNote")}</p>
        )}
        <p className={styles["status"]} role="status">
          {answer.phase === "computing" && film !== undefined && t("lede.computing")}
        </p>
        {engine.phase === "loading" && <LoadProgressBar progress={engine.progress} />}
        {broken !== null && (
          <FailureNote failure={broken}>
            <Button
              onClick={() => {
                void intentions.loadCatalogue();
                void intentions.loadEngine();
              }}
            >
              {t("engine.again")}
            </Button>
          </FailureNote>
        )}
        {answer.phase === "failed" && (
          <FailureNote failure={answer.failure}>
            <Button onClick={() => void intentions.retryAnswer()}>{t("engine.again")}</Button>
          </FailureNote>
        )}
      </div>
    </section>
  );
}

function failed<Part extends { readonly phase: string }>(
  part: Part,
): part is Extract<Part, { readonly phase: "failed" }> {
  return part.phase === "failed";
}
