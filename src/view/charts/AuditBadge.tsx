import type { JSX } from "react";
import { useTranslation } from "react-i18next";
import { useFormats } from "../i18n/use-formats.ts";
import styles from "./AuditBadge.module.css";
import { type AuditView, auditFailures, auditLine } from "./audit-view.ts";
import { Disclosure } from "./Disclosure.tsx";
import { ProgressBar } from "./ProgressBar.tsx";
import { SentenceGap } from "./SentenceGap.tsx";

export type AuditBadgeProps =
  /** Runs of the model done, of how many. */
  | { readonly phase: "running"; readonly done: number; readonly total: number }
  /** `open` shows the checks at once; they are folded away otherwise. */
  | { readonly phase: "done"; readonly audit: AuditView; readonly open?: boolean };

/** Whether a map holds up, in words; on demand each check with its figure, its bound and its result. */
export function AuditBadge(props: AuditBadgeProps): JSX.Element {
  const { t } = useTranslation();
  const formats = useFormats();
  if (props.phase === "running")
    return (
      <div className={styles["badge"]}>
        <p className={styles["verdict"]}>
          {t("audit.running", { done: formats.whole(props.done), total: formats.whole(props.total) })}
        </p>
        <ProgressBar label={t("audit.progressLabel")} done={props.done} total={props.total} />
      </div>
    );
  return <Finding audit={props.audit} open={props.open ?? false} />;
}

function Finding({ audit, open }: { readonly audit: AuditView; readonly open: boolean }): JSX.Element {
  const { t } = useTranslation();
  const formats = useFormats();
  const failures = auditFailures(t, formats, audit);
  const passed = audit.checks.filter((check) => check.passed).length;
  return (
    <div className={styles["badge"]} data-passed={audit.passed}>
      <p className={styles["verdict"]}>
        <span className={styles["mark"]} aria-hidden="true">
          {audit.checks.length === 0 ? "·" : audit.passed ? "✓" : "✕"}
        </span>
        <span>
          <strong>
            {t(audit.checks.length === 0 ? "audit.untested" : audit.passed ? "audit.holds" : "audit.fails")}
          </strong>
          <SentenceGap />
          {audit.passed
            ? audit.checks.length > 0 && t("audit.count", { passed, count: audit.checks.length })
            : failures.map((failure, i) => (
                <span key={failure}>
                  {i > 0 && <SentenceGap />}
                  {failure}
                </span>
              ))}
        </span>
      </p>
      <Disclosure summary={t("audit.how")} open={open}>
        <ul className={styles["checks"]}>
          {audit.checks.map((check) => (
            <li key={check.name} data-passed={check.passed}>
              <span className={styles["result"]}>
                <span aria-hidden="true">{check.passed ? "✓" : "✕"}</span>{" "}
                {t(check.passed ? "audit.passed" : "audit.failed")}
              </span>
              <span>
                <strong>{t(`audit.name.${check.name}`)}</strong>
                <SentenceGap />
                {auditLine(t, formats, audit, check)}
              </span>
            </li>
          ))}
          {!audit.completeness.expected && (
            <li>
              <span className={styles["result"]}>
                <span aria-hidden="true">·</span> {t("audit.noted")}
              </span>
              <span>
                <strong>{t("audit.name.completeness")}</strong>
                <SentenceGap />
                {t("audit.residual", {
                  value: formats.precise(Math.max(0, ...audit.completeness.error.map(Math.abs))),
                })}
              </span>
            </li>
          )}
        </ul>
        <p className={styles["effort"]}>
          {t("audit.effort", {
            passes: formats.whole(audit.forwardPasses),
            seconds: formats.decimal(audit.milliseconds / 1000),
          })}
        </p>
      </Disclosure>
    </div>
  );
}
