import type { JSX } from "react";
import { useTranslation } from "react-i18next";
import { IGNORED_AFTER_MS } from "../../../adapt/exploration-slot.ts";
import { MOST_PLACES } from "../../../adapt/log-row.ts";
import { Toggle } from "../../charts/Toggle.tsx";
import { useFormats } from "../../i18n/use-formats.ts";
import { useLearning, useLearningIntentions } from "../../learning-context.tsx";
import { epsilonShares } from "../epsilon-shares.ts";
import { PageSection } from "../PageSection.tsx";
import styles from "./Learn.module.css";

/** What goes on with the films that chance picks, and how much of it. */
export function DoingSection(): JSX.Element {
  const { t } = useTranslation("learn");
  const formats = useFormats();
  const epsilon = useLearning((state) => state.epsilon);
  const { setEpsilon } = useLearningIntentions();
  const share = (value: number) => (value === 0 ? t("doing.none") : formats.percent(value));
  return (
    <PageSection id="learn-doing" heading={t("doing.heading")}>
      {epsilon === 0 ? (
        <p className={styles["lead"]}>{t("doing.off")}</p>
      ) : (
        <ul className={styles["sentences"]}>
          <li>{t("doing.pick", { places: formats.whole(MOST_PLACES), share: formats.percent(epsilon) })}</li>
          <li>{t("doing.log", { seconds: formats.whole(IGNORED_AFTER_MS / 1000) })}</li>
          <li>{t("doing.learn")}</li>
        </ul>
      )}
      <div className={styles["part"]}>
        <Toggle
          label={t("doing.choose")}
          value={`${epsilon}`}
          options={epsilonShares(epsilon).map((value) => [`${value}`, share(value)] as const)}
          onChoose={(value) => setEpsilon(Number(value))}
        />
        <p className={styles["quiet"]}>{t("doing.more")}</p>
      </div>
    </PageSection>
  );
}
