import type { JSX } from "react";
import { useTranslation } from "react-i18next";
import type { ItemId } from "../../../core/ids.ts";
import type { Film } from "../../../model/film.ts";
import type { DirectionState } from "../../../persona/persona.ts";
import type { TasteStance } from "../../../state/taste-state.ts";
import { DirectionBar } from "../../charts/DirectionBar.tsx";
import { Disclosure } from "../../charts/Disclosure.tsx";
import type { DirectionRow, Lean } from "../../charts/direction-rows.ts";
import { SupportTable } from "../../charts/SupportTable.tsx";
import { WordOptions } from "../../charts/Toggle.tsx";
import { toLanguage } from "../../i18n/language.ts";
import { useFormats } from "../../i18n/use-formats.ts";
import { Button } from "../Button.tsx";
import styles from "./DirectionEntry.module.css";
import { useTasteIntentions } from "./taste-context.tsx";

/** What a side looks like without its colour. */
const glyphs = {
  for: "▲",
  "leans-for": "△",
  neutral: "◇",
  "leans-against": "▽",
  against: "▼",
} as const satisfies Record<Lean, string>;

const states = ["against", "neutral", "for"] as const;

/** One direction: name and meaning, where it stands and how sure that is, what the person decides, and the films behind it. */
export function DirectionEntry({
  row,
  end,
  films,
}: {
  readonly row: TasteStance & DirectionRow;
  readonly end: number;
  readonly films: ReadonlyMap<ItemId, Film>;
}): JSX.Element {
  const { t, i18n } = useTranslation("taste");
  const formats = useFormats();
  const { decide, lock } = useTasteIntentions();
  const { direction, lean, state, probability, override, support, rest, value } = row;
  const language = toLanguage(i18n.language);
  const name = direction.name[language];
  const choose = (next: DirectionState | "ratings") =>
    void decide(direction.id, next === "ratings" ? null : next);
  return (
    <li className={styles["entry"]} data-direction={direction.id} data-state={state}>
      <div className={styles["what"]}>
        <h3>{name}</h3>
        <p>{direction.definition[language]}</p>
      </div>
      <div className={styles["chart"]}>
        <DirectionBar row={row} end={end} />
      </div>
      <p className={styles["stance"]}>
        <span className={styles["lean"]}>
          <span aria-hidden="true">{glyphs[lean]}</span> {t(`lean.${lean}`)}
        </span>
        <span className={styles["chance"]}>
          {t("directions.chance", { chance: formats.percent(probability) })}
        </span>
        {override !== null && <span className={styles["chance"]}>{t(`decided.${override.by}`)}</span>}
      </p>
      <div className={styles["decide"]}>
        <WordOptions<DirectionState | "ratings">
          value={override?.state ?? "ratings"}
          options={[
            ["ratings", t("decide.ratings")],
            ...states.map((each) => [each, t(`lean.${each}`)] as const),
          ]}
          aria-label={t("decide.label", { direction: name })}
          onChoose={choose}
        />
        {override === null && (
          <Button
            look="line"
            aria-label={t("decide.lockLabel", { direction: name, state: t(`lean.${state}`) })}
            onClick={() => void lock(direction.id)}
          >
            {t("decide.lock")}
          </Button>
        )}
      </div>
      {support.length > 0 && (
        <div className={styles["why"]}>
          <Disclosure summary={t("directions.why", { direction: name })}>
            <SupportTable
              caption={t("directions.why", { direction: name })}
              support={support}
              rest={rest}
              value={value}
              films={films}
            />
          </Disclosure>
        </div>
      )}
    </li>
  );
}
