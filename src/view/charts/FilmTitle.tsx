import type { JSX } from "react";
import type { Film } from "../../model/film.ts";

/** A film's title in its own language, for screen readers and typesetting alike. */
export function FilmTitle({ film }: { readonly film: Pick<Film, "title"> }): JSX.Element {
  return <cite lang="en">{film.title}</cite>;
}
