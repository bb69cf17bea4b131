import { ToggleGroup } from "radix-ui";
import { type JSX, useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { ItemId } from "../../core/ids.ts";
import type { Film } from "../../model/film.ts";
import type { Explanation } from "../../state/explanation-state.ts";
import { eventsInPrompt } from "../../state/prompt-films.ts";
import { EffectTable } from "../charts/EffectTable.tsx";
import { HeatLegend } from "../charts/HeatLegend.tsx";
import { Heatmap } from "../charts/Heatmap.tsx";
import { heatCells } from "../charts/heat-cells.ts";
import { heatEnd } from "../charts/heat-scale.ts";
import { SentenceGap } from "../charts/SentenceGap.tsx";
import { useApp, useIntentions } from "../store-context.tsx";
import { Button } from "./Button.tsx";
import styles from "./EffectsPanel.module.css";
import { FailureNote } from "./FailureNote.tsx";
import section from "./Section.module.css";

/** Why: watched films against recommended ones, filling in row by row. */
export function EffectsPanel(): JSX.Element {
  const { t } = useTranslation();
  const explanation = useApp((state) => state.explanation);
  const answer = useApp((state) => state.answer);
  const question = useApp((state) => state.question);
  const intentions = useIntentions();
  const { shown, phase } = explanation;
  const outdated = shown?.origin === "computed" && answer.phase !== "shown";
  const popular = answer.shown?.origin === "computed" && !answer.shown.recommendation.personal;
  return (
    <section
      aria-labelledby="effects-heading"
      className={`${section["panel"]} ${section["large"]}`}
      data-origin={shown?.origin}
      data-outdated={outdated ? "" : undefined}
    >
      <h2 id="effects-heading">
        {t(shown?.origin === "sample" ? "effects.headingSample" : "effects.heading")}
      </h2>
      <p className={section["intro"]}>
        {t("effects.intro")}
        <SentenceGap />
        {t("effects.modelOnly")}
      </p>
      {shown === null && (
        <p className={styles["empty"]}>{t(popular ? "effects.empty" : "effects.waiting")}</p>
      )}
      {shown !== null && (
        <>
          {shown.origin === "computed" && (
            <div className={styles["bar"]}>
              <ToggleGroup.Root
                type="single"
                value={question}
                aria-label={t("effects.question")}
                className={styles["choice"]}
                onValueChange={(value) => {
                  if (value === "total" || value === "prompt-only") void intentions.chooseQuestion(value);
                }}
              >
                <ToggleGroup.Item value="total">{t("effects.total")}</ToggleGroup.Item>
                <ToggleGroup.Item value="prompt-only">{t("effects.promptOnly")}</ToggleGroup.Item>
              </ToggleGroup.Root>
              <p className={section["quiet"]}>
                {t(question === "total" ? "effects.totalHelp" : "effects.promptOnlyHelp")}
              </p>
            </div>
          )}
          {phase === "running" && (
            <div className={styles["progress"]}>
              <progress aria-label={t("effects.progressLabel")} max={shown.total} value={shown.done} />
              <p>{t("effects.progress", { done: shown.done, total: shown.total })}</p>
              <Button onClick={intentions.cancelExplanation}>{t("effects.cancel")}</Button>
            </div>
          )}
          {phase === "whole" && (
            <div className={styles["progress"]}>
              <p>{t("effects.whole", { count: shown.total })}</p>
            </div>
          )}
          {phase === "cancelled" && (
            <div className={styles["progress"]}>
              {outdated ? (
                <p>{t("ranking.outdated")}</p>
              ) : (
                <>
                  <p role="status">{t("effects.cancelled")}</p>
                  <Button onClick={() => void intentions.explain()}>{t("effects.again")}</Button>
                </>
              )}
            </div>
          )}
          {phase === "failed" && (
            <FailureNote failure={explanation.failure}>
              <Button onClick={() => void intentions.explain()}>{t("engine.again")}</Button>
            </FailureNote>
          )}
          <EffectMap explanation={shown} busy={phase === "running"} />
        </>
      )}
    </section>
  );
}

function EffectMap({
  explanation,
  busy,
}: {
  readonly explanation: Explanation;
  readonly busy: boolean;
}): JSX.Element {
  const { t } = useTranslation();
  const { history, candidates, films, rows } = explanation;
  const map = useMemo(() => {
    const end = heatEnd(rows.flatMap(({ deltaNats }) => deltaNats));
    const inPrompt = eventsInPrompt(history);
    return {
      end,
      causes: named(history.slice(inPrompt[0]), films),
      targets: named(candidates, films),
      cells: heatCells(rows, inPrompt, candidates.length, end),
    };
  }, [history, candidates, films, rows]);
  return (
    <div className={styles["map"]}>
      <HeatLegend end={map.end} />
      <Heatmap causes={map.causes} targets={map.targets} cells={map.cells} busy={busy} />
      <details className={styles["table"]}>
        <summary>{t("effects.table")}</summary>
        <EffectTable causes={map.causes} targets={map.targets} cells={map.cells} />
      </details>
    </div>
  );
}

function named(items: readonly ItemId[], films: ReadonlyMap<ItemId, Film>): readonly Film[] {
  return items.map(
    (id) => films.get(id) ?? { id, movieId: -1, title: `#${id}`, year: null, genres: [], popularity: 0 },
  );
}
