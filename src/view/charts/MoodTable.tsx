import type { JSX, ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { WorldFilm } from "../../adapt/lab/worlds.ts";
import { useFormats } from "../i18n/use-formats.ts";
import styles from "./MoodTable.module.css";
import { CHANCES } from "./plain-scale.ts";
import { ScaleLabels } from "./ScaleLabels.tsx";

export interface MoodRow extends WorldFilm {
  readonly key: string;
  readonly name: ReactNode;
}

const glyphs = { "1": "▲", "0": "·", "-1": "▼" } as const;
const sides = { "1": "good", "0": "neither", "-1": "bad" } as const;

/** The films of a world of moods: how often each is picked and liked. `revealed` tells the moods apart, and what would be liked without them. */
export function MoodTable({
  rows,
  revealed,
}: {
  readonly rows: readonly MoodRow[];
  readonly revealed: boolean;
}): JSX.Element {
  const { t } = useTranslation("lab");
  const formats = useFormats();
  const most = Math.max(...rows.flatMap(({ chosenInGood, chosenInBad }) => [chosenInGood, chosenInBad]));
  return (
    <table className={styles["moods"]}>
      <caption className="visually-hidden">{t("world.table")}</caption>
      <thead>
        <tr>
          <th scope="col">{t("world.film")}</th>
          <th scope="col">
            {t("world.picked")}
            {revealed && (
              <span className={styles["keys"]}>
                <span className={styles["good"]}>{t("world.pickedGood")}</span>
                <span className={styles["bad"]}>{t("world.pickedBad")}</span>
              </span>
            )}
          </th>
          <th scope="col">
            {t("world.liked")}
            <span className={styles["keys"]}>
              <span className={styles["hollow"]}>{t("world.likedPicked")}</span>
              {revealed && <span className={styles["full"]}>{t("world.likedDrawn")}</span>}
            </span>
            <ScaleLabels scale={CHANCES} write={formats.decimal} />
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.map(({ key, name, side, chosenInGood, chosenInBad, likedWhenChosen, likedWhenDrawn }) => (
          <tr key={key}>
            <th scope="row">
              {revealed && (
                <>
                  <span aria-hidden="true" className={styles["side"]}>
                    {glyphs[side]}
                  </span>
                  <span className="visually-hidden">{t(`world.${sides[side]}`)}: </span>
                </>
              )}
              {name}
            </th>
            <td>
              {revealed ? (
                <>
                  <Share value={chosenInGood} most={most} look="good" name={t("world.pickedGood")} />
                  <Share value={chosenInBad} most={most} look="bad" name={t("world.pickedBad")} />
                </>
              ) : (
                <Share value={(chosenInGood + chosenInBad) / 2} most={most} look="good" name={null} />
              )}
            </td>
            <td>
              <span className={styles["numbers"]}>
                <Named name={revealed ? t("world.likedPicked") : null}>
                  {formats.figure(likedWhenChosen)}
                </Named>
                {revealed && (
                  <>
                    <span aria-hidden="true"> → </span>
                    <Named name={t("world.likedDrawn")}>
                      <b>{formats.figure(likedWhenDrawn)}</b>
                    </Named>
                  </>
                )}
              </span>
              <Gap said={likedWhenChosen} truth={revealed ? likedWhenDrawn : null} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Numbers that stand side by side are told apart by ear too. */
function Named({
  name,
  children,
}: {
  readonly name: string | null;
  readonly children: ReactNode;
}): JSX.Element {
  return (
    <>
      {name !== null && <span className="visually-hidden">{name}: </span>}
      {children}
    </>
  );
}

function Share({
  value,
  most,
  look,
  name,
}: {
  readonly value: number;
  readonly most: number;
  readonly look: "good" | "bad";
  readonly name: string | null;
}): JSX.Element {
  const formats = useFormats();
  return (
    <span className={styles["share"]}>
      <span className={styles["track"]} aria-hidden="true">
        <span data-look={look} style={{ inlineSize: `${(100 * value) / most}%` }} />
      </span>
      <span>
        <Named name={name}>{formats.percent(value)}</Named>
      </span>
    </span>
  );
}

/** Decoration: the numbers stand above it. */
function Gap({ said, truth }: { readonly said: number; readonly truth: number | null }): JSX.Element {
  const x = (value: number) => `${CHANCES.place(value)}%`;
  return (
    <svg className={styles["gap"]} aria-hidden="true" focusable="false">
      <line className={styles["base"]} x1="0%" x2="100%" y1="50%" y2="50%" />
      {truth !== null && (
        <>
          <line className={styles["from"]} x1={x(said)} x2={x(truth)} y1="50%" y2="50%" />
          <circle className={styles["truth"]} cx={x(truth)} cy="50%" r="4.5" />
        </>
      )}
      <circle className={styles["said"]} cx={x(said)} cy="50%" r="4.5" />
    </svg>
  );
}
