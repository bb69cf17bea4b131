import type { JSX } from "react";
import { useTranslation } from "react-i18next";
import { itemId } from "../../core/ids.ts";
import type { Override } from "../../persona/persona.ts";
import { bySureness } from "../../persona/persona.ts";
import { fixtureFilmsByItem } from "../../state/fixtures/films.ts";
import { fixtureSpace } from "../../state/fixtures/taste.ts";
import { DirectionBar } from "../charts/DirectionBar.tsx";
import { DirectionTable } from "../charts/DirectionTable.tsx";
import { directionAxisEnd, directionRow } from "../charts/direction-rows.ts";
import { Rankings } from "../charts/Rankings.tsx";
import { SupportTable } from "../charts/SupportTable.tsx";
import { toLanguage } from "../i18n/language.ts";

/** One direction in each state: speaks for, leans, silent, leans against, speaks against, decided. */
const states = [
  [1.1, 0.9, "for", null],
  [0.4, 0.7, "neutral", null],
  [0, 0.5, "neutral", null],
  [-0.5, 0.75, "neutral", null],
  [-1.4, 0.05, "against", null],
  [0.1, 0.55, "against", { state: "against", by: "set" }],
] as const satisfies readonly (readonly [number, number, string, Override | null])[];

const rows = bySureness(
  fixtureSpace.directions.flatMap((direction, d) => {
    const stated = states[d];
    if (stated === undefined) return [];
    const [value, probability, state, override] = stated;
    return directionRow({ direction, value, probability, state, inferred: state, override, deviation: 0.8 });
  }),
);
const end = directionAxisEnd(rows);
const plain = [1, 2, 10, 11, 15].map((row) => ({ item: itemId(row), figure: 2 - row / 8 }));

/** The charts of the taste page. */
export function TasteCharts(): JSX.Element {
  const { t, i18n } = useTranslation("taste");
  return (
    <>
      <h2>{t("gallery.bars")}</h2>
      {rows.map((row) => (
        <div key={row.direction.id}>
          <p>
            {row.direction.name[toLanguage(i18n.language)]}, {t(`lean.${row.lean}`)}
          </p>
          <DirectionBar row={row} end={end} />
        </div>
      ))}
      <DirectionTable rows={rows} />
      <h2>{t("gallery.support")}</h2>
      <SupportTable
        caption={t("gallery.support")}
        support={[
          { item: itemId(4), value: 0.42 },
          { item: itemId(7), value: -0.2 },
        ]}
        rest={0.05}
        value={0.27}
        films={fixtureFilmsByItem}
      />
      <h2>{t("gallery.rankings")}</h2>
      <Rankings
        rankings={[
          { key: "plain", title: t("two.everyone"), order: plain },
          { key: "turned", title: t("two.mirror"), order: plain.toReversed() },
        ]}
        than={plain}
        figureIs={t("two.total")}
        films={fixtureFilmsByItem}
        top={5}
      />
    </>
  );
}
