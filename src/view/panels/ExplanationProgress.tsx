import type { TFunction } from "i18next";
import type { JSX } from "react";
import { useTranslation } from "react-i18next";
import type { EffectMatrix } from "../../attribution/effect.ts";
import { ProgressBar } from "../charts/ProgressBar.tsx";
import type { Formats } from "../i18n/formats.ts";
import { useFormats } from "../i18n/use-formats.ts";
import { useApp, useIntentions } from "../store-context.tsx";
import { Button } from "./Button.tsx";
import styles from "./EffectsPanel.module.css";
import { FailureNote } from "./FailureNote.tsx";

/** How far the map is, with the way to stop it and to go on; when it is whole, what it took. */
export function ExplanationProgress({ outdated }: { readonly outdated: boolean }): JSX.Element | null {
  const { t } = useTranslation();
  const formats = useFormats();
  const explanation = useApp((state) => state.explanation);
  const intentions = useIntentions();
  switch (explanation.phase) {
    case "none":
      return null;
    case "running": {
      const { method, done, total } = explanation.shown;
      return (
        <div className={styles["progress"]}>
          <ProgressBar label={t("effects.progressLabel")} done={done} total={total} />
          <p>{t(`effects.progress.${method}`, { done: formats.whole(done), total: formats.whole(total) })}</p>
          <Button onClick={intentions.cancelExplanation}>{t("effects.cancel")}</Button>
        </div>
      );
    }
    case "whole": {
      const { matrix } = explanation.shown;
      return (
        <div className={styles["progress"]}>
          {matrix !== null && <p>{effortWords(t, formats, matrix)}</p>}
        </div>
      );
    }
    case "cancelled":
      return (
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
      );
    case "failed":
      return (
        <FailureNote failure={explanation.failure}>
          <Button onClick={() => void intentions.explain()}>{t("engine.again")}</Button>
        </FailureNote>
      );
    default:
      return explanation satisfies never;
  }
}

function effortWords(t: TFunction, formats: Formats, matrix: EffectMatrix): string {
  const count = matrix.rows.length;
  const passes = formats.whole(matrix.forwardPasses);
  switch (matrix.method) {
    case "leave-one-out":
      return t("effects.whole", { count });
    case "replacement":
      return t("effects.wholeReplaced", { count, passes });
    case "shapley":
      return matrix.pairs === undefined
        ? t("effects.wholeExact", { count, passes })
        : t("effects.wholeEstimated", { passes });
    default:
      return matrix.method satisfies never;
  }
}
