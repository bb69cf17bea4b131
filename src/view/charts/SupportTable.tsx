import type { JSX } from "react";
import { useTranslation } from "react-i18next";
import type { ItemId } from "../../core/ids.ts";
import type { Film } from "../../model/film.ts";
import { useFormats } from "../i18n/use-formats.ts";
import { FilmTitle } from "./FilmTitle.tsx";
import { SignedBar } from "./SignedBar.tsx";
import styles from "./SupportTable.module.css";

/** Which films a direction's value comes from: one signed bar each, which add up to the value. */
export function SupportTable({
  caption,
  support,
  rest,
  value,
  films,
}: {
  readonly caption: string;
  readonly support: readonly { readonly item: ItemId; readonly value: number }[];
  /** What films that are not named add together. */
  readonly rest: number;
  readonly value: number;
  readonly films: ReadonlyMap<ItemId, Film>;
}): JSX.Element {
  const { t } = useTranslation("taste");
  const formats = useFormats();
  const end = Math.max(...support.map((share) => Math.abs(share.value)), Math.abs(rest), 0);
  return (
    <table className={styles["table"]}>
      <caption className="visually-hidden">{caption}</caption>
      <thead>
        <tr>
          <th scope="col">{t("column.film")}</th>
          <th scope="col">{t("column.share")}</th>
        </tr>
      </thead>
      <tbody>
        {support.map(({ item, value: share }) => {
          const film = films.get(item);
          return (
            <tr key={item}>
              <th scope="row">{film === undefined ? `#${item}` : <FilmTitle film={film} />}</th>
              <td>
                <span className={styles["number"]}>{formats.nats(share)}</span>
                <SignedBar value={share} end={end} />
              </td>
            </tr>
          );
        })}
        {rest !== 0 && (
          <tr>
            <th scope="row">{t("directions.otherFilms")}</th>
            <td>
              <span className={styles["number"]}>{formats.nats(rest)}</span>
              <SignedBar value={rest} end={end} />
            </td>
          </tr>
        )}
        <tr data-whole="">
          <th scope="row">{t("directions.sum")}</th>
          <td>
            <span className={styles["number"]}>{formats.nats(value)}</span>
          </td>
        </tr>
      </tbody>
    </table>
  );
}
