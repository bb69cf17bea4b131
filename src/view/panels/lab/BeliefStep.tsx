import type { JSX } from "react";
import { useTranslation } from "react-i18next";
import { LEAST_EFFECTIVE_SIZE } from "../../../evaluate/off-policy/overlap.ts";
import { ROADS } from "../../../evaluate/off-policy/tabular-estimates.ts";
import { LAB_POLICIES, type LabPoint } from "../../../worker/lab-protocol.ts";
import { ForestTable } from "../../charts/ForestTable.tsx";
import { SentenceGap } from "../../charts/SentenceGap.tsx";
import { useFormats } from "../../i18n/use-formats.ts";
import { Button } from "../Button.tsx";
import { FailureNote } from "../FailureNote.tsx";
import { GrowthCharts } from "./GrowthCharts.tsx";
import styles from "./LabPage.module.css";
import { LabStep } from "./LabStep.tsx";
import { useLab, useLabIntentions } from "./lab-context.tsx";
import { orderBy } from "./lab-order.ts";

/** The two policies' values by every road, as the log grows, beside the truth. */
export function BeliefStep(): JSX.Element {
  const { t } = useTranslation("lab");
  const { t: page } = useTranslation();
  const run = useLab((state) => state.run);
  const { run: again } = useLabIntentions();
  const point = run.points.at(-1);
  return (
    <LabStep step="beliefs" lead={t("policy.are")}>
      <div className={styles["part"]}>
        {run.phase === "failed" && (
          <FailureNote failure={run.failure}>
            <Button onClick={() => void again()}>{page("engine.again")}</Button>
          </FailureNote>
        )}
        <p className={styles["told"]} role="status">
          {run.phase === "running" || run.phase === "idle"
            ? t("belief.waiting")
            : point !== undefined && <Outcome point={point} />}
        </p>
        {point !== undefined && <Beliefs point={point} />}
      </div>
      {point !== undefined && <GrowthCharts points={run.points} />}
    </LabStep>
  );
}

/** In two sentences: what the naive estimate gets wrong, and what the drawn rounds say. */
function Outcome({ point }: { readonly point: LabPoint }): JSX.Element {
  const { t } = useTranslation("lab");
  const formats = useFormats();
  const naive = orderBy(point, "naive");
  const cpo = orderBy(point, "cpo-baseline");
  const size = (value: number) => formats.figure(Math.abs(value));
  return (
    <>
      {naive !== null &&
        t(naive.said > 0 ? "belief.naiveWrong" : "belief.naiveRight", {
          said: size(naive.said),
          truth: size(naive.truth),
        })}
      <SentenceGap />
      {cpo === null
        ? t(point.drawn === 0 ? "belief.refusedNothing" : "belief.refusedFew", {
            least: LEAST_EFFECTIVE_SIZE,
          })
        : t(cpo.said > 0 ? "belief.cpoWrong" : "belief.cpoRight", {
            said: size(cpo.said),
            drawn: formats.whole(point.drawn),
          })}
    </>
  );
}

function Beliefs({ point }: { readonly point: LabPoint }): JSX.Element {
  const { t } = useTranslation("lab");
  const formats = useFormats();
  const { rounds, drawn, beliefs } = point;
  return (
    <>
      <ForestTable
        title={t("belief.table")}
        rowsAre={t("belief.method")}
        valuesAre={t("belief.interval")}
        truth={{ label: t("belief.truth"), note: t("belief.truthNote") }}
        none={t("belief.none")}
        columns={LAB_POLICIES.map((policy) => ({
          key: policy,
          heading: t(`policy.${policy}`),
          truth: beliefs[policy].truth,
        }))}
        rows={ROADS.map((road) => {
          const order = orderBy(point, road);
          const is = order === null ? "open" : order.isRight ? "right" : "wrong";
          return {
            key: road,
            label: t(`road.${road}`),
            note: t(`roadNote.${road}`),
            verdict: { is, words: t(`belief.${is === "open" ? "refuses" : is}`) },
            cells: LAB_POLICIES.map((policy) => beliefs[policy].estimates[road]),
          };
        })}
      />
      <p className={styles["note"]}>
        {t("belief.legend")}
        <SentenceGap />
        {t("belief.rounds", {
          rounds: formats.whole(rounds),
          drawn: formats.whole(drawn),
          taste: formats.whole(beliefs.taste.effectiveSize),
          mood: formats.whole(beliefs.mood.effectiveSize),
        })}
      </p>
    </>
  );
}
