import { type JSX, useId } from "react";
import { useTranslation } from "react-i18next";
import { useFormats } from "../i18n/use-formats.ts";
import { Disclosure } from "./Disclosure.tsx";
import table from "./NumberTable.module.css";
import styles from "./ReliabilityDiagram.module.css";
import { WideTable } from "./WideTable.tsx";

export interface ReliabilityBin {
  readonly from: number;
  readonly to: number;
  readonly n: number;
  /** Null in an empty bin. */
  readonly meanProbability: number | null;
  readonly hitRate: number | null;
}

export interface ReliabilityDiagramProps {
  readonly title: string;
  /** Where it stands: with the title the name of its table's box, which has to be told from others. */
  readonly place: string;
  readonly expectedCalibrationError: number;
  readonly brier: number;
  readonly n: number;
  readonly bins: readonly ReliabilityBin[];
}

const MOST_RADIUS = 6;

/** How often the first film was right, by how likely it was said to be: dots on the diagonal are honest. Bigger dots hold more cases. */
export function ReliabilityDiagram({
  title,
  place,
  expectedCalibrationError,
  brier,
  n,
  bins,
}: ReliabilityDiagramProps): JSX.Element {
  const { t } = useTranslation("evidence");
  const formats = useFormats();
  const id = useId();
  const most = Math.max(1, ...bins.map((bin) => bin.n));
  return (
    <figure className={styles["figure"]} aria-labelledby={id}>
      <figcaption>
        <p id={id} className={styles["title"]}>
          {title}
        </p>
        <p>
          {t("reliability.summary", {
            error: formats.figure(expectedCalibrationError),
            brier: formats.figure(brier),
            n: formats.whole(n),
          })}
        </p>
      </figcaption>
      <div className={styles["plot"]} aria-hidden="true">
        <span className={styles["up"]}>{t("reliability.hitRate")}</span>
        <svg viewBox="-8 -8 116 116" aria-hidden="true" focusable="false">
          <rect className={styles["frame"]} x="0" y="0" width="100" height="100" />
          <line className={styles["honest"]} x1="0" y1="100" x2="100" y2="0" />
          {bins.map(({ from, n: count, meanProbability, hitRate }) =>
            meanProbability === null || hitRate === null ? null : (
              <g key={from}>
                <line
                  className={styles["gap"]}
                  x1={100 * meanProbability}
                  x2={100 * meanProbability}
                  y1={100 - 100 * meanProbability}
                  y2={100 - 100 * hitRate}
                />
                <circle
                  className={styles["dot"]}
                  cx={100 * meanProbability}
                  cy={100 - 100 * hitRate}
                  r={Math.max(1.5, MOST_RADIUS * Math.sqrt(count / most))}
                />
              </g>
            ),
          )}
        </svg>
        <span className={styles["ends"]}>
          <span>0</span>
          <span>{t("reliability.probability")}</span>
          <span>1</span>
        </span>
      </div>
      <Disclosure summary={t("reliability.bins")}>
        <WideTable label={`${place}: ${title}`}>
          <table className={table["table"]}>
            <caption className="visually-hidden">{title}</caption>
            <thead>
              <tr>
                <th scope="col">{t("reliability.bin")}</th>
                <th scope="col">{t("reliability.cases")}</th>
                <th scope="col">{t("reliability.probability")}</th>
                <th scope="col">{t("reliability.hitRate")}</th>
              </tr>
            </thead>
            <tbody>
              {bins.map(({ from, to, n: count, meanProbability, hitRate }) => (
                <tr key={from}>
                  <th scope="row">
                    {formats.decimal(from)} – {formats.decimal(to)}
                  </th>
                  <td>{formats.whole(count)}</td>
                  <td>{meanProbability === null ? "–" : formats.figure(meanProbability)}</td>
                  <td>{hitRate === null ? "–" : formats.figure(hitRate)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </WideTable>
      </Disclosure>
    </figure>
  );
}
