import { type JSX, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { MOVIE_WORLD_FILMS } from "../../../adapt/lab/movie-world.ts";
import { worldFilms, worldWith } from "../../../adapt/lab/worlds.ts";
import { FilmTitle } from "../../charts/FilmTitle.tsx";
import { MoodTable } from "../../charts/MoodTable.tsx";
import { Toggle } from "../../charts/Toggle.tsx";
import styles from "./LabPage.module.css";
import { LabStep } from "./LabStep.tsx";
import { useLab } from "./lab-context.tsx";

/** What is hidden: the same films with the mood and without it. */
export function WorldStep(): JSX.Element {
  const { t } = useTranslation("lab");
  const { world, moodOnChoice, moodOnLike } = useLab((state) => state.settings);
  const [isRevealed, setRevealed] = useState(false);
  const films = useMemo(
    () => worldFilms(worldWith(world, { moodOnChoice, moodOnLike })),
    [world, moodOnChoice, moodOnLike],
  );
  const told = moodOnChoice === 0 ? "still" : moodOnLike === 0 ? "even" : "revealed";
  return (
    <LabStep step="world" lead={t("world.lead")}>
      <div className={styles["part"]}>
        <Toggle
          label={t("world.reveal")}
          value={isRevealed ? "show" : "hide"}
          options={[
            ["hide", t("world.hide")],
            ["show", t("world.show")],
          ]}
          onChoose={(next) => setRevealed(next === "show")}
        />
        <p className={styles["told"]} role="status">
          {t(isRevealed ? `world.${told}` : "world.hidden")}
        </p>
        <MoodTable
          revealed={isRevealed}
          rows={films.map((film, i) => {
            const named = world === "movies" ? MOVIE_WORLD_FILMS[i] : undefined;
            return {
              ...film,
              key: `${i}`,
              name:
                named === undefined ? t("world.filmNumber", { number: i + 1 }) : <FilmTitle film={named} />,
            };
          })}
        />
        <p className={styles["note"]}>{t("world.made")}</p>
      </div>
    </LabStep>
  );
}
