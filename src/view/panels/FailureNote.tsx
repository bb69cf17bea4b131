import type { JSX, ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { Failure } from "../../core/failure.ts";
import { SentenceGap } from "../charts/SentenceGap.tsx";
import { failureWords } from "../i18n/failure-words.ts";
import { useFormats } from "../i18n/use-formats.ts";
import { FailureDetail } from "./FailureDetail.tsx";
import styles from "./FailureNote.module.css";

/** What went wrong, that the history is safe, and what can be done about it (`children`: buttons). */
export function FailureNote({
  failure,
  children,
}: {
  readonly failure: Failure;
  readonly children?: ReactNode;
}): JSX.Element {
  const { t } = useTranslation();
  const formats = useFormats();
  return (
    <div className={styles["note"]} role="alert">
      <p className={styles["heading"]}>{t("failure.heading")}</p>
      <p>
        {failureWords(t, formats, failure)}
        <SentenceGap />
        {failure.kind !== "storage-failed" && t("failure.safe")}
      </p>
      <FailureDetail failure={failure} />
      {children !== undefined && <p className={styles["actions"]}>{children}</p>}
    </div>
  );
}
