import type { JSX } from "react";
import { useTranslation } from "react-i18next";
import type { PolicyVersions } from "../../../adapt/versions.ts";
import number from "../../charts/NumberTable.module.css";
import { WideTable } from "../../charts/WideTable.tsx";
import { useFormats } from "../../i18n/use-formats.ts";
import styles from "./Learn.module.css";
import { useDates } from "./use-dates.ts";

/** Every version with what it was accepted on, newest first; the model as it was trained is the last. */
export function VersionTable({ versions }: { readonly versions: PolicyVersions }): JSX.Element {
  const { t } = useTranslation("learn");
  const formats = useFormats();
  const dates = useDates();
  const columns = ["version", "when", "method", "rows", "before", "after", "improvement", "state"] as const;
  return (
    <div className={styles["part"]}>
      <h3>{t("update.versions.heading")}</h3>
      <p className={styles["quiet"]}>{t("update.versions.lead")}</p>
      <WideTable label={t("update.versions.caption")}>
        <table className={`${number["table"]} ${styles["log"]}`}>
          <caption className="visually-hidden">{t("update.versions.caption")}</caption>
          <thead>
            <tr>
              {columns.map((column) => (
                <th key={column} scope="col">
                  {t(`update.versions.${column}`)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {versions.records.toReversed().map(({ version, parent, objective, figures, acceptedAt }) => (
              <tr key={version} aria-current={version === versions.current ? "true" : undefined}>
                <th scope="row">{formats.whole(version)}</th>
                <td>
                  <time dateTime={new Date(acceptedAt).toISOString()}>{dates(acceptedAt)}</time>
                </td>
                <td lang="en">{t(`update.methods.${objective}`)}</td>
                <td>{formats.whole(figures.rows)}</td>
                <td>{formats.figure(figures.currentValue)}</td>
                <td>{formats.figure(figures.proposedValue)}</td>
                <td>
                  {t("update.versions.interval", {
                    difference: formats.signedFigure(figures.improvement.value),
                    low: formats.signedFigure(figures.improvement.low),
                    high: formats.signedFigure(figures.improvement.high),
                    confidence: formats.percent(figures.confidence),
                  })}
                </td>
                <td>
                  {version === versions.current
                    ? t("update.versions.now")
                    : t("update.versions.replaces", { version: parent })}
                </td>
              </tr>
            ))}
            <tr aria-current={versions.current === 0 ? "true" : undefined}>
              <th scope="row">{t("update.versions.trained")}</th>
              <td colSpan={columns.length - 2} />
              <td>{versions.current === 0 ? t("update.versions.now") : "–"}</td>
            </tr>
          </tbody>
        </table>
      </WideTable>
    </div>
  );
}
