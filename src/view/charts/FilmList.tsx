import { Fragment, type JSX } from "react";
import { useTranslation } from "react-i18next";
import type { ItemId } from "../../core/ids.ts";
import type { Film } from "../../model/film.ts";
import { FilmTitle } from "./FilmTitle.tsx";

/** Films in running text: "A, B and C"; in Japanese in title quotes, since nothing else sets a title off there. */
export function FilmList({
  items,
  films,
}: {
  readonly items: readonly ItemId[];
  readonly films: ReadonlyMap<ItemId, Film>;
}): JSX.Element {
  const { i18n } = useTranslation();
  const japanese = i18n.language.startsWith("ja");
  const between = (i: number): string => {
    if (i === 0) return "";
    if (japanese) return items.length === 2 ? "と" : "、";
    return i === items.length - 1 ? " and " : ", ";
  };
  return (
    <>
      {items.map((item, i) => {
        const film = films.get(item);
        return (
          <Fragment key={item}>
            {between(i)}
            {japanese && "『"}
            {film === undefined ? <span>{`#${item}`}</span> : <FilmTitle film={film} />}
            {japanese && "』"}
          </Fragment>
        );
      })}
    </>
  );
}
