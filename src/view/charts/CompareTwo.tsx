import type { JSX } from "react";
import { Trans, useTranslation } from "react-i18next";
import type { ItemId } from "../../core/ids.ts";
import type { Film } from "../../model/film.ts";
import { useFormats } from "../i18n/use-formats.ts";
import styles from "./BarTable.module.css";
import { compareColumns, type Preference, strongestPreferences } from "./comparison.ts";
import { FilmTitle } from "./FilmTitle.tsx";
import type { HeatmapProps } from "./Heatmap.tsx";
import { SentenceGap } from "./SentenceGap.tsx";
import { SignedBar } from "./SignedBar.tsx";
import { titleParts } from "./title-parts.ts";

export interface CompareTwoProps extends Pick<HeatmapProps, "causes" | "targets" | "cells"> {
  /** Columns of the map that are compared. */
  readonly first: number;
  readonly second: number;
  /** Called with another pair of columns. Without it the pair is fixed. */
  readonly onChoose?: (first: number, second: number) => void;
}

/** Two recommendations side by side: what each watched film does to either, and the difference. */
export function CompareTwo({
  causes,
  targets,
  cells,
  first,
  second,
  onChoose,
}: CompareTwoProps): JSX.Element | null {
  const { t } = useTranslation();
  const formats = useFormats();
  const [one, other] = [targets[first], targets[second]];
  if (one === undefined || other === undefined) return null;
  const rows = compareColumns(cells, first, second);
  const end = Math.max(
    0,
    ...rows.flatMap((row) => (row === null ? [] : [row.one, row.other, row.difference].map(Math.abs))),
  );
  const preferred = strongestPreferences(causes, rows);
  const name = (film: Film) => titleParts(film.title).name;
  return (
    <div className={styles["chart"]}>
      {onChoose !== undefined && (
        <div className={styles["choice"]}>
          <Choice
            label={t("compare.first")}
            targets={targets}
            value={first}
            onChoose={(column) => onChoose(column, second)}
          />
          <Choice
            label={t("compare.second")}
            targets={targets}
            value={second}
            onChoose={(column) => onChoose(first, column)}
          />
        </div>
      )}
      <p className={styles["lead"]}>
        {preferred.first === null && preferred.second === null ? (
          <Trans
            i18nKey="compare.same"
            components={{ one: <FilmTitle film={one} />, other: <FilmTitle film={other} /> }}
          />
        ) : (
          <>
            <Favours preference={preferred.first} causes={causes} one={one} other={other} />
            {preferred.first !== null && preferred.second !== null && <SentenceGap />}
            <Favours preference={preferred.second} causes={causes} one={other} other={one} />
          </>
        )}
      </p>
      <table className={styles["bars"]}>
        <caption className="visually-hidden">
          {t("compare.caption", { one: name(one), other: name(other) })}
        </caption>
        <thead>
          <tr>
            <th scope="col">{t("effects.tableFilm")}</th>
            <th scope="col">
              <FilmTitle film={one} />
            </th>
            <th scope="col">
              <FilmTitle film={other} />
            </th>
            <th scope="col">{t("compare.difference")}</th>
          </tr>
        </thead>
        <tbody>
          {causes.map((cause, r) => {
            const row = rows[r] ?? null;
            return (
              <tr key={cause.id}>
                <th scope="row">
                  <FilmTitle film={cause} />
                </th>
                {(["one", "other", "difference"] as const).map((column) => (
                  <td key={column}>
                    <span className={styles["number"]}>{row === null ? "–" : formats.nats(row[column])}</span>
                    <SignedBar value={row?.[column] ?? 0} end={end} />
                  </td>
                ))}
              </tr>
            );
          })}
        </tbody>
      </table>
      <p className={styles["note"]}>{t("compare.meaning")}</p>
    </div>
  );
}

function Favours({
  preference,
  causes,
  one,
  other,
}: {
  readonly preference: Preference | null;
  readonly causes: readonly Film[];
  readonly one: Film;
  readonly other: Film;
}): JSX.Element | null {
  const formats = useFormats();
  const cause = causes.find(({ id }: { readonly id: ItemId }) => id === preference?.item);
  if (preference === null || cause === undefined) return null;
  return (
    <Trans
      i18nKey="compare.favours"
      components={{
        cause: <FilmTitle film={cause} />,
        one: <FilmTitle film={one} />,
        other: <FilmTitle film={other} />,
      }}
      values={{ nats: formats.size(preference.nats) }}
    />
  );
}

function Choice({
  label,
  targets,
  value,
  onChoose,
}: {
  readonly label: string;
  readonly targets: readonly Film[];
  readonly value: number;
  readonly onChoose: (column: number) => void;
}): JSX.Element {
  return (
    <label>
      {label}
      <select value={value} onChange={({ currentTarget }) => onChoose(Number(currentTarget.value))}>
        {targets.map((target, i) => (
          <option key={target.id} value={i} lang="en">
            {i + 1}. {titleParts(target.title).name}
          </option>
        ))}
      </select>
    </label>
  );
}
