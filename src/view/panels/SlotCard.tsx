import { type JSX, useId, useRef } from "react";
import { useTranslation } from "react-i18next";
import { IGNORED_AFTER_MS } from "../../adapt/exploration-slot.ts";
import type { ItemId } from "../../core/ids.ts";
import type { Film } from "../../model/film.ts";
import type { ShownSlot } from "../../state/learning-state.ts";
import { Disclosure } from "../charts/Disclosure.tsx";
import { FilmTitle } from "../charts/FilmTitle.tsx";
import { Poster } from "../charts/Poster.tsx";
import { SentenceGap } from "../charts/SentenceGap.tsx";
import { useFormats } from "../i18n/use-formats.ts";
import { useLearning, useLearningIntentions } from "../learning-context.tsx";
import { useApp, useIntentions } from "../store-context.tsx";
import { Button } from "./Button.tsx";
import { epsilonShares } from "./epsilon-shares.ts";
import { FailureNote } from "./FailureNote.tsx";
import styles from "./SlotCard.module.css";
import { useTimeInSight } from "./use-time-in-sight.ts";

const SECONDS = IGNORED_AFTER_MS / 1000;

/** The film that chance picked for the answer on screen, what the person makes of it, and how much is left to chance. */
export function SlotCard({ films }: { readonly films: ReadonlyMap<ItemId, Film> }): JSX.Element {
  const { t } = useTranslation();
  const id = useId();
  const phase = useLearning((state) => state.phase);
  const failure = useLearning((state) => state.failure);
  const epsilon = useLearning((state) => state.epsilon);
  const slot = useLearning((state) => state.slot);
  const film = slot === null ? undefined : filmOf(slot, films);
  const isOff = epsilon === 0;
  return (
    <section aria-labelledby={id} className={styles["slot"]} data-off={isOff ? "" : undefined}>
      <h3 id={id}>{t("slot.heading")}</h3>
      <p className={styles["intro"]}>
        {t(isOff ? "slot.off" : "slot.intro")}
        <SentenceGap />
        <a href="#learn">{t("slot.more")}</a>
      </p>
      {failure !== null && <FailureNote failure={failure} />}
      {phase !== "failed" && !isOff && (
        <div className={styles["place"]}>
          {slot !== null && film !== undefined ? (
            <Picked slot={slot} film={film} />
          ) : (
            <p className={styles["waiting"]}>{t("slot.none")}</p>
          )}
        </div>
      )}
      {phase !== "failed" && <Share epsilon={epsilon} />}
    </section>
  );
}

function filmOf({ row }: ShownSlot, films: ReadonlyMap<ItemId, Film>): Film | undefined {
  const item = row.slateIds[row.a];
  return item === undefined ? undefined : films.get(item);
}

function Picked({ slot, film }: { readonly slot: ShownSlot; readonly film: Film }): JSX.Element {
  const { t } = useTranslation();
  const formats = useFormats();
  const { react, seen } = useLearningIntentions();
  const { addFilm } = useIntentions();
  const isWatched = useApp((state) => state.history.events.some(({ movieId }) => movieId === film.movieId));
  const { key, row, reaction } = slot;
  const id = useId();
  const entry = useRef<HTMLDivElement>(null);
  const timeInSight = useTimeInSight(entry, {
    key,
    before: row.visibleMs,
    enough: IGNORED_AFTER_MS,
    tell: (visibleMs, of) => void seen(visibleMs, of),
  });
  const say = (what: "liked" | "dismissed") => {
    if (key !== null) void react(what, timeInSight(), key);
  };
  const noted = reaction ?? (row.y === null ? "open" : "passed");
  return (
    <div ref={entry} className={styles["entry"]}>
      <span className={styles["poster"]}>
        <Poster film={film} size="sheet" />
      </span>
      <div className={styles["what"]}>
        <h4 id={id}>
          <FilmTitle film={film} alias={true} />
        </h4>
        <p className={styles["meta"]} lang="en">
          {[film.year, ...film.genres].filter((part) => part !== null).join(" · ")}
        </p>
        <p className={styles["chance"]}>
          {t("slot.chance", { percent: formats.percent(row.p[row.a] ?? 0) })}
        </p>
        {/* biome-ignore lint/a11y/useSemanticElements: two buttons and no field of a form. */}
        <div role="group" aria-labelledby={id} className={styles["reactions"]}>
          <Button aria-pressed={reaction === "liked"} onClick={() => say("liked")}>
            {t("slot.like")}
          </Button>
          <Button aria-pressed={reaction === "dismissed"} onClick={() => say("dismissed")}>
            {t("slot.dismiss")}
          </Button>
          {!isWatched && (
            <Button look="line" aria-describedby={id} onClick={() => void addFilm(film.movieId)}>
              {t("slot.watched")}
            </Button>
          )}
        </div>
        <p role="status" className={styles["noted"]}>
          {t(`slot.${noted}`, { seconds: SECONDS })}
        </p>
      </div>
    </div>
  );
}

/** How much is left to chance, with what that costs. */
function Share({ epsilon }: { readonly epsilon: number }): JSX.Element {
  const { t } = useTranslation();
  const formats = useFormats();
  const { setEpsilon } = useLearningIntentions();
  const id = useId();
  return (
    <Disclosure summary={t("slot.share")}>
      <label htmlFor={id} className={styles["share"]}>
        <span>{t("slot.shareLabel")}</span>
        <select
          id={id}
          value={epsilon}
          aria-describedby={`${id}-help`}
          onChange={({ currentTarget }) => setEpsilon(Number(currentTarget.value))}
        >
          {epsilonShares(epsilon).map((share) => (
            <option key={share} value={share}>
              {share === 0 ? t("slot.shareNone") : formats.percent(share)}
            </option>
          ))}
        </select>
      </label>
      <p id={`${id}-help`} className={styles["help"]}>
        {t("slot.shareHelp")}
      </p>
    </Disclosure>
  );
}
