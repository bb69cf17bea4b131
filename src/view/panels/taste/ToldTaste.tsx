import { type JSX, useMemo } from "react";
import { useTranslation } from "react-i18next";
import { promptTitles } from "../../../prompt/build-prompt.ts";
import { BEHAVIOUR_MARK, toldText } from "../../../prompt/told-text.ts";
import { PIECES_OF, toldBy } from "../../../scores/told.ts";
import type { FilmIndex } from "../../../state/film-index.ts";
import type { ReadTaste } from "../../../state/taste-state.ts";
import type { TasteSpace } from "../../../worker/taste-protocol.ts";
import { Rankings } from "../../charts/Rankings.tsx";
import { useApp } from "../../store-context.tsx";
import { Button } from "../Button.tsx";
import { FailureNote } from "../FailureNote.tsx";
import { PageSection } from "../PageSection.tsx";
import styles from "./ToldTaste.module.css";
import { useTaste, useTasteIntentions } from "./taste-context.tsx";

const conditionings = ["none", "ica", "pba"] as const;
/** Places of each ranking that are shown. */
const TOP = 10;

/** The very words that a prompt would be told, by either conditioning; and where the pack reads them, what it ranks then. */
export function ToldTaste({
  reading,
  films,
}: {
  readonly reading: ReadTaste;
  readonly films: FilmIndex;
}): JSX.Element | null {
  const { t } = useTranslation("taste");
  const space = useTaste((state) => state.space);
  if (space.phase !== "ready") return null;
  const { pieces = [] } = space.space.prompt;
  const reads = (conditioning: (typeof conditionings)[number]) =>
    PIECES_OF[conditioning].every((piece) => pieces.includes(piece));
  return (
    <PageSection id="taste-told" gap="tight" heading={t("told.heading")} lead={t("told.lead")}>
      <p className={styles["note"]}>
        {t(
          pieces.length === 0
            ? "told.untrained"
            : conditionings.every(reads)
              ? "told.trained"
              : reads("pba")
                ? "told.trainedPersona"
                : "told.trainedExamples",
        )}
      </p>
      <Boxes reading={reading} films={films} space={space.space} />
      {pieces.length > 0 && <ThreeRankings films={films} />}
    </PageSection>
  );
}

function Boxes({
  reading,
  films,
  space: { prompt },
}: {
  readonly reading: ReadTaste;
  readonly films: FilmIndex;
  readonly space: TasteSpace;
}): JSX.Element {
  const { t } = useTranslation("taste");
  const titles = useMemo(() => promptTitles(films.films, prompt.year), [films, prompt.year]);
  const named = (items: readonly number[]) => items.map((item) => titles[item] ?? `#${item}`);
  return (
    <>
      <div className={styles["boxes"]}>
        {conditionings.map((conditioning) => {
          const { persona, examples } = toldBy(conditioning, reading, reading.opinions);
          const text = toldText({
            likes: persona?.likes ?? [],
            dislikes: persona?.dislikes ?? [],
            liked: named(examples?.liked ?? []),
            disliked: named(examples?.disliked ?? []),
          });
          return (
            <figure key={conditioning} className={styles["box"]} data-conditioning={conditioning}>
              <figcaption>
                <strong>{t(`told.${conditioning}`)}</strong>
                <span>{t(`told.${conditioning}Help`)}</span>
              </figcaption>
              {text === "" ? (
                <p className={styles["silent"]}>{t("told.silent")}</p>
              ) : (
                <pre lang="en">{text}</pre>
              )}
            </figure>
          );
        })}
      </div>
      <p className={styles["note"]}>
        {t("told.marks", { mark: BEHAVIOUR_MARK, tokens: prompt.maxTitleTokens })}
      </p>
    </>
  );
}

/** The same slate as the model ranks it, told nothing, examples, the persona. */
function ThreeRankings({ films }: { readonly films: FilmIndex }): JSX.Element {
  const { t } = useTranslation("taste");
  const { tell } = useTasteIntentions();
  const told = useTaste((state) => state.told);
  const ready = useApp((state) => state.engine.phase === "ready");
  const plain = told.phase === "ready" ? (told.rankings[0]?.ranked ?? []) : [];
  return (
    <>
      <div>
        <Button disabled={!ready || told.phase === "computing"} onClick={() => void tell()}>
          {t("told.rank")}
        </Button>
      </div>
      <p role="status" className={styles["note"]}>
        {!ready
          ? t("two.waiting")
          : told.phase === "computing"
            ? t("told.ranking")
            : told.phase === "ready" && t("told.ranked")}
      </p>
      {told.phase === "failed" && <FailureNote failure={told.failure} />}
      {told.phase === "ready" && (
        <Rankings
          rankings={told.rankings.map(({ conditioning, ranked }) => ({
            key: conditioning,
            title: t(`told.${conditioning}`),
            order: ranked.map(({ item, shown }) => ({ item, figure: shown })),
          }))}
          than={plain}
          figureIs={t("column.score")}
          films={films.byItem}
          top={TOP}
        />
      )}
    </>
  );
}
