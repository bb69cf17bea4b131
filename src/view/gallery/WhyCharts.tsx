import { type JSX, useState } from "react";
import { useTranslation } from "react-i18next";
import { itemId, tokenId } from "../../core/ids.ts";
import { fixtureFilmsByItem } from "../../state/fixtures/films.ts";
import { AuditBadge } from "../charts/AuditBadge.tsx";
import { auditFailures } from "../charts/audit-view.ts";
import { ChannelBars } from "../charts/ChannelBars.tsx";
import { CompareTwo } from "../charts/CompareTwo.tsx";
import { CounterfactualCard } from "../charts/CounterfactualCard.tsx";
import type { CounterfactualView } from "../charts/counterfactual-view.ts";
import { HeatLegend } from "../charts/HeatLegend.tsx";
import { Heatmap } from "../charts/Heatmap.tsx";
import { ReasonSentence } from "../charts/ReasonSentence.tsx";
import type { Reason } from "../charts/reason.ts";
import { TokenStrip } from "../charts/TokenStrip.tsx";
import { WhatIfCard } from "../charts/WhatIfCard.tsx";
import { useFormats } from "../i18n/use-formats.ts";
import styles from "./Gallery.module.css";
import {
  brokenAudit,
  emptyAudit,
  filmAt,
  fixtureChannels,
  fixtureMap,
  fixtureStrip,
  fixtureWholeChannels,
  plainAudit,
  soundAudit,
  standingsOf,
} from "./why-fixtures.ts";

const watched = [3, 4, 0, 7, 8, 5];
const recommended = [1, 2, 17, 10, 15, 11, 13, 6, 16, 14];
const map = fixtureMap(watched, recommended);
const estimated = fixtureMap(watched, recommended, true);
const everything = fixtureMap(
  [...Array(14).keys()],
  [...Array(26).keys()].map((row) => 25 - row),
);

const [a, b, c, d] = [itemId(3), itemId(4), itemId(7), itemId(12)];
const reasons: readonly Reason[] = [
  { kind: "mostly", because: [a], against: [] },
  { kind: "mostly", because: [a, b], against: [c] },
  { kind: "many", because: [a, b], against: [c, d] },
  { kind: "against", against: [c] },
  { kind: "flat" },
  { kind: "unclear" },
];

const counterfactuals: readonly CounterfactualView[] = [
  {
    phase: "found",
    edit: { removed: [a, b], added: [] },
    before: { rank: 4, probability: 0.103 },
    after: { rank: 1, probability: 0.187 },
    isSmallest: true,
    passes: 31,
  },
  {
    phase: "found",
    edit: { removed: [c], added: [d] },
    before: { rank: 9, probability: 0.028 },
    after: { rank: 1, probability: 0.141 },
    isSmallest: false,
    passes: 128,
  },
  { phase: "searching", passes: 48, budget: 200 },
  {
    phase: "not-found",
    spent: true,
    isOffered: true,
    nearest: { edit: { removed: [a], added: [] }, rank: 3, shortNats: 0.31 },
    passes: 200,
  },
  { phase: "not-found", spent: false, isOffered: false, nearest: null, passes: 64 },
  { phase: "already" },
];

const lessLikely = { logWith: -3.2, logWithout: -2.4, deltaNats: -0.8, deltaProbability: -0.05 };

const whatIf = {
  before: standingsOf([1, 2, 17, 10, 15, 14]),
  after: standingsOf([2, 1, 10, 17, 14, 15]),
  pushedOut: filmAt(7),
};

/** The charts that answer "why" and let it be challenged. */
export function WhyCharts(): JSX.Element {
  const { t } = useTranslation();
  const formats = useFormats();
  const [pair, setPair] = useState<readonly [number, number]>([0, 5]);
  return (
    <>
      <h2>{t("gallery.heatmapSorted")}</h2>
      <Heatmap
        {...map}
        busy={false}
        initially={{
          rows: { by: "effect", of: itemId(1), direction: "descending" },
          columns: { by: "effect", of: itemId(3), direction: "ascending" },
          density: "large",
        }}
      />
      <h2>{t("gallery.heatmapEstimated")}</h2>
      <div className={styles["stack"]}>
        <HeatLegend end={estimated.end} estimated={true} />
        <Heatmap {...estimated} busy={false} />
      </div>
      <h2>{t("gallery.heatmapDistrusted")}</h2>
      <div className={styles["stack"]}>
        <HeatLegend end={map.end} trusted={false} />
        <Heatmap {...map} busy={false} distrust={auditFailures(t, formats, brokenAudit)} />
      </div>
      <h2>{t("gallery.heatmapDense")}</h2>
      <Heatmap {...everything} busy={false} initially={{ density: "compact" }} />
      <h2>{t("gallery.audit")}</h2>
      <div className={styles["stack"]}>
        <AuditBadge phase="done" audit={soundAudit} />
        <AuditBadge phase="done" audit={soundAudit} open={true} />
        <AuditBadge phase="done" audit={plainAudit} open={true} />
        <AuditBadge phase="done" audit={brokenAudit} open={true} />
        <AuditBadge phase="done" audit={emptyAudit} />
        <AuditBadge phase="running" done={310} total={1384} />
      </div>
      <h2>{t("gallery.reasons")}</h2>
      <ul className={styles["sentences"]}>
        {reasons.map((reason) => (
          <li key={JSON.stringify(reason)}>
            <ReasonSentence reason={reason} films={fixtureFilmsByItem} />
          </li>
        ))}
      </ul>
      <h2>{t("gallery.strip")}</h2>
      <div className={styles["stack"]}>
        <TokenStrip
          film={filmAt(15)}
          tokens={fixtureStrip(
            [
              " Star",
              " Wars",
              ":",
              " Episode",
              " V",
              " -",
              " The",
              " Empire",
              " Str",
              "ikes",
              " Back",
              " (",
              "1",
              "9",
              "8",
              "0",
              ")",
            ],
            1.4,
          )}
        />
        <TokenStrip film={filmAt(4)} tokens={[{ token: tokenId(9), text: " Alien", ...lessLikely }]} />
      </div>
      <h2>{t("gallery.channels")}</h2>
      <ChannelBars target={filmAt(1)} rows={fixtureChannels} whole={fixtureWholeChannels} />
      <h2>{t("gallery.compare")}</h2>
      <CompareTwo
        {...map}
        first={pair[0]}
        second={pair[1]}
        onChoose={(first, second) => setPair([first, second])}
      />
      <h2>{t("gallery.counterfactual")}</h2>
      <div className={styles["stack"]}>
        {counterfactuals.map((answer) => (
          <CounterfactualCard
            key={JSON.stringify(answer)}
            target={filmAt(10)}
            films={fixtureFilmsByItem}
            answer={answer}
          />
        ))}
      </div>
      <h2>{t("gallery.whatIf")}</h2>
      <div className={styles["stack"]}>
        <WhatIfCard added={filmAt(19)} films={fixtureFilmsByItem} answer={whatIf} top={5} />
        <WhatIfCard added={filmAt(19)} films={fixtureFilmsByItem} answer={null} />
      </div>
    </>
  );
}
