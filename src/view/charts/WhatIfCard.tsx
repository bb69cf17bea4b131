import type { JSX } from "react";
import { Trans, useTranslation } from "react-i18next";
import type { Standing } from "../../attribution/standings.ts";
import type { ItemId } from "../../core/ids.ts";
import type { Film } from "../../model/film.ts";
import { useFormats } from "../i18n/use-formats.ts";
import styles from "./AnswerCard.module.css";
import { FilmTitle } from "./FilmTitle.tsx";
import { type RankChange, rankChanges } from "./rank-changes.ts";
import { SentenceGap } from "./SentenceGap.tsx";
import { titleParts } from "./title-parts.ts";

/** The answer of the model to both histories: the same films before and after, in any order. */
export interface WhatIfAnswer {
  readonly before: readonly Standing[];
  readonly after: readonly Standing[];
  /** The film that leaves a full prompt to make room. */
  readonly pushedOut: Film | null;
}

export interface WhatIfCardProps {
  /** The film that was not watched, and now is, last. */
  readonly added: Film;
  readonly films: ReadonlyMap<ItemId, Film>;
  /** Null while the model is being asked. */
  readonly answer: WhatIfAnswer | null;
  /** Films listed: those that are among the first so many, before or after. */
  readonly top?: number;
}

/** What if one more film had been watched: the list that follows, and who moved. */
export function WhatIfCard({ added, films, answer, top = 10 }: WhatIfCardProps): JSX.Element {
  const { t } = useTranslation();
  const film = <FilmTitle film={added} />;
  if (answer === null)
    return (
      <div className={styles["card"]}>
        <p className={styles["headline"]}>
          <Trans i18nKey="whatIf.asking" components={{ film }} />
        </p>
      </div>
    );
  const changes = rankChanges(answer.before, answer.after, top);
  const first = changes[0];
  const leader = first === undefined ? undefined : films.get(first.item);
  return (
    <div className={styles["card"]}>
      <p className={styles["headline"]}>
        {first !== undefined && leader !== undefined && (
          <Trans
            i18nKey={first.was === 1 ? "whatIf.stays" : "whatIf.leads"}
            components={{ film, leader: <FilmTitle film={leader} /> }}
          />
        )}
      </p>
      <table className={styles["changes"]}>
        <caption className="visually-hidden">
          {t("whatIf.caption", { title: titleParts(added.title).name })}
        </caption>
        <thead>
          <tr>
            <th scope="col">{t("whatIf.rank")}</th>
            <th scope="col">{t("whatIf.film")}</th>
            <th scope="col">{t("whatIf.move")}</th>
            <th scope="col">{t("whatIf.chance")}</th>
          </tr>
        </thead>
        <tbody>
          {changes.map((change) => (
            <ChangeRow key={change.item} change={change} film={films.get(change.item)} />
          ))}
        </tbody>
      </table>
      <p className={styles["foot"]}>
        {t("whatIf.note")}
        {answer.pushedOut !== null && (
          <>
            <SentenceGap />
            <Trans i18nKey="whatIf.pushedOut" components={{ film: <FilmTitle film={answer.pushedOut} /> }} />
          </>
        )}
      </p>
    </div>
  );
}

function ChangeRow({
  change: { item, rank, was, probability, probabilityBefore },
  film,
}: {
  readonly change: RankChange;
  readonly film: Film | undefined;
}): JSX.Element {
  const { t } = useTranslation();
  const formats = useFormats();
  return (
    <tr>
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
}
