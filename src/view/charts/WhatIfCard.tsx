import type { JSX } from "react";
import { Trans, useTranslation } from "react-i18next";
import type { Standing } from "../../attribution/standings.ts";
import type { ItemId } from "../../core/ids.ts";
import type { Film } from "../../model/film.ts";
import styles from "./AnswerCard.module.css";
import { FilmTitle } from "./FilmTitle.tsx";
import { RankMoves } from "./RankMoves.tsx";
import { rankChanges } from "./rank-changes.ts";
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
  const [first] = rankChanges(answer.before, answer.after, 1);
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
      <RankMoves
        caption={t("whatIf.caption", { title: titleParts(added.title).name })}
        films={films}
        before={answer.before}
        after={answer.after}
        top={top}
      />
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
