import { type JSX, useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { ROADS, type Road } from "../../../evaluate/off-policy/tabular-estimates.ts";
import { LAB_POLICIES, type LabPoint } from "../../../worker/lab-protocol.ts";
import { Disclosure } from "../../charts/Disclosure.tsx";
import { GrowthLines } from "../../charts/GrowthLines.tsx";
import number from "../../charts/NumberTable.module.css";
import { WideTable } from "../../charts/WideTable.tsx";
import { useFormats } from "../../i18n/use-formats.ts";
import styles from "./LabPage.module.css";
import { useLab } from "./lab-context.tsx";

/** Two roads side by side over the length of the log. */
export function GrowthCharts({ points }: { readonly points: readonly LabPoint[] }): JSX.Element {
  const { t } = useTranslation("lab");
  const [roads, setRoads] = useState<readonly [Road, Road]>(["naive", "cpo-baseline"]);
  const [left, right] = roads;
  return (
    <div className={styles["part"]}>
      <h3>{t("lines.heading")}</h3>
      <p className={styles["told"]}>{t("lines.lead")}</p>
      <div className={styles["two"]}>
        <Chart
          name={t("lines.first")}
          road={left}
          points={points}
          onChoose={(road) => setRoads([road, right])}
        />
        <Chart
          name={t("lines.second")}
          road={right}
          points={points}
          onChoose={(road) => setRoads([left, road])}
        />
      </div>
      <Disclosure summary={t("lines.table")}>
        {[left, right].map((road, side) => (
          <PointTable key={side === 0 ? "left" : "right"} road={road} points={points} />
        ))}
      </Disclosure>
    </div>
  );
}

function Chart({
  name,
  road,
  points,
  onChoose,
}: {
  readonly name: string;
  readonly road: Road;
  readonly points: readonly LabPoint[];
  readonly onChoose: (road: Road) => void;
}): JSX.Element {
  const { t } = useTranslation("lab");
  const formats = useFormats();
  const id = useId();
  const settings = useLab((state) => state.settings);
  return (
    <div className={styles["chart"]}>
      <label htmlFor={id}>{name}</label>
      <select
        id={id}
        value={road}
        onChange={({ currentTarget }) => {
          const chosen = ROADS.find((each) => each === currentTarget.value);
          if (chosen !== undefined) onChoose(chosen);
        }}
      >
        {ROADS.map((each) => (
          <option key={each} value={each}>
            {t(`road.${each}`)}
          </option>
        ))}
      </select>
      <GrowthLines
        title={t(`road.${road}`)}
        xAxis={t("lines.axis")}
        yAxis={t("lines.value")}
        end={Math.max(settings.rounds, points.at(-1)?.rounds ?? 0)}
        lines={LAB_POLICIES.map((policy) => {
          const truth = points[0]?.beliefs[policy].truth ?? 0;
          return {
            key: policy,
            look: policy === "taste" ? "solid" : "dashed",
            label: t("lines.truthOf", { policy: t(`policy.${policy}`), truth: formats.figure(truth) }),
            truth,
            points: points.map(({ rounds, beliefs }) => ({
              at: rounds,
              estimate: beliefs[policy].estimates[road],
            })),
          };
        })}
      />
    </div>
  );
}

function PointTable({
  road,
  points,
}: {
  readonly road: Road;
  readonly points: readonly LabPoint[];
}): JSX.Element {
  const { t } = useTranslation("lab");
  const formats = useFormats();
  return (
    <WideTable label={`${t("lines.table")}: ${t(`road.${road}`)}`}>
      <table className={`${number["table"]} ${number["wide"]}`}>
        <caption className={styles["caption"]}>{t(`road.${road}`)}</caption>
        <thead>
          <tr>
            <th scope="col">{t("lines.axis")}</th>
            {LAB_POLICIES.map((policy) => (
              <th key={policy} scope="col">
                {t(`policy.${policy}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {points.map(({ rounds, beliefs }) => (
            <tr key={rounds}>
              <th scope="row">{formats.whole(rounds)}</th>
              {LAB_POLICIES.map((policy) => {
                const estimate = beliefs[policy].estimates[road];
                return (
                  <td key={policy}>
                    {estimate === null
                      ? t("belief.none")
                      : `${formats.figure(estimate.value)} [${formats.figure(estimate.low)}, ${formats.figure(estimate.high)}]`}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </WideTable>
  );
}
