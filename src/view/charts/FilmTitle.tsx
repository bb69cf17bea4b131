import type { JSX } from "react";
import type { Film } from "../../model/film.ts";
import styles from "./FilmTitle.module.css";
import { titleParts } from "./title-parts.ts";

/** A film's name in its own language, for screen readers and typesetting alike; with its other names where there is room for them. */
export function FilmTitle({
  film,
  alias = false,
}: {
  readonly film: Pick<Film, "title">;
  readonly alias?: boolean;
}): JSX.Element {
  const parts = titleParts(film.title);
  return (
    <>
      <cite lang="en">{parts.name}</cite>
      {alias && parts.alias !== null && (
        <span lang="en" className={styles["alias"]}>
          {" "}
          {parts.alias}
        </span>
      )}
    </>
  );
}
