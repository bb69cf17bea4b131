import type { JSX } from "react";
import { useTranslation } from "react-i18next";
import { Disclosure } from "../../charts/Disclosure.tsx";
import styles from "./ChartDefinition.module.css";

/** What a chart's figures are, how their interval is drawn and what makes them again. */
export function ChartDefinition({
  definition,
  interval,
  command,
  record,
}: {
  readonly definition: readonly string[];
  readonly interval: string;
  readonly command: string;
  readonly record: string | null;
}): JSX.Element {
  const { t } = useTranslation("evidence");
  return (
    <div className={styles["definition"]}>
      <Disclosure summary={t("define.summary")}>
        <dl>
          <dt>{t("define.what")}</dt>
          {definition.map((sentence) => (
            <dd key={sentence}>{sentence}</dd>
          ))}
          <dt>{t("define.interval")}</dt>
          <dd>{interval}</dd>
          <dt>{t("define.command")}</dt>
          <dd>
            <code lang="en">{command}</code>
          </dd>
          {record !== null && (
            <>
              <dt>{t("define.record")}</dt>
              <dd>
                <code lang="en">{record}</code>
              </dd>
            </>
          )}
        </dl>
      </Disclosure>
    </div>
  );
}
