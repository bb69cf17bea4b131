import type { JSX } from "react";
import { useTranslation } from "react-i18next";
import { ROADS, type Road } from "../../../evaluate/off-policy/tabular-estimates.ts";
import { LAB_POLICIES, type LabPolicy, type LabStudy } from "../../../worker/lab-protocol.ts";
import number from "../../charts/NumberTable.module.css";
import { ProgressBar } from "../../charts/ProgressBar.tsx";
import { WideTable } from "../../charts/WideTable.tsx";
import { useFormats } from "../../i18n/use-formats.ts";
import { Button } from "../Button.tsx";
import { FailureNote } from "../FailureNote.tsx";
import styles from "./LabPage.module.css";
import { LabStep } from "./LabStep.tsx";
import { useLab, useLabIntentions } from "./lab-context.tsx";

/** The estimates over many logs, on demand: what one log cannot show. */
export function LuckStep(): JSX.Element {
  const { t } = useTranslation("lab");
  const formats = useFormats();
  const work = useLab((state) => state.study);
  const { repeat, stop } = useLabIntentions();
  const { study, logs } = work;
  return (
    <LabStep step="luck" lead={t("luck.lead")}>
      <div className={styles["part"]}>
        {work.phase === "failed" && <FailureNote failure={work.failure} />}
        <p className={styles["actions"]}>
          {work.phase === "running" ? (
            <>
              <Button onClick={() => stop()}>{t("controls.stop")}</Button>
              <ProgressBar
                label={t("luck.progress", { done: study?.logs ?? 0, total: logs })}
                done={study?.logs ?? 0}
                total={logs}
              />
            </>
          ) : (
            <Button onClick={() => void repeat()}>
              {t(study === null ? "luck.start" : "luck.again", { logs: formats.whole(logs) })}
            </Button>
          )}
        </p>
        <p className={styles["told"]} role="status">
          {work.phase !== "running" && study !== null && <Summary study={study} />}
        </p>
        {study !== null && <StudyTable study={study} />}
        {study !== null && <Notes study={study} />}
      </div>
    </LabStep>
  );
}

function figuresOf(study: LabStudy, policy: LabPolicy, road: Road) {
  return study.figures[policy].find((each) => each.road === road)?.figures ?? null;
}

function Summary({ study }: { readonly study: LabStudy }): JSX.Element {
  const { t } = useTranslation("lab");
  const formats = useFormats();
  const naive = figuresOf(study, "mood", "naive");
  const cpo = figuresOf(study, "mood", "cpo-baseline");
  const share = (value: number | null | undefined) => formats.percent(value ?? 0);
  return (
    <>
      {t(cpo === null ? "luck.summaryRefused" : "luck.summary", {
        logs: formats.whole(study.logs),
        naive: share(study.rankedRight.naive),
        cpo: share(study.rankedRight["cpo-baseline"]),
        naiveCover: share(naive?.coverage),
        cpoCover: share(cpo?.coverage),
      })}
    </>
  );
}

function StudyTable({ study }: { readonly study: LabStudy }): JSX.Element {
  const { t } = useTranslation("lab");
  const formats = useFormats();
  return (
    <WideTable label={t("luck.table")}>
      <table className={`${number["table"]} ${styles["study"]}`}>
        <caption className="visually-hidden">{t("luck.table")}</caption>
        <thead>
          <tr>
            <th scope="col">{t("belief.method")}</th>
            <th scope="col">{t("luck.rankedRight")}</th>
            {LAB_POLICIES.flatMap((policy) =>
              (["bias", "sd", "coverage"] as const).map((figure) => (
                <th key={`${policy}-${figure}`} scope="col">
                  {t(`policy.${policy}`)}: {t(`luck.${figure}`)}
                </th>
              )),
            )}
          </tr>
        </thead>
        <tbody>
          {ROADS.map((road) => {
            const answered = Math.min(
              ...LAB_POLICIES.map(
                (policy) => study.figures[policy].find((each) => each.road === road)?.answered ?? 0,
              ),
            );
            const ranked = study.rankedRight[road];
            return (
              <tr key={road} data-road={road}>
                <th scope="row">
                  {t(`road.${road}`)}
                  {answered < study.logs && (
                    <span className={styles["answered"]}>
                      {t("luck.answered", { answered, logs: study.logs })}
                    </span>
                  )}
                </th>
                <td>
                  {ranked === null ? (
                    "–"
                  ) : (
                    <>
                      {formats.percent(ranked)}
                      <span className={styles["share"]} aria-hidden="true">
                        <span style={{ inlineSize: `${100 * ranked}%` }} />
                      </span>
                    </>
                  )}
                </td>
                {LAB_POLICIES.flatMap((policy) => {
                  const figures = figuresOf(study, policy, road);
                  return (["bias", "spread", "coverage"] as const).map((figure) => {
                    const write =
                      figure === "bias"
                        ? formats.signedFigure
                        : figure === "spread"
                          ? formats.figure
                          : formats.percent;
                    return (
                      <td key={`${policy}-${figure}`}>{figures === null ? "–" : write(figures[figure])}</td>
                    );
                  });
                })}
              </tr>
            );
          })}
        </tbody>
      </table>
    </WideTable>
  );
}

function Notes({ study }: { readonly study: LabStudy }): JSX.Element {
  const { t } = useTranslation("lab");
  const formats = useFormats();
  const dr = figuresOf(study, "mood", "dr-confounded");
  const cpo = figuresOf(study, "mood", "cpo-baseline");
  // Two standard errors of a share of 95 %.
  const points = 200 * Math.sqrt((0.95 * 0.05) / study.logs);
  return (
    <>
      <p className={styles["note"]}>
        {t("luck.targets", { logs: formats.whole(study.logs), points: formats.stars(points) })}
      </p>
      <p className={styles["note"]}>
        {dr === null || cpo === null
          ? t("luck.drAlways")
          : t("luck.dr", { dr: formats.figure(dr.spread), cpo: formats.figure(cpo.spread) })}
      </p>
    </>
  );
}
