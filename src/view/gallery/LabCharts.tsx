import { type JSX, useState } from "react";
import { useTranslation } from "react-i18next";
import { WORLDS, worldFilms } from "../../adapt/lab/worlds.ts";
import { ForestTable } from "../charts/ForestTable.tsx";
import { GrowthLines } from "../charts/GrowthLines.tsx";
import { MoodTable } from "../charts/MoodTable.tsx";
import { NumberSlider } from "../charts/NumberSlider.tsx";
import { StripTable } from "../charts/StripTable.tsx";
import styles from "./Gallery.module.css";

const around = (value: number, reach: number) => ({ value, low: value - reach, high: value + reach });

const growth = [0.9, 0.6, 0.5, 0.45, 0.42].map((value, i) => ({
  at: 400 * (i + 1),
  estimate: i === 0 ? null : around(value, 0.3 / (i + 1)),
}));

const films = worldFilms(WORLDS.reference).map((film, i) => ({ ...film, key: `${i}`, name: `${i + 1}` }));

/** The charts of the Lab: right, wrong and refused; growing; repeated; hidden and revealed. */
export function LabCharts(): JSX.Element {
  const { t } = useTranslation("lab");
  const [number, setNumber] = useState(0.2);
  return (
    <>
      <h2>{t("belief.table")}</h2>
      <ForestTable
        title={t("belief.table")}
        rowsAre={t("belief.method")}
        valuesAre={t("belief.interval")}
        truth={{ label: t("belief.truth"), note: t("belief.truthNote") }}
        none={t("belief.none")}
        columns={[
          { key: "taste", heading: t("policy.taste"), truth: 0.495 },
          { key: "mood", heading: t("policy.mood"), truth: 0.385 },
        ]}
        rows={[
          {
            key: "naive",
            label: t("road.naive"),
            note: t("roadNote.naive"),
            verdict: { is: "wrong", words: t("belief.wrong") },
            cells: [around(0.51, 0.04), around(0.63, 0.05)],
          },
          {
            key: "cpo",
            label: t("road.cpo"),
            note: t("roadNote.cpo"),
            verdict: { is: "right", words: t("belief.right") },
            cells: [around(0.49, 0.12), around(0.98, 0.09)],
          },
          {
            key: "cv-dr",
            label: t("road.cv-dr"),
            note: t("roadNote.cv-dr"),
            verdict: { is: "open", words: t("belief.refuses") },
            cells: [null, null],
          },
        ]}
      />
      <h2>{t("lines.heading")}</h2>
      <GrowthLines
        title={t("road.cpo")}
        xAxis={t("lines.axis")}
        yAxis={t("lines.value")}
        end={2000}
        lines={[
          { key: "taste", look: "solid", label: t("policy.taste"), truth: 0.495, points: growth },
          { key: "mood", look: "dashed", label: t("policy.mood"), truth: 0.385, points: [] },
        ]}
      />
      <h2>{t("learned.table")}</h2>
      <StripTable
        title={t("learned.table")}
        rowsAre={t("learned.teacher")}
        writeSpread={(spread) => t("learned.spread", { spread })}
        columns={[
          { key: "value", heading: t("learned.value"), form: "value", marks: [0.385, 0.511] },
          { key: "mood", heading: t("learned.mood"), form: "difference", marks: [0] },
        ]}
        rows={[
          {
            key: "naive",
            label: t("teacher.naive"),
            cells: [
              [0.44, 0.45, 0.43],
              [6.4, 6.1, 6.9],
            ],
            refusal: null,
          },
          { key: "cpo", label: t("teacher.cpo"), cells: [[], []], refusal: t("learned.refuses") },
          { key: "best", label: t("learned.reference.best"), cells: [[0.511], []], refusal: null },
        ]}
      />
      <h2>{t("world.table")}</h2>
      <div className={styles["stack"]}>
        <MoodTable rows={films} revealed={false} />
        <MoodTable rows={films} revealed={true} />
      </div>
      <h2>{t("controls.heading")}</h2>
      <NumberSlider
        label={t("controls.epsilon")}
        typedLabel={t("controls.typed", { label: t("controls.epsilon") })}
        range={t("controls.between", { least: 0, most: 1 })}
        value={number}
        limits={[0, 1]}
        step={0.05}
        onChange={setNumber}
      />
    </>
  );
}
