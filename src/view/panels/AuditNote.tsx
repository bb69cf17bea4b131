import type { JSX } from "react";
import { useTranslation } from "react-i18next";
import type { Explanation } from "../../state/explanation-state.ts";
import { AuditBadge } from "../charts/AuditBadge.tsx";
import { useApp, useIntentions } from "../store-context.tsx";
import { Button } from "./Button.tsx";
import styles from "./EffectsPanel.module.css";
import { FailureNote } from "./FailureNote.tsx";

/** Whether the map above holds up: being found out, found, stopped or failed. Nothing for a map that is not whole. */
export function AuditNote({ explanation }: { readonly explanation: Explanation }): JSX.Element {
  const { t } = useTranslation();
  const audit = useApp((state) => state.inquiries.audit);
  const { startAudit, stop } = useIntentions();
  const isOfThis = audit.phase !== "none" && audit.subject === explanation.matrix;
  const start = (
    <Button onClick={() => void startAudit()}>
      {t(audit.phase === "failed" ? "engine.again" : "audit.start")}
    </Button>
  );
  return (
    <div className={styles["audit"]} data-audit={isOfThis ? audit.phase : "none"}>
      {/* Heard when it is done; the steps in between are not worth an interruption. */}
      <p className="visually-hidden" aria-live="polite">
        {isOfThis && audit.phase === "done" && t(audit.result.passed ? "audit.holds" : "audit.fails")}
      </p>
      {isOfThis && audit.phase === "running" && (
        <>
          {audit.progress === null ? (
            <p className={styles["waiting"]}>{t("audit.waiting")}</p>
          ) : (
            <AuditBadge phase="running" {...audit.progress} />
          )}
          <Button look="line" onClick={() => stop("audit")}>
            {t("audit.stop")}
          </Button>
        </>
      )}
      {isOfThis && audit.phase === "done" && <AuditBadge phase="done" audit={audit.result} />}
      {isOfThis && audit.phase === "stopped" && (
        <>
          <p className={styles["waiting"]}>{t("audit.stopped")}</p>
          {start}
        </>
      )}
      {isOfThis && audit.phase === "failed" && <FailureNote failure={audit.failure}>{start}</FailureNote>}
    </div>
  );
}
