import { type JSX, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Film } from "../../model/film.ts";
import { promptMovieIds } from "../../state/prompt-films.ts";
import { SentenceGap } from "../charts/SentenceGap.tsx";
import { titleParts } from "../charts/title-parts.ts";
import { toLanguage } from "../i18n/language.ts";
import { useApp, useIntentions } from "../store-context.tsx";
import { Button } from "./Button.tsx";
import { FailureNote } from "./FailureNote.tsx";
import { FilmSearchBox } from "./FilmSearchBox.tsx";
import { HistoryEntry } from "./HistoryEntry.tsx";
import styles from "./HistoryPanel.module.css";
import { saveFile } from "./save-file.ts";

/** The films a person watched: find, rate, reorder, take out, take back, start from a sample, save and open. */
export function HistoryPanel(): JSX.Element {
  const { t, i18n } = useTranslation();
  const history = useApp((state) => state.history);
  const catalogue = useApp((state) => state.catalogue);
  const samples = useApp((state) => state.samples);
  const intentions = useIntentions();
  const heading = useRef<HTMLHeadingElement>(null);
  const file = useRef<HTMLInputElement>(null);
  const [spoken, setSpoken] = useState("");
  const { events } = history;
  const films = catalogue.phase === "ready" ? catalogue.index.byMovieId : null;
  const inPrompt = catalogue.phase === "ready" ? promptMovieIds(events, catalogue.index) : null;
  const nameOf = (movieId: number) =>
    nameFilm(films?.get(movieId)) ?? t("history.unknownFilm", { id: String(movieId) });

  return (
    <section className={styles["panel"]} aria-labelledby="history-heading">
      <div className={styles["head"]}>
        <h2 id="history-heading" ref={heading} tabIndex={-1}>
          {t("history.heading")}
        </h2>
        {events.length > 0 && <p>{t("history.count", { count: events.length })}</p>}
      </div>
      <FilmSearchBox label={t("search.label")} onPick={({ movieId }) => void intentions.addFilm(movieId)} />
      <div className={styles["notices"]} role="status">
        {history.undo !== null && (
          <p className={styles["undo"]}>
            <span>
              {history.undo.kind === "removed"
                ? t("history.removed", { title: nameOf(history.undo.item.movieId) })
                : t("history.replaced", { count: history.undo.items.length })}
            </span>
            <Button look="line" onClick={() => void intentions.undo()}>
              {t("history.undo")}
            </Button>
          </p>
        )}
        {history.whyNotDurable !== null && (
          <p>{t("history.notDurable", { reason: history.whyNotDurable })}</p>
        )}
        {history.setAside > 0 && <p>{t("history.setAside", { count: history.setAside })}</p>}
        <span className="visually-hidden">{spoken}</span>
      </div>
      {history.failure !== null && (
        <FailureNote failure={history.failure}>
          {history.phase === "unreadable" ? (
            <Button onClick={() => void intentions.readHistory()}>{t("engine.again")}</Button>
          ) : (
            <Button onClick={intentions.dismissNotice}>{t("history.dismiss")}</Button>
          )}
        </FailureNote>
      )}
      {history.phase === "loading" && <p className={styles["quiet"]}>{t("history.loading")}</p>}
      {history.phase === "ready" && events.length === 0 && (
        <p className={styles["empty"]}>{t("history.empty")}</p>
      )}
      {events.length > 0 && (
        <>
          <p className={styles["quiet"]}>
            {t("history.intro")}
            <SentenceGap />
            <span className={styles["keys"]}>{t("history.keyboard")}</span>
          </p>
          <ol className={styles["list"]}>
            {events.map((event, index) => (
              <HistoryEntry
                key={event.key}
                event={event}
                film={films?.get(event.movieId)}
                standing={inPrompt === null || inPrompt.has(event.movieId)}
                index={index}
                count={events.length}
                onRate={(rating) => void intentions.rateFilm(event.key, rating)}
                onMove={(toIndex) => {
                  void intentions.moveFilm(event.key, toIndex);
                  setSpoken(
                    t("history.moved", {
                      title: nameOf(event.movieId),
                      place: toIndex + 1,
                      count: events.length,
                    }),
                  );
                }}
                onRemove={() => {
                  heading.current?.focus();
                  void intentions.removeFilm(event.key);
                }}
              />
            ))}
          </ol>
        </>
      )}
      {samples.length > 0 && (
        <div className={styles["samples"]}>
          <h3>{t("history.samples")}</h3>
          <ul>
            {samples.map((sample) => (
              <li key={sample.id}>
                <button type="button" onClick={() => void intentions.startFromSample(sample)}>
                  <span>{sample.name[toLanguage(i18n.language)]}</span>
                  <span>{t("history.sampleFilms", { count: sample.movieIds.length })}</span>
                </button>
              </li>
            ))}
          </ul>
          {events.length > 0 && <p className={styles["quiet"]}>{t("history.replaceNote")}</p>}
        </div>
      )}
      <div className={styles["tools"]}>
        {events.length > 0 && (
          <Button
            look="line"
            onClick={async () => {
              const saved = await intentions.exportHistory();
              if (saved !== null) saveFile(saved.name, saved.text);
            }}
          >
            {t("history.export")}
          </Button>
        )}
        <Button look="line" onClick={() => file.current?.click()}>
          {t("history.import")}
        </Button>
        <input
          ref={file}
          type="file"
          accept="application/json,.json"
          hidden
          aria-label={t("history.import")}
          onChange={async ({ currentTarget }) => {
            const text = await currentTarget.files?.[0]?.text();
            currentTarget.value = "";
            if (text !== undefined) await intentions.importHistory(text);
          }}
        />
        {events.length > 0 && (
          <Button
            look="line"
            onClick={() => {
              heading.current?.focus();
              void intentions.clearHistory();
            }}
          >
            {t("history.clear")}
          </Button>
        )}
      </div>
    </section>
  );
}

function nameFilm(film: Film | undefined): string | null {
  return film === undefined ? null : titleParts(film.title).name;
}
