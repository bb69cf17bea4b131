import type { JSX } from "react";
import { useTranslation } from "react-i18next";
import type { Standing } from "../../attribution/standings.ts";
import type { ItemId } from "../../core/ids.ts";
import type { Film } from "../../model/film.ts";
import { useFormats } from "../i18n/use-formats.ts";
import styles from "./AnswerCard.module.css";
import { FilmTitle } from "./FilmTitle.tsx";
import { rankChanges } from "./rank-changes.ts";

export interface RankMovesProps {
  readonly caption: string;
  readonly films: ReadonlyMap<ItemId, Film>;
  /** The same films, in any order. */
  readonly before: readonly Standing[];
  readonly after: readonly Standing[];
  /** Films listed: those that are among the first so many, before or after; all where left out. */
  readonly top?: number;
}

/** A list of films that is ordered anew: who moved, and what became of their chance. */
export function RankMoves({
  caption,
  films,
  before,
  after,
  top = after.length,
}: RankMovesProps): JSX.Element {
  const { t } = useTranslation();
  const formats = useFormats();
  return (
    <table className={styles["changes"]}>
      <caption className="visually-hidden">{caption}</caption>
      <thead>
        <tr>
          <th scope="col">{t("whatIf.rank")}</th>
          <th scope="col">{t("whatIf.film")}</th>
          <th scope="col">{t("whatIf.move")}</th>
          <th scope="col">{t("whatIf.chance")}</th>
        </tr>
      </thead>
      <tbody>
        {rankChanges(before, after, top).map(({ item, rank, was, probability, probabilityBefore }) => {
          const film = films.get(item);
          return (
            <tr key={item}>
              <td className={styles["rank"]}>{rank}</td>
              <th scope="row">{film === undefined ? `#${item}` : <FilmTitle film={film} />}</th>
              <td className={styles["move"]}>
                {rank !== was && <span aria-hidden="true">{rank < was ? "↑ " : "↓ "}</span>}
                {rank === was ? t("whatIf.same") : t(rank < was ? "whatIf.up" : "whatIf.down", { was })}
              </td>
              <td>
                {formats.percent(probabilityBefore)} <span aria-hidden="true">→</span>
                <span className="visually-hidden">{t("whatIf.becomes")}</span> {formats.percent(probability)}
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
