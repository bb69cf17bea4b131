import { type JSX, useMemo } from "react";
import { useTranslation } from "react-i18next";
import { TEACHERS, type Teacher } from "../../../adapt/lab/learn-in-world.ts";
import { worldValues, worldWith } from "../../../adapt/lab/worlds.ts";
import { LEAST_EFFECTIVE_SIZE } from "../../../evaluate/off-policy/overlap.ts";
import type { LessonOfLog, TaughtPolicy } from "../../../worker/lab-protocol.ts";
import { ProgressBar } from "../../charts/ProgressBar.tsx";
import { type StripRow, StripTable } from "../../charts/StripTable.tsx";
import { useFormats } from "../../i18n/use-formats.ts";
import { Button } from "../Button.tsx";
import { FailureNote } from "../FailureNote.tsx";
import styles from "./LabPage.module.css";
import { LabStep } from "./LabStep.tsx";
import { useLab, useLabIntentions } from "./lab-context.tsx";

/** What each teacher makes of the log, and of those that could have been there instead. */
export function LearnedStep(): JSX.Element {
  const { t } = useTranslation("lab");
  const { t: page } = useTranslation();
  const settings = useLab((state) => state.settings);
  const learning = useLab((state) => state.learning);
  const { run: again } = useLabIntentions();
  const { lessons, logs } = learning;
  const world = useMemo(() => worldWith(settings.world, settings), [settings]);
  const values = useMemo(() => worldValues(world), [world]);
  const reference = (
    key: "taste" | "uniform" | "best",
    weights: readonly (readonly number[])[],
  ): StripRow => ({
    key,
    label: t(`learned.reference.${key}`),
    cells: [[values[key]], ...weights],
    refusal: null,
  });
  return (
    <LabStep step="learned" lead={t("learned.lead")}>
      <div className={styles["part"]}>
        {learning.phase === "failed" && (
          <FailureNote failure={learning.failure}>
            <Button onClick={() => void again()}>{page("engine.again")}</Button>
          </FailureNote>
        )}
        <p className={styles["told"]} role="status">
          {learning.phase === "done" ? (
            <Summary lessons={lessons} uniform={values.uniform} best={values.best} />
          ) : (
            t("learned.waiting")
          )}
        </p>
        {learning.phase === "running" && (
          <ProgressBar
            label={t("learned.progress", { done: lessons.length, total: logs })}
            done={lessons.length}
            total={logs}
          />
        )}
        {lessons.length > 0 && (
          <>
            <StripTable
              title={t("learned.table")}
              rowsAre={t("learned.teacher")}
              writeSpread={(spread) => t("learned.spread", { spread })}
              columns={[
                {
                  key: "value",
                  heading: t("learned.value"),
                  form: "value",
                  marks: [values.uniform, values.best],
                },
                { key: "taste", heading: t("learned.taste"), form: "difference", marks: [0] },
                { key: "mood", heading: t("learned.mood"), form: "difference", marks: [0] },
              ]}
              rows={[
                ...TEACHERS.map((teacher): StripRow => {
                  const taught = taughtBy(lessons, teacher);
                  return {
                    key: teacher,
                    label: t(`teacher.${teacher}`),
                    cells: [
                      taught.map(({ value }) => value),
                      taught.map(({ taste }) => taste),
                      taught.map(({ mood }) => mood),
                    ],
                    refusal: taught.length === 0 ? t("learned.refuses") : null,
                  };
                }),
                // The taste policy is softmax(base / T): a weight of 1 / T on taste, and none on the mood.
                reference("taste", [[1 / world.tasteTemperature], [0]]),
                reference("uniform", [[0], [0]]),
                reference("best", [[], []]),
              ]}
            />
            <p className={styles["note"]}>{t("learned.legend")}</p>
            <p className={styles["note"]}>{t("learned.scattered")}</p>
          </>
        )}
      </div>
    </LabStep>
  );
}

function taughtBy(lessons: readonly LessonOfLog[], teacher: Teacher): readonly TaughtPolicy[] {
  return lessons.map((lesson) => lesson[teacher]).filter((each) => each !== null);
}

function Summary({
  lessons,
  uniform,
  best,
}: {
  readonly lessons: readonly LessonOfLog[];
  readonly uniform: number;
  readonly best: number;
}): JSX.Element {
  const { t } = useTranslation("lab");
  const formats = useFormats();
  const [naive, cpo] = (["naive", "cpo"] as const).map((teacher) => taughtBy(lessons, teacher));
  const mean = (taught: readonly TaughtPolicy[] | undefined, key: keyof TaughtPolicy) =>
    (taught ?? []).reduce((sum, each) => sum + each[key], 0) / Math.max(1, taught?.length ?? 0);
  const words = {
    logs: lessons.length,
    naive: formats.figure(mean(naive, "value")),
    cpo: formats.figure(mean(cpo, "value")),
    naiveMood: formats.nats(mean(naive, "mood")),
    cpoMood: formats.nats(mean(cpo, "mood")),
    uniform: formats.figure(uniform),
    best: formats.figure(best),
    least: LEAST_EFFECTIVE_SIZE,
  };
  return <>{t((cpo ?? []).length === 0 ? "learned.summaryRefused" : "learned.summary", words)}</>;
}
