import type { JSX } from "react";
import { Trans, useTranslation } from "react-i18next";
import type { Film } from "../../../model/film.ts";
import type { FilmIndex } from "../../../state/film-index.ts";
import { DISLIKE_STARS, LIKE_STARS } from "../../../state/taste-opinions.ts";
import type { ReadTaste } from "../../../state/taste-state.ts";
import { FilmTitle } from "../../charts/FilmTitle.tsx";
import { Poster } from "../../charts/Poster.tsx";
import { titleParts } from "../../charts/title-parts.ts";
import { useFormats } from "../../i18n/use-formats.ts";
import { useApp, useIntentions } from "../../store-context.tsx";
import { Button } from "../Button.tsx";
import { PageSection } from "../PageSection.tsx";
import styles from "./QuickRating.module.css";
import { useTaste, useTasteIntentions } from "./taste-context.tsx";

/** Films whose like or dislike would tell most, a click each. */
export function QuickRating({
  reading,
  films,
}: {
  readonly reading: ReadTaste;
  readonly films: FilmIndex;
}): JSX.Element {
  const { t } = useTranslation("taste");
  const formats = useFormats();
  const { giveOpinion } = useTasteIntentions();
  const given = reading.opinions.liked.length + reading.opinions.disliked.length;
  const asked = reading.asks.flatMap((item) => films.byItem.get(item) ?? []);
  return (
    <PageSection
      id="taste-rate"
      gap="tight"
      heading={t(given < 2 ? "rate.heading" : "rate.more")}
      lead={t("rate.lead", { like: formats.stars(LIKE_STARS), dislike: formats.stars(DISLIKE_STARS) })}
    >
      <Given films={films} />
      {asked.length === 0 ? (
        <p className={styles["quiet"]}>{t("rate.none")}</p>
      ) : (
        <ul className={styles["films"]}>
          {asked.map((film, place) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a rated film gives its place to another, and the focus stays at the place.
            <li key={place}>
              <Asked film={film} onGive={(liked) => giveOpinion(film.movieId, liked)} />
            </li>
          ))}
        </ul>
      )}
    </PageSection>
  );
}

function Asked({
  film,
  onGive,
}: {
  readonly film: Film;
  readonly onGive: (liked: boolean) => void;
}): JSX.Element {
  const { t } = useTranslation("taste");
  const title = titleParts(film.title).name;
  return (
    <>
      <span className={styles["poster"]}>
        <Poster film={film} size="stamp" />
      </span>
      <p className={styles["title"]}>
        <FilmTitle film={film} /> {film.year !== null && <span>{film.year}</span>}
      </p>
      <div className={styles["buttons"]}>
        <Button aria-label={t("rate.likeFilm", { title })} onClick={() => onGive(true)}>
          {t("rate.like")}
        </Button>
        <Button aria-label={t("rate.dislikeFilm", { title })} onClick={() => onGive(false)}>
          {t("rate.dislike")}
        </Button>
      </div>
    </>
  );
}

/** What was just said of a film, and the ways back: of the rating, and of what the page took away last. */
function Given({ films }: { readonly films: FilmIndex }): JSX.Element {
  const { t } = useTranslation("taste");
  const { t: page } = useTranslation();
  const formats = useFormats();
  const { takeOpinionBack } = useTasteIntentions();
  const { undo } = useIntentions();
  const given = useTaste((state) => state.given);
  const history = useApp((state) => state.history);
  const entry = history.events.find(({ movieId }) => movieId === given?.movieId);
  const film = films.byMovieId.get(given?.movieId ?? -1);
  const removed =
    history.undo?.kind === "removed" ? films.byMovieId.get(history.undo.item.movieId) : undefined;
  return (
    <div role="status" className={styles["notices"]}>
      {given !== null && film !== undefined && typeof entry?.rating === "number" && (
        <p>
          <span>
            <Trans
              ns="taste"
              i18nKey={given.liked ? "rate.liked" : "rate.disliked"}
              values={{ stars: formats.stars(entry.rating) }}
              components={{ film: <FilmTitle film={film} /> }}
            />
          </span>
          <Button look="line" onClick={takeOpinionBack}>
            {t("rate.takeBack")}
          </Button>
        </p>
      )}
      {removed !== undefined && (
        <p>
          <span>{page("history.removed", { title: titleParts(removed.title).name })}</span>
          <Button look="line" onClick={() => void undo()}>
            {page("history.undo")}
          </Button>
        </p>
      )}
    </div>
  );
}
