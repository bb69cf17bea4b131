import { type JSX, useId } from "react";
import { useTranslation } from "react-i18next";
import { WORLD_NAMES } from "../../../adapt/lab/worlds.ts";
import { LAB_LIMITS, LAB_LOOKS } from "../../../worker/lab-protocol.ts";
import { NumberSlider } from "../../charts/NumberSlider.tsx";
import { ProgressBar } from "../../charts/ProgressBar.tsx";
import { Toggle } from "../../charts/Toggle.tsx";
import { useFormats } from "../../i18n/use-formats.ts";
import { Button } from "../Button.tsx";
import styles from "./LabControls.module.css";
import { useLab, useLabIntentions } from "./lab-context.tsx";

const sliders = [
  { name: "epsilon", step: 0.05, whole: false },
  { name: "rounds", step: 200, whole: true },
  { name: "moodOnChoice", step: 0.1, whole: false },
  { name: "moodOnLike", step: 0.1, whole: false },
] as const;

/** The world, the log's settings and its seed. Whatever is changed, a log of it follows at once. */
export function LabControls(): JSX.Element {
  const { t } = useTranslation("lab");
  const formats = useFormats();
  const id = useId();
  const settings = useLab((state) => state.settings);
  const run = useLab((state) => state.run);
  const isBusy = useLab(({ run, learning }) => run.phase === "running" || learning.phase === "running");
  const intentions = useLabIntentions();
  const between = ([least, most]: readonly [number, number]) =>
    t("controls.between", { least: formats.decimal(least), most: formats.decimal(most) });
  return (
    <section aria-labelledby={id} className={styles["controls"]}>
      <h2 id={id}>{t("controls.heading")}</h2>
      <Toggle
        label={t("controls.world")}
        value={settings.world}
        options={WORLD_NAMES.map((world) => [world, t(`controls.worlds.${world}`)])}
        onChoose={(world) => void intentions.reset(world)}
      />
      {sliders.map(({ name, step, whole }) => (
        <NumberSlider
          key={name}
          label={t(`controls.${name}`)}
          typedLabel={t("controls.typed", { label: t(`controls.${name}`) })}
          range={between(LAB_LIMITS[name])}
          value={settings[name]}
          limits={LAB_LIMITS[name]}
          step={step}
          whole={whole}
          onChange={(value) => void intentions.change({ [name]: value })}
        />
      ))}
      <p className={styles["actions"]}>
        <Button
          onClick={() =>
            void intentions.change({ seed: settings.seed < LAB_LIMITS.seed[1] ? settings.seed + 1 : 0 })
          }
        >
          {t("controls.another")}
        </Button>
        <span className={styles["seed"]}>
          {t("controls.seed")} {settings.seed}
        </span>
      </p>
      <p className={styles["actions"]}>
        {isBusy ? (
          <Button look="line" onClick={() => intentions.stop()}>
            {t("controls.stop")}
          </Button>
        ) : (
          <Button look="line" onClick={() => void intentions.run()}>
            {t("controls.run")}
          </Button>
        )}
        <Button look="line" onClick={() => void intentions.reset(settings.world)}>
          {t("controls.reset")}
        </Button>
      </p>
      <div className={styles["progress"]}>
        {run.phase === "running" && (
          <ProgressBar
            label={t("controls.growing", {
              rounds: formats.whole(run.points.at(-1)?.rounds ?? 0),
              total: formats.whole(settings.rounds),
            })}
            // All looks are those of the log before, which stand there until the first of the new one.
            done={run.points.length % LAB_LOOKS}
            total={LAB_LOOKS}
          />
        )}
      </div>
    </section>
  );
}
