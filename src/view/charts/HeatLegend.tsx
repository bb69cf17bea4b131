import type { JSX } from "react";
import { useTranslation } from "react-i18next";
import { useFormats } from "../i18n/use-formats.ts";
import styles from "./HeatLegend.module.css";
import { heatColour, shadeNats } from "./heat-scale.ts";

const shades = [-1, -0.75, -0.5, -0.25, 0, 0.25, 0.5, 0.75, 1];

/** The colour scale from `-end` over zero to `end` nats, and what a sign means. */
export function HeatLegend({ end }: { readonly end: number }): JSX.Element {
  const { t } = useTranslation();
  const formats = useFormats();
  return (
    <figure className={styles["legend"]}>
      <div
        className={styles["scale"]}
        role="img"
        aria-label={t("effects.legendLabel", { low: formats.nats(-end), high: formats.nats(end) })}
      >
        <span className={styles["side"]}>− {t("effects.legendAgainst")}</span>
        <span className={styles["steps"]}>
          {shades.map((shade) => {
            const { light, dark } = heatColour(shade);
            return (
              <span
                key={shade}
                className={styles["step"]}
                style={{
                  backgroundColor: `light-dark(${light.background}, ${dark.background})`,
                  color: `light-dark(${light.ink}, ${dark.ink})`,
                }}
              >
                {shade % 0.5 === 0 ? formats.nats(shadeNats(shade, end)) : ""}
              </span>
            );
          })}
        </span>
        <span className={styles["side"]}>+ {t("effects.legendFor")}</span>
      </div>
      <figcaption>{t("effects.legend")}</figcaption>
    </figure>
  );
}
