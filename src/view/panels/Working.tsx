import type { JSX } from "react";
import { useTranslation } from "react-i18next";
import styles from "./LoadProgressBar.module.css";

/** A new answer is on its way; how long it takes is not known. */
export function Working(): JSX.Element {
  const { t } = useTranslation();
  return (
    <div className={styles["load"]}>
      <progress aria-label={t("lede.computing")} />
    </div>
  );
}
