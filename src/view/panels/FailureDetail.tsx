import type { JSX } from "react";
import { useTranslation } from "react-i18next";
import type { Failure } from "../../core/failure.ts";
import { SentenceGap } from "../charts/SentenceGap.tsx";
import { failureDetail } from "../i18n/failure-words.ts";
import styles from "./FailureDetail.module.css";

/** The technical reason of a failure, marked as the English that it is; nothing where there is none. */
export function FailureDetail({ failure }: { readonly failure: Failure }): JSX.Element | null {
  const { t } = useTranslation();
  const detail = failureDetail(failure);
  if (detail === null) return null;
  return (
    <p className={styles["detail"]}>
      {t("failure.detail")}
      <SentenceGap />
      <span lang="en">{detail}</span>
    </p>
  );
}
