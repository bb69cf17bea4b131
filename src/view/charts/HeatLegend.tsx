import type { JSX } from "react";
import { useTranslation } from "react-i18next";
import { useFormats } from "../i18n/use-formats.ts";
import styles from "./HeatLegend.module.css";
import { greyColour, heatColour, shadeNats, themedStyle } from "./heat-scale.ts";
import { SentenceGap } from "./SentenceGap.tsx";

const shades = [-1, -0.75, -0.5, -0.25, 0, 0.25, 0.5, 0.75, 1];

/** The effect and the chance the legend's example is made of. */
const EXAMPLE_NATS = 0.7;
const EXAMPLE_CHANCE = 0.1;

export interface HeatLegendProps {
  /** End of the colour scale, nats. */
  readonly end: number;
  /** False for a map that failed its audit: grey, like the map. */
  readonly trusted?: boolean;
  /** True where cells carry standard errors: says what their marks mean. */
  readonly estimated?: boolean;
}

/** The colour scale from `-end` over zero to `end` nats, and what a sign means in nats and in percentage points. */
export function HeatLegend({ end, trusted = true, estimated = false }: HeatLegendProps): JSX.Element {
  const { t } = useTranslation();
  const formats = useFormats();
  const example = (nats: number) => {
    const moved = movedChance(EXAMPLE_CHANCE, nats);
    return {
      nats: formats.nats(nats),
      from: formats.percent(EXAMPLE_CHANCE),
      to: formats.percent(moved),
      points: formats.points(moved - EXAMPLE_CHANCE),
    };
  };
  return (
    <figure className={styles["legend"]}>
      <div
        className={styles["scale"]}
        role="img"
        aria-label={t("effects.legendLabel", { low: formats.nats(-end), high: formats.nats(end) })}
      >
        <span className={styles["side"]}>− {t("effects.legendAgainst")}</span>
        <span className={styles["steps"]}>
          {shades.map((shade) => (
            <span
              key={shade}
              className={styles["step"]}
              style={themedStyle((trusted ? heatColour : greyColour)(shade))}
            >
              {shade % 0.5 === 0 ? formats.nats(shadeNats(shade, end)) : ""}
            </span>
          ))}
        </span>
        <span className={styles["side"]}>+ {t("effects.legendFor")}</span>
      </div>
      <figcaption>
        <p>
          {t("effects.legendPlus", example(EXAMPLE_NATS))}
          <SentenceGap />
          {t("effects.legendMinus", example(-EXAMPLE_NATS))}
          <SentenceGap />
          {t("effects.legendPoints")}
        </p>
        <p>
          {t("effects.legendColour")}
          {estimated && (
            <>
              <SentenceGap />
              {t("effects.legendError")}
            </>
          )}
        </p>
      </figcaption>
    </figure>
  );
}

/** A chance after its log-odds moved by `nats`, all else equal. */
function movedChance(chance: number, nats: number): number {
  const odds = (chance / (1 - chance)) * Math.exp(nats);
  return odds / (1 + odds);
}
