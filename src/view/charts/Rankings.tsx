import { type JSX, useId } from "react";
import { useTranslation } from "react-i18next";
import type { ItemId } from "../../core/ids.ts";
import type { Film } from "../../model/film.ts";
import { useFormats } from "../i18n/use-formats.ts";
import { FilmTitle } from "./FilmTitle.tsx";
import styles from "./Rankings.module.css";
import { rankMoves } from "./rank-moves.ts";

export interface Ranking {
  readonly key: string;
  readonly title: string;
  /** Best first; `figure` is written behind the film. */
  readonly order: readonly { readonly item: ItemId; readonly figure: number }[];
}

/** Orders of one slate side by side, each a table: rank, film, how far it moved against the order `than`, and its figure. */
export function Rankings({
  rankings,
  than,
  figureIs,
  films,
  top,
}: {
  readonly rankings: readonly Ranking[];
  readonly than: readonly { readonly item: ItemId }[];
  readonly figureIs: string;
  readonly films: ReadonlyMap<ItemId, Film>;
  readonly top: number;
}): JSX.Element {
  return (
    <div className={styles["sides"]}>
      {rankings.map((ranking) => (
        <Side key={ranking.key} ranking={ranking} than={than} figureIs={figureIs} films={films} top={top} />
      ))}
    </div>
  );
}

function Side({
  ranking: { title, order },
  than,
  figureIs,
  films,
  top,
}: {
  readonly ranking: Ranking;
  readonly than: readonly { readonly item: ItemId }[];
  readonly figureIs: string;
  readonly films: ReadonlyMap<ItemId, Film>;
  readonly top: number;
}): JSX.Element {
  const { t } = useTranslation("taste");
  const formats = useFormats();
  const id = useId();
  return (
    <figure className={styles["side"]} aria-labelledby={id}>
      <figcaption id={id}>{title}</figcaption>
      <table>
        <caption className="visually-hidden">{title}</caption>
        <thead>
          <tr>
            <th scope="col">{t("column.rank")}</th>
            <th scope="col">{t("column.film")}</th>
            <th scope="col">{t("column.move")}</th>
            <th scope="col">{figureIs}</th>
          </tr>
        </thead>
        <tbody>
          {rankMoves(order, than, top).map(({ entry: { item, figure }, rank, was }) => {
            const film = films.get(item);
            return (
              <tr key={item}>
                <td className={styles["rank"]}>{rank}</td>
                <th scope="row">{film === undefined ? `#${item}` : <FilmTitle film={film} />}</th>
                <td className={styles["move"]}>
                  <Move rank={rank} was={was} />
                </td>
                <td className={styles["figure"]}>{formats.nats(figure)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </figure>
  );
}

function Move({ rank, was }: { readonly rank: number; readonly was: number | null }): JSX.Element {
  const { t } = useTranslation("taste");
  if (was === null || was === rank)
    return (
      <>
        <span aria-hidden="true">=</span>
        <span className="visually-hidden">{t("rank.same")}</span>
      </>
    );
  const by = Math.abs(was - rank);
  return (
    <>
      <span aria-hidden="true">
        {was > rank ? "↑" : "↓"}
        {by}
      </span>
      <span className="visually-hidden">{t(was > rank ? "rank.up" : "rank.down", { was })}</span>
    </>
  );
}
