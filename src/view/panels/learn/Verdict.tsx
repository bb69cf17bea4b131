import type { JSX } from "react";
import { useTranslation } from "react-i18next";
import type { Update, UpdateFigures } from "../../../adapt/update.ts";
import { LEAST_EFFECTIVE_SIZE } from "../../../evaluate/off-policy/overlap.ts";
import type { LearningState } from "../../../state/learning-state.ts";
import { SentenceGap } from "../../charts/SentenceGap.tsx";
import { useFormats } from "../../i18n/use-formats.ts";
import { Button } from "../Button.tsx";
import styles from "./Learn.module.css";
import { LearnedDirections } from "./LearnedDirections.tsx";
import { moreRounds } from "./log-view.ts";
import { RankingChange } from "./RankingChange.tsx";

type Proposal = Extract<LearningState["proposal"], { readonly phase: "made" }>;

/** What came of an update: the verdict in words, and what it would change. */
export function Verdict({
  proposal,
  usable,
  onAccept,
}: {
  readonly proposal: Proposal;
  /** Rounds that can be learned from by now. */
  readonly usable: number;
  readonly onAccept: () => void;
}): JSX.Element {
  const { t } = useTranslation("learn");
  const { update, objective, rounds, adopted } = proposal;
  const isDecided = update.kind !== "not-enough-data";
  return (
    <div className={styles["verdict"]} data-verdict={update.kind}>
      <div className={styles["part"]}>
        <p className={styles["headline"]} role="status">
          <span lang="en">{t(`update.methods.${objective}`)}</span> · <Headline update={update} />
        </p>
        {isDecided && <Figures figures={update.figures} />}
        {usable > rounds && (
          <p className={styles["quiet"]}>{t("update.stale", { count: usable - rounds })}</p>
        )}
        {update.kind === "accepted" && !adopted && (
          <div>
            <Button onClick={onAccept}>{t("update.accept")}</Button>
          </div>
        )}
      </div>
      {isDecided && (
        <>
          <LearnedDirections theta={update.theta} />
          <RankingChange theta={update.theta} adopted={adopted} />
        </>
      )}
    </div>
  );
}

function Headline({ update }: { readonly update: Update }): JSX.Element {
  const { t } = useTranslation("learn");
  const formats = useFormats();
  const least = formats.whole(LEAST_EFFECTIVE_SIZE);
  switch (update.kind) {
    case "accepted":
      return <>{t("update.accepted")}</>;
    case "not-better":
      return <>{t(update.figures.improvement.high < 0 ? "update.worse" : "update.notBetter")}</>;
    case "not-enough-data":
      return (
        <>
          {update.effectiveSize === 0
            ? t("update.tooFewRows", { rows: formats.whole(update.rows), least })
            : t("update.tooFew", {
                effective: formats.precise(update.effectiveSize),
                least,
                count: moreRounds(update.rows, update.effectiveSize, LEAST_EFFECTIVE_SIZE),
              })}
        </>
      );
    default:
      return update satisfies never;
  }
}

function Figures({
  figures: { effectiveSize, currentValue, proposedValue, improvement, confidence },
}: {
  readonly figures: UpdateFigures;
}): JSX.Element {
  const { t } = useTranslation("learn");
  const formats = useFormats();
  return (
    <p className={styles["lead"]}>
      {t("update.values", {
        before: formats.figure(currentValue),
        after: formats.figure(proposedValue),
        difference: formats.signedFigure(improvement.value),
        low: formats.signedFigure(improvement.low),
        high: formats.signedFigure(improvement.high),
        confidence: formats.percent(confidence),
        effective: formats.precise(effectiveSize),
      })}
      {improvement.low <= 0 && improvement.high >= 0 && (
        <>
          <SentenceGap />
          {t("update.zeroInside")}
        </>
      )}
    </p>
  );
}
