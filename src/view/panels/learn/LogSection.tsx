import { type JSX, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { IGNORED_AFTER_MS } from "../../../adapt/exploration-slot.ts";
import { useFormats } from "../../i18n/use-formats.ts";
import { useLearning, useLearningIntentions } from "../../learning-context.tsx";
import { Button } from "../Button.tsx";
import { PageSection } from "../PageSection.tsx";
import { saveFile } from "../save-file.ts";
import styles from "./Learn.module.css";
import { LogTable } from "./LogTable.tsx";
import { drawsUnlikeTheirSeed, type LogTally } from "./log-view.ts";

/** Counters that are named; the rest are counted. */
const NAMED = 10;

/** The log: what it holds, whether its draws are what they say, and the ways out. `onErased` is called once nothing of it is left. */
export function LogSection({
  tally,
  onErased,
}: {
  readonly tally: LogTally;
  readonly onErased: () => void;
}): JSX.Element {
  const { t } = useTranslation("learn");
  const formats = useFormats();
  const rows = useLearning((state) => state.rows);
  const unreadable = useLearning((state) => state.unreadable);
  const { exportLog } = useLearningIntentions();
  const counts = [
    ["rows", tally.rows],
    ["liked", tally.reactions.liked],
    ["dismissed", tally.reactions.dismissed],
    ["passed", tally.reactions.passed],
    ["waiting", tally.reactions.waiting],
    ["observed", tally.observed],
    ["unreadable", unreadable],
  ] as const;
  return (
    <PageSection id="learn-shown" heading={t("shown.heading")} lead={t("shown.lead")}>
      <div className={styles["part"]}>
        <h3>{t("shown.counts.label")}</h3>
        <dl className={styles["counts"]}>
          {counts
            .filter(([kind, count]) => count > 0 || (kind !== "observed" && kind !== "unreadable"))
            .map(([kind, count]) => (
              <div key={kind}>
                <dt>{t(`shown.counts.${kind}`)}</dt>
                <dd>{formats.whole(count)}</dd>
              </div>
            ))}
        </dl>
        <p className={styles["quiet"]}>
          {t("shown.passedHelp", { seconds: formats.whole(IGNORED_AFTER_MS / 1000) })}
        </p>
      </div>
      {rows.length > 0 && <LogTable rows={rows} />}
      <DrawAudit drawn={tally.drawn} />
      <div className={styles["tools"]}>
        <Button
          onClick={async () => {
            const lines = await exportLog();
            if (lines !== null) saveFile("becausal-log.jsonl", lines, "application/x-ndjson");
          }}
        >
          {t("shown.export")}
        </Button>
        <Erase count={tally.rows + unreadable} onErased={onErased} />
      </div>
    </PageSection>
  );
}

/** Draws every row again, from seed and counter. */
function DrawAudit({ drawn }: { readonly drawn: number }): JSX.Element {
  const { t } = useTranslation("learn");
  const formats = useFormats();
  const rows = useLearning((state) => state.rows);
  const wrong = useMemo(() => drawsUnlikeTheirSeed(rows), [rows]);
  if (drawn === 0) return <p className={styles["quiet"]}>{t("shown.auditNone")}</p>;
  const holds = wrong.length === 0;
  const named = wrong.slice(0, NAMED).map(formats.whole).join(", ");
  return (
    <p className={styles["audit"]} data-holds={holds} role="status">
      <span aria-hidden="true">{holds ? "✓ " : "✕ "}</span>
      {holds
        ? t("shown.auditHolds", { count: drawn })
        : t("shown.auditFails", {
            count: drawn,
            wrong: formats.whole(wrong.length),
            counters: wrong.length > NAMED ? `${named}, …` : named,
          })}
    </p>
  );
}

/** As a stable ref it is called once, when the element comes. */
function focusOn(element: HTMLElement | null): void {
  element?.focus();
}

/** Asks once more before anything is lost. */
function Erase({ count, onErased }: { readonly count: number; readonly onErased: () => void }): JSX.Element {
  const { t } = useTranslation("learn");
  const { erase } = useLearningIntentions();
  const [isAsking, setAsking] = useState(false);
  const opener = useRef<HTMLButtonElement>(null);
  const stop = () => {
    setAsking(false);
    requestAnimationFrame(() => opener.current?.focus());
  };
  if (!isAsking)
    return (
      <Button ref={opener} look="line" onClick={() => setAsking(true)}>
        {t("shown.erase")}
      </Button>
    );
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for what is filled in.
    <div
      role="group"
      aria-label={t("shown.erase")}
      className={styles["confirm"]}
      tabIndex={-1}
      ref={focusOn}
      onKeyDown={({ key }) => {
        if (key === "Escape") stop();
      }}
    >
      <p>{t("shown.confirm", { count })}</p>
      <div className={styles["tools"]}>
        <Button
          onClick={async () => {
            await erase();
            setAsking(false);
            onErased();
          }}
        >
          {t("shown.confirmYes")}
        </Button>
        <Button onClick={stop}>{t("shown.confirmNo")}</Button>
      </div>
    </div>
  );
}
