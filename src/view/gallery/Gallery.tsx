import { type JSX, useState } from "react";
import { useTranslation } from "react-i18next";
import type { EffectMatrix } from "../../attribution/effect.ts";
import { itemId } from "../../core/ids.ts";
import { present } from "../../core/invariant.ts";
import { fixturePrompt, fixtureRecommendation } from "../../state/fixtures/answer.ts";
import { fixtureMatrix } from "../../state/fixtures/effects.ts";
import { fixtureFailures } from "../../state/fixtures/failures.ts";
import { fixtureFilms, fixtureFilmsByItem } from "../../state/fixtures/films.ts";
import { EffectTable } from "../charts/EffectTable.tsx";
import { GateBars } from "../charts/GateBars.tsx";
import { HeatLegend } from "../charts/HeatLegend.tsx";
import { Heatmap } from "../charts/Heatmap.tsx";
import { heatCells } from "../charts/heat-cells.ts";
import { heatEnd } from "../charts/heat-scale.ts";
import { Poster } from "../charts/Poster.tsx";
import { PromptTokens } from "../charts/PromptTokens.tsx";
import { RankedList } from "../charts/RankedList.tsx";
import { reasonFor } from "../charts/reason.ts";
import { StarRating } from "../charts/StarRating.tsx";
import { FailureNote } from "../panels/FailureNote.tsx";
import styles from "./Gallery.module.css";
import { LabCharts } from "./LabCharts.tsx";
import { TasteCharts } from "./TasteCharts.tsx";
import { WhyCharts } from "./WhyCharts.tsx";

const history = [3, 4, 0, 7, 8, 5].map(itemId);
const recommendation = fixtureRecommendation(history, history, 10);
const candidates = recommendation.ranked.map(({ item }) => item);
const matrix = fixtureMatrix(history, candidates);
const prompt = fixturePrompt(history.slice(0, 3), candidates);

/** Every chart in every state, from the fixtures of the tests. */
export function Gallery(): JSX.Element {
  const { t } = useTranslation();
  const [rating, setRating] = useState<number | null>(3.5);
  return (
    <main className={styles["gallery"]}>
      <h1>{t("gallery.heading")}</h1>
      <p>
        {t("gallery.intro")} <a href="./">{t("gallery.back")}</a>
      </p>
      <h2>{t("gallery.heatmapWhole")}</h2>
      <MatrixChart matrix={matrix} busy={false} />
      <EffectTable {...drawn(matrix)} />
      <h2>{t("gallery.heatmapRunning")}</h2>
      <MatrixChart matrix={{ ...matrix, rows: matrix.rows.slice(0, 2) }} busy={true} />
      <h2>{t("gallery.heatmapOne")}</h2>
      <MatrixChart matrix={fixtureMatrix(history.slice(0, 1), candidates)} busy={false} />
      <h2>{t("gallery.heatmapFlat")}</h2>
      <MatrixChart
        matrix={{
          ...matrix,
          rows: matrix.rows.map((row) => ({
            ...row,
            deltaNats: row.deltaNats.map(() => 0),
            deltaProbability: row.deltaNats.map(() => 0),
          })),
        }}
        busy={false}
      />
      <h2>{t("gallery.legend")}</h2>
      <HeatLegend end={0.5} />
      <HeatLegend end={4} />
      <WhyCharts />
      <LabCharts />
      <TasteCharts />
      <h2>{t("gallery.ranking")}</h2>
      <RankedList
        ranked={recommendation.ranked}
        films={fixtureFilmsByItem}
        reasons={candidates.map((_, i) => (i === 9 ? null : reasonFor(matrix.rows, i)))}
        personal={true}
      />
      <h2>{t("gallery.gate")}</h2>
      <div className={styles["row"]}>
        <GateBars gate={[0.62, 1.71, 0.48, 1.19]} />
        <GateBars gate={[1, 1, 1, 1]} />
        <GateBars gate={[0.02, 0.03, 3.9, 0.05]} />
      </div>
      <h2>{t("gallery.prompt")}</h2>
      <PromptTokens label={t("prompt.prefix")} slots={prompt.prefix} films={fixtureFilmsByItem} />
      <PromptTokens
        label={t("prompt.branchHeading")}
        slots={[
          ...(prompt.branches[0]?.slots ?? []),
          { kind: "behaviour", item: null, event: null, norm: 1.2 },
        ]}
        films={fixtureFilmsByItem}
      />
      <h2>{t("gallery.ratings")}</h2>
      <div className={styles["row"]}>
        <StarRating title="Alien" rating={rating} onRate={setRating} />
        <StarRating title="Brazil" rating={null} onRate={setRating} />
        <StarRating title="Memento" rating={5} onRate={setRating} />
      </div>
      <h2>{t("gallery.posters")}</h2>
      <ul className={styles["posters"]}>
        {fixtureFilms.map((film) => (
          <li key={film.id}>
            <Poster film={film} size="sheet" />
            <Poster film={film} size="stamp" />
          </li>
        ))}
      </ul>
      <h2>{t("gallery.failures")}</h2>
      <div className={styles["failures"]}>
        {fixtureFailures.map((failure) => (
          <FailureNote key={failure.kind} failure={failure} />
        ))}
      </div>
    </main>
  );
}

function drawn(whole: EffectMatrix) {
  const end = heatEnd(whole.rows.flatMap(({ deltaNats }) => deltaNats));
  const film = (item: (typeof candidates)[number]) => present(fixtureFilmsByItem.get(item), "film");
  return {
    causes: whole.history.map(film),
    targets: whole.candidates.map(film),
    cells: heatCells(whole.rows, [...whole.history.keys()], whole.candidates.length, end),
  };
}

function MatrixChart({
  matrix: whole,
  busy,
}: {
  readonly matrix: EffectMatrix;
  readonly busy: boolean;
}): JSX.Element {
  return <Heatmap {...drawn(whole)} busy={busy} />;
}
