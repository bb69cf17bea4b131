import type { JSX, KeyboardEvent } from "react";
import { useTranslation } from "react-i18next";
import type { HistoryEvent } from "../../history/history-store.ts";
import { KEPT_FROM_STARS } from "../../history/kept-history.ts";
import type { Film } from "../../model/film.ts";
import { PROMPT_FILMS } from "../../state/prompt-films.ts";
import { FilmTitle } from "../charts/FilmTitle.tsx";
import { Poster } from "../charts/Poster.tsx";
import { StarRating } from "../charts/StarRating.tsx";
import { titleParts } from "../charts/title-parts.ts";
import { Button } from "./Button.tsx";
import styles from "./HistoryEntry.module.css";

export interface HistoryEntryProps {
  readonly event: HistoryEvent;
  /** Undefined: the catalogue is not there yet, or does not know the film. */
  readonly film: Film | undefined;
  /** Whether the film stands in the prompt. */
  readonly standing: boolean;
  readonly index: number;
  readonly count: number;
  readonly onRate: (rating: number | null) => void;
  readonly onMove: (toIndex: number) => void;
  readonly onRemove: () => void;
}

/** One film of the history with its rating, its place and the way out. */
export function HistoryEntry(props: HistoryEntryProps): JSX.Element {
  const { event, film, standing, index, count, onRate, onMove, onRemove } = props;
  const { t } = useTranslation();
  const title =
    film === undefined
      ? t("history.unknownFilm", { id: String(event.movieId) })
      : titleParts(film.title).name;
  const why =
    event.rating !== null && event.rating < KEPT_FROM_STARS
      ? t("history.disliked")
      : t("history.tooOld", { count: PROMPT_FILMS });

  const onKeyDown = (key: KeyboardEvent<HTMLElement>) => {
    const by = key.key === "ArrowUp" ? -1 : key.key === "ArrowDown" ? 1 : 0;
    const to = index + by;
    if (!key.altKey || by === 0 || to < 0 || to >= count) return;
    key.preventDefault();
    onMove(to);
  };
  return (
    <li className={styles["entry"]} data-standing={standing ? "" : undefined} onKeyDown={onKeyDown}>
      <span className={styles["stamp"]}>{film !== undefined && <Poster film={film} size="stamp" />}</span>
      <div className={styles["what"]}>
        <p className={styles["title"]}>
          {film === undefined ? title : <FilmTitle film={film} />}{" "}
          {film?.year !== undefined && film.year !== null && (
            <span className={styles["year"]}>{film.year}</span>
          )}
        </p>
        <StarRating title={title} rating={event.rating} onRate={onRate} />
        {!standing && <p className={styles["why"]}>{why}</p>}
      </div>
      <div className={styles["tools"]}>
        <Button
          look="icon"
          aria-label={t("history.moveUp", { title })}
          disabled={index === 0}
          onClick={() => onMove(index - 1)}
        >
          <svg viewBox="0 0 16 16" aria-hidden="true">
            <path d="M3 10l5-5 5 5" />
          </svg>
        </Button>
        <Button
          look="icon"
          aria-label={t("history.moveDown", { title })}
          disabled={index === count - 1}
          onClick={() => onMove(index + 1)}
        >
          <svg viewBox="0 0 16 16" aria-hidden="true">
            <path d="M3 6l5 5 5-5" />
          </svg>
        </Button>
        <Button look="icon" aria-label={t("history.remove", { title })} onClick={onRemove}>
          <svg viewBox="0 0 16 16" aria-hidden="true">
            <path d="M4 4l8 8M12 4l-8 8" />
          </svg>
        </Button>
      </div>
    </li>
  );
}
