import { type JSX, memo, useDeferredValue } from "react";
import { useTranslation } from "react-i18next";
import { RankedList } from "../charts/RankedList.tsx";
import { SentenceGap } from "../charts/SentenceGap.tsx";
import { useFormats } from "../i18n/use-formats.ts";
import { useApp } from "../store-context.tsx";
import styles from "./Section.module.css";
import { SlotCard } from "./SlotCard.tsx";
import { useReasons } from "./use-reasons.ts";
import { Working } from "./Working.tsx";

/** The top list of the answer on screen. */
export function RankingPanel(): JSX.Element {
  const { t } = useTranslation();
  const formats = useFormats();
  const answer = useApp((state) => state.answer);
  const reasons = useDeferredValue(useReasons());
  const { shown } = answer;
  if (shown === null)
    return (
      <section aria-labelledby="ranking-heading" className={styles["panel"]}>
        <h2 id="ranking-heading">{t("ranking.heading")}</h2>
        <p className={styles["intro"]}>{t("ranking.waiting")}</p>
        {answer.phase === "computing" && <Working />}
      </section>
    );
  const { ranked, slateSize, personal, promptTokens, milliseconds } = shown.recommendation;
  const computed = shown.origin === "computed";
  return (
    <section
      aria-labelledby="ranking-heading"
      data-origin={shown.origin}
      data-outdated={computed && answer.phase !== "shown" ? "" : undefined}
      className={styles["panel"]}
    >
      <h2 id="ranking-heading">
        {t(!computed ? "ranking.headingSample" : personal ? "ranking.heading" : "ranking.headingPopular")}
      </h2>
      <p className={styles["intro"]}>
        {personal ? t("ranking.intro", { count: slateSize }) : t("ranking.introPopular")}
        <SentenceGap />
        {computed && answer.phase !== "shown" && t("ranking.outdated")}
      </p>
      {shown.learned > 0 && (
        <p className={styles["intro"]} data-learned={shown.learned}>
          {t("slot.learned", { version: shown.learned })}
          <SentenceGap />
          <a href="#learn">{t("slot.learnedLink")}</a>
        </p>
      )}
      {answer.phase === "computing" && <Working />}
      <Ranked ranked={ranked} films={shown.films} reasons={reasons} personal={personal} />
      {computed && personal && <SlotCard films={shown.films} />}
      <p className={styles["foot"]}>
        {personal && t(shown.learned > 0 ? "slot.sasrecHelp" : "ranking.sasrecHelp")}
        {personal && <SentenceGap />}
        {t("ranking.verdictHelp")}
        <SentenceGap />
        {t("ranking.effort", {
          tokens: formats.whole(promptTokens),
          seconds: formats.decimal(milliseconds / 1000),
        })}
      </p>
    </section>
  );
}

/** Memoised: what an explanation tells on its way changes no reason. */
const Ranked = memo(RankedList);
