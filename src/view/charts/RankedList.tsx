import type { JSX } from "react";
import { useTranslation } from "react-i18next";
import type { ItemId } from "../../core/ids.ts";
import type { Film } from "../../model/film.ts";
import type { RankedItem } from "../../scores/recommend.ts";
import { probabilityWords } from "../i18n/probability-words.ts";
import { useFormats } from "../i18n/use-formats.ts";
import { FilmTitle } from "./FilmTitle.tsx";
import { Poster } from "./Poster.tsx";
import styles from "./RankedList.module.css";
import { ReasonSentence } from "./ReasonSentence.tsx";
import type { Reason } from "./reason.ts";

export interface RankedListProps {
  readonly ranked: readonly RankedItem[];
  readonly films: ReadonlyMap<ItemId, Film>;
  /** One per ranked film; null while it is being computed, undefined where there is none to give. */
  readonly reasons: readonly (Reason | null | undefined)[];
  /** False: nothing personal is behind the list, so there is no viewing pattern to compare with. */
  readonly personal: boolean;
}

/** The recommended films, best first: probability, its words, where SASRec alone had the film, the verdict and the reason. */
export function RankedList({ ranked, films, reasons, personal }: RankedListProps): JSX.Element {
  const { t } = useTranslation();
  const formats = useFormats();
  const most = Math.max(Number.EPSILON, ...ranked.map(({ probability }) => probability));
  return (
    <ol className={styles["list"]}>
      {ranked.map(({ item, verdict, probability, sasrecRank }, i) => {
        const film = films.get(item);
        if (film === undefined) return null;
        const reason = reasons[i];
        return (
          <li key={item} className={styles["entry"]}>
            <span className={styles["rank"]} aria-hidden="true">
              {i + 1}
            </span>
            <span className={styles["poster"]}>
              <Poster film={film} size="sheet" />
            </span>
            <div className={styles["what"]}>
              <h3>
                <span className="visually-hidden">{t("ranking.rank", { rank: i + 1 })}: </span>
                <FilmTitle film={film} alias={true} />
              </h3>
              <p className={styles["meta"]} lang="en">
                {[film.year, ...film.genres].filter((part) => part !== null).join(" · ")}
              </p>
              {reason !== undefined && (
                <p className={styles["reason"]} data-pending={reason === null ? "" : undefined}>
                  {reason === null ? t("reason.pending") : <ReasonSentence reason={reason} films={films} />}
                </p>
              )}
            </div>
            <div className={styles["chance"]}>
              <p className={styles["percent"]}>{formats.percent(probability)}</p>
              <span className={styles["track"]} aria-hidden="true">
                <span style={{ inlineSize: `${(100 * probability) / most}%` }} />
              </span>
              <p className={styles["words"]}>{probabilityWords(t, formats, probability)}</p>
              {personal && (
                <p className={styles["change"]}>
                  <RankChange rank={i + 1} sasrecRank={sasrecRank} />
                </p>
              )}
              <p className={styles["verdict"]}>{t("ranking.verdict", { nats: formats.fine(verdict) })}</p>
            </div>
          </li>
        );
      })}
    </ol>
  );
}

function RankChange({
  rank,
  sasrecRank,
}: {
  readonly rank: number;
  readonly sasrecRank: number;
}): JSX.Element {
  const { t } = useTranslation();
  if (rank === sasrecRank)
    return (
      <>
        <span aria-hidden="true">=</span> {t("ranking.sasrecSame")}
      </>
    );
  return rank < sasrecRank ? (
    <>
      <span aria-hidden="true">↑{sasrecRank - rank}</span> {t("ranking.sasrecUp", { rank: sasrecRank })}
    </>
  ) : (
    <>
      <span aria-hidden="true">↓{rank - sasrecRank}</span> {t("ranking.sasrecDown", { rank: sasrecRank })}
    </>
  );
}
