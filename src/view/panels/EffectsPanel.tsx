import { type JSX, memo, useDeferredValue } from "react";
import { useTranslation } from "react-i18next";
import type { Explanation } from "../../state/explanation-state.ts";
import { auditFailures } from "../charts/audit-view.ts";
import { Disclosure } from "../charts/Disclosure.tsx";
import { EffectTable } from "../charts/EffectTable.tsx";
import { HeatLegend } from "../charts/HeatLegend.tsx";
import { Heatmap } from "../charts/Heatmap.tsx";
import { SentenceGap } from "../charts/SentenceGap.tsx";
import { useFormats } from "../i18n/use-formats.ts";
import { useApp } from "../store-context.tsx";
import { AuditNote } from "./AuditNote.tsx";
import { CloserLook } from "./CloserLook.tsx";
import styles from "./EffectsPanel.module.css";
import { ExplanationProgress } from "./ExplanationProgress.tsx";
import { MethodChoice } from "./MethodChoice.tsx";
import { OtherHistories } from "./OtherHistories.tsx";
import { SaveMap } from "./SaveMap.tsx";
import section from "./Section.module.css";
import { useAuditOf } from "./use-audit-of.ts";
import { type EffectMap, useEffectMap } from "./use-effect-map.ts";

/** Why: watched films against recommended ones, filling in row by row; whether that holds up; and what can be asked about it. */
export function EffectsPanel(): JSX.Element {
  const { t } = useTranslation();
  // A map of a hundred cells is drawn in slices: the store's own news would be drawn in one piece.
  const { shown, phase } = useDeferredValue(useApp((state) => state.explanation));
  const answer = useApp((state) => state.answer);
  const outdated = shown?.origin === "computed" && answer.phase !== "shown";
  const popular = answer.shown?.origin === "computed" && !answer.shown.recommendation.personal;
  return (
    <section
      aria-labelledby="effects-heading"
      className={`${section["panel"]} ${section["large"]}`}
      data-origin={shown?.origin}
      data-outdated={outdated ? "" : undefined}
    >
      <h2 id="effects-heading">
        {t(shown?.origin === "sample" ? "effects.headingSample" : "effects.heading")}
      </h2>
      <p className={section["intro"]}>
        {t("effects.intro")}
        <SentenceGap />
        {t("effects.modelOnly")}
      </p>
      {shown === null ? (
        <p className={styles["empty"]}>{t(popular ? "effects.empty" : "effects.waiting")}</p>
      ) : (
        <Explained explanation={shown} busy={phase === "running"} outdated={outdated} />
      )}
    </section>
  );
}

function Explained({
  explanation,
  busy,
  outdated,
}: {
  readonly explanation: Explanation;
  readonly busy: boolean;
  readonly outdated: boolean;
}): JSX.Element {
  const { t } = useTranslation();
  const formats = useFormats();
  const map = useEffectMap(explanation);
  const report = useAuditOf(explanation);
  const computed = explanation.origin === "computed";
  return (
    <>
      {computed && <MethodChoice films={map.causes.length} />}
      <ExplanationProgress outdated={outdated} />
      <div className={styles["map"]}>
        <DrawnMap
          map={map}
          busy={busy}
          distrust={report === null ? trusted : auditFailures(t, formats, report)}
        />
        {computed && <AuditNote explanation={explanation} />}
        <Disclosure summary={t("effects.table")}>
          <Table causes={map.causes} targets={map.targets} cells={map.cells} />
        </Disclosure>
        {computed && !busy && <SaveMap explanation={explanation} map={map} report={report} />}
      </div>
      {computed && map.targets.length > 0 && (
        <div className={styles["questions"]}>
          <CloserLook explanation={explanation} map={map} />
          <OtherHistories explanation={explanation} />
        </div>
      )}
    </>
  );
}

const trusted: readonly string[] = [];

/** Memoised: steps of an audit or of a long explanation that bring no row leave it alone. */
const DrawnMap = memo(
  function DrawnMap({
    map,
    busy,
    distrust,
  }: {
    readonly map: EffectMap;
    readonly busy: boolean;
    readonly distrust: readonly string[];
  }): JSX.Element {
    const { end, estimated, contrast, causes, targets, cells } = map;
    return (
      <>
        <HeatLegend end={end} trusted={distrust.length === 0} estimated={estimated} />
        <Heatmap
          causes={causes}
          targets={targets}
          cells={cells}
          busy={busy}
          distrust={distrust}
          contrast={contrast}
        />
      </>
    );
  },
  (one, other) =>
    one.map === other.map && one.busy === other.busy && one.distrust.join() === other.distrust.join(),
);

const Table = memo(EffectTable);
