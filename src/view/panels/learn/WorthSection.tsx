import { type JSX, useEffect } from "react";
import { useTranslation } from "react-i18next";
import { currentVersion } from "../../../adapt/versions.ts";
import {
  DEFAULT_SETTINGS,
  type EstimateNote,
  type OffPolicyReport,
} from "../../../evaluate/off-policy/report.ts";
import { Disclosure } from "../../charts/Disclosure.tsx";
import { IntervalTable } from "../../charts/IntervalTable.tsx";
import { SentenceGap } from "../../charts/SentenceGap.tsx";
import { useFormats } from "../../i18n/use-formats.ts";
import { useLearning, useLearningIntentions } from "../../learning-context.tsx";
import { Button } from "../Button.tsx";
import { FailureNote } from "../FailureNote.tsx";
import { PageSection } from "../PageSection.tsx";
import styles from "./Learn.module.css";
import { moreRounds } from "./log-view.ts";

/** What the policies are worth by every estimator, or how much is missing to say it. `usable`: rounds that can be learned from. */
export function WorthSection({ usable }: { readonly usable: number }): JSX.Element {
  const { t } = useTranslation("learn");
  const values = useLearning((state) => state.values);
  const versions = useLearning((state) => state.versions);
  const rows = useLearning((state) => state.rows);
  const { value } = useLearningIntentions();
  const { phase } = values;
  // It is the worker's work, and takes less than a second.
  useEffect(() => {
    if (phase === "none" && usable > 0) void value();
  }, [phase, usable, value]);
  const record = currentVersion(versions);
  const taught =
    record === null
      ? 0
      : rows.filter(({ row }) => row.source === "slot" && row.y !== null && row.t <= record.acceptedAt)
          .length;
  const most = values.phase === "made" ? greatest([values.values.trained, values.values.current]) : null;
  return (
    <PageSection id="learn-worth" heading={t("worth.heading")} lead={t("worth.lead")}>
      <p className={styles["status"]} role="status">
        {phase === "computing" && t("worth.computing")}
      </p>
      {values.phase === "failed" && (
        <FailureNote failure={values.failure}>
          <Button onClick={() => void value()}>{t("worth.again")}</Button>
        </FailureNote>
      )}
      {values.phase === "made" && (
        <>
          <p className={styles["quiet"]}>
            {t("worth.from", { count: values.rounds })}
            {usable > values.rounds && (
              <>
                <SentenceGap />
                {t("worth.stale", { count: usable - values.rounds })}
              </>
            )}
          </p>
          <div className={styles["pair"]}>
            <PolicyWorth title={t("worth.trained")} report={values.values.trained} most={most} />
            {values.values.current !== null && record !== null && (
              <PolicyWorth
                title={t("worth.current", { version: record.version })}
                report={values.values.current}
                most={most}
                taught={taught === 0 ? null : t("worth.insample", { count: taught, version: record.version })}
              />
            )}
          </div>
          <Disclosure summary={t("worth.define")}>
            <div className={styles["definition"]}>
              <p>{t("worth.defineWeights", { clip: DEFAULT_SETTINGS.clip })}</p>
              <p>{t("worth.defineModel")}</p>
              <p>{t("worth.defineInterval")}</p>
            </div>
          </Disclosure>
          {usable > values.rounds && (
            <div>
              <Button onClick={() => void value()}>{t("worth.again")}</Button>
            </div>
          )}
        </>
      )}
    </PageSection>
  );
}

/** The upper end of all intervals, so that two policies stand on one axis; null where there is none. */
function greatest(reports: readonly (OffPolicyReport | null)[]): number | null {
  const ends = reports.flatMap((report) =>
    report?.kind === "estimated" ? report.estimates.map(({ interval }) => interval.high) : [],
  );
  return ends.length === 0 ? null : Math.max(...ends);
}

/** One policy; `most` is the right end of its axis. `taught`: what its own lessons among the rounds do to its value. */
function PolicyWorth({
  title,
  report,
  most,
  taught = null,
}: {
  readonly title: string;
  readonly report: OffPolicyReport;
  readonly most: number | null;
  readonly taught?: string | null;
}): JSX.Element {
  const { t } = useTranslation("learn");
  const formats = useFormats();
  const { n, effectiveSize } = report.overlap;
  return (
    <div className={styles["part"]}>
      {report.kind === "not-enough-data" ? (
        <>
          <h3>{title}</h3>
          <p className={styles["lead"]}>
            {t("worth.tooFew", {
              effective: formats.precise(effectiveSize),
              least: formats.whole(report.leastEffectiveSize),
              count: moreRounds(n, effectiveSize, report.leastEffectiveSize),
            })}
          </p>
        </>
      ) : (
        <>
          <IntervalTable
            title={title}
            rowsAre={t("worth.estimator")}
            form="value"
            rows={report.estimates.map(({ name, value, interval, notes }) => ({
              key: name,
              label: name,
              note: [t(`worth.name.${name}`), ...notes.map((note) => noteWords(t, formats, note))].join("; "),
              kind: "interval",
              value,
              low: interval.low,
              high: interval.high,
              n,
              users: null,
              bar: null,
            }))}
            most={most}
          >
            {null}
          </IntervalTable>
          {taught !== null && <p className={styles["quiet"]}>{taught}</p>}
        </>
      )}
      <Overlap report={report} />
    </div>
  );
}

function noteWords(
  t: ReturnType<typeof useTranslation<"learn">>["t"],
  formats: ReturnType<typeof useFormats>,
  note: EstimateNote,
): string {
  switch (note.kind) {
    case "clipped":
      return t("worth.note.clipped", {
        share: formats.percent(note.share),
        bias: formats.signedFigure(note.bias),
      });
    case "switched":
      return t("worth.note.switched", { share: formats.percent(note.share) });
    case "uncovered":
      return t("worth.note.uncovered", { mass: formats.percent(note.mass) });
    case "shrunk":
    case "model-only":
      return t(`worth.note.${note.kind}`);
    default:
      return note satisfies never;
  }
}

/** How much the log can say of a policy. */
function Overlap({ report: { overlap } }: { readonly report: OffPolicyReport }): JSX.Element {
  const { t } = useTranslation("learn");
  const formats = useFormats();
  const facts = [
    ["effective", formats.precise(overlap.effectiveSize)],
    ["largest", formats.precise(overlap.largestWeight)],
    ["meanWeight", formats.decimal(overlap.meanWeight)],
    ["clipped", formats.percent(overlap.clippedShare)],
    ["overlap", formats.percent(overlap.uncoveredMass)],
  ] as const;
  return (
    <dl className={styles["facts"]}>
      {facts.map(([fact, value]) => (
        <div key={fact}>
          <dt>{t(`worth.${fact}`, { clip: DEFAULT_SETTINGS.clip })}</dt>
          <dd>{value}</dd>
          <dd>{t(`worth.${fact}Help`)}</dd>
        </div>
      ))}
    </dl>
  );
}
