import { type JSX, type KeyboardEvent, useDeferredValue, useId, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Film } from "../../model/film.ts";
import { FilmTitle } from "../charts/FilmTitle.tsx";
import { Poster } from "../charts/Poster.tsx";
import { useApp } from "../store-context.tsx";
import styles from "./FilmSearchBox.module.css";

/** Most films offered at once. */
const OFFERED = 8;

export interface FilmSearchBoxProps {
  readonly label: string;
  readonly onPick: (film: Film) => void;
  /** What becomes of films that are in the history: marked as such (default), or not offered. */
  readonly watched?: "marked" | "left-out";
}

/** Finds films of the catalogue: a combobox with a list box. Arrow keys choose, Enter picks, Escape closes, then empties. */
export function FilmSearchBox({ label, onPick, watched = "marked" }: FilmSearchBoxProps): JSX.Element {
  const { t } = useTranslation();
  const id = useId();
  const catalogue = useApp((state) => state.catalogue);
  const events = useApp((state) => state.history.events);
  const [query, setQuery] = useState("");
  const [open, setOpen] = useState(false);
  const [active, setActive] = useState(0);
  const wanted = useDeferredValue(query);
  const listed = useMemo(() => new Set(events.map(({ movieId }) => movieId)), [events]);
  const found = useMemo(() => {
    if (catalogue.phase !== "ready") return [];
    if (watched === "marked") return catalogue.search(wanted, OFFERED);
    return catalogue
      .search(wanted, OFFERED + listed.size)
      .filter(({ movieId }) => !listed.has(movieId))
      .slice(0, OFFERED);
  }, [catalogue, wanted, watched, listed]);
  const asked = query.trim() !== "";
  const shown = open && asked;
  const chosen = shown ? found[Math.min(active, found.length - 1)] : undefined;

  const pick = (film: Film) => {
    setQuery("");
    setActive(0);
    setOpen(false);
    onPick(film);
  };
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    // While a Japanese input method composes, its keys are its own.
    if (event.nativeEvent.isComposing) return;
    if (event.key === "Enter" && chosen !== undefined) pick(chosen);
    else if (event.key === "Escape" && shown) setOpen(false);
    else if (event.key === "Escape") setQuery("");
    else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && found.length > 0) {
      setOpen(true);
      const by = event.key === "ArrowDown" ? 1 : -1;
      setActive(shown ? (Math.min(active, found.length - 1) + by + found.length) % found.length : 0);
    } else return;
    event.preventDefault();
  };
  return (
    <search className={styles["search"]}>
      <label htmlFor={`${id}-input`}>{label}</label>
      <input
        id={`${id}-input`}
        type="text"
        role="combobox"
        autoComplete="off"
        spellCheck={false}
        placeholder={t("search.placeholder")}
        value={query}
        aria-expanded={shown && found.length > 0}
        aria-controls={`${id}-list`}
        aria-autocomplete="list"
        aria-activedescendant={chosen === undefined ? undefined : `${id}-${chosen.id}`}
        onChange={({ currentTarget }) => {
          setQuery(currentTarget.value);
          setActive(0);
          setOpen(true);
        }}
        onFocus={() => setOpen(true)}
        onBlur={() => setOpen(false)}
        onKeyDown={onKeyDown}
      />
      <div
        id={`${id}-list`}
        role="listbox"
        aria-label={t("search.suggestions")}
        className={styles["list"]}
        hidden={!shown || found.length === 0}
      >
        {found.map((film, i) => (
          // biome-ignore lint/a11y/useFocusableInteractive: focus stays in the input, which names the active option.
          // biome-ignore lint/a11y/useKeyWithClickEvents: the input hears the keys.
          <div
            key={film.id}
            id={`${id}-${film.id}`}
            role="option"
            aria-selected={film === chosen}
            className={styles["option"]}
            onMouseDown={(event) => event.preventDefault()}
            onMouseEnter={() => setActive(i)}
            onClick={() => pick(film)}
          >
            <span className={styles["stamp"]}>
              <Poster film={film} size="stamp" />
            </span>
            <span>
              <FilmTitle film={film} alias={true} />
              <span className={styles["year"]}>
                {film.year} {listed.has(film.movieId) && <em>{t("search.inList")}</em>}
              </span>
            </span>
          </div>
        ))}
      </div>
      <p role="status" className={shown && found.length > 0 ? "visually-hidden" : styles["status"]}>
        {shown && catalogue.phase === "loading" && t("search.loading")}
        {shown &&
          catalogue.phase === "ready" &&
          (found.length > 0
            ? t("search.results", { count: found.length })
            : t("search.none", { query: query.trim() }))}
      </p>
    </search>
  );
}
