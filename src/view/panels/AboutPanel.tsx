import type { JSX } from "react";
import { useTranslation } from "react-i18next";
import { SentenceGap } from "../charts/SentenceGap.tsx";
import { WideTable } from "../charts/WideTable.tsx";
import { toLanguage } from "../i18n/language.ts";
import { useFormats } from "../i18n/use-formats.ts";
import { useApp } from "../store-context.tsx";
import styles from "./AboutPanel.module.css";

/** Where model and films come from, under which licence, and how well the model does on people it has not seen. */
export function AboutPanel(): JSX.Element {
  const { t, i18n } = useTranslation();
  const formats = useFormats();
  const about = useApp((state) => state.about);
  return (
    <footer className={styles["about"]}>
      <h2>{t("about.heading")}</h2>
      {about === null ? (
        <p>{t("about.waiting")}</p>
      ) : (
        <div className={styles["columns"]}>
          <section>
            <h3>{t("about.model")}</h3>
            <p lang="en">{about.base.name}</p>
            <p>
              {t("about.modelLicence", { spdx: about.base.licence.spdx })}{" "}
              <span lang="en">{about.base.licence.attribution}</span>
            </p>
            <p>{t("about.modelSize", { size: formats.bytes(about.base.byteLength) })}</p>
          </section>
          <section>
            <h3>{t("about.films")}</h3>
            <p>{about.pack.title[toLanguage(i18n.language)]}</p>
            <p>{t("about.filmsCount", { films: formats.whole(about.pack.items) })}</p>
            <p>
              {t("about.filmsLicence")}: <span lang="en">{about.pack.licence.name}</span>
            </p>
            <p lang="en" className={styles["small"]}>
              {about.pack.licence.text}
            </p>
            <p className={styles["small"]} lang="en">
              {about.pack.licence.url}
            </p>
          </section>
          {about.pack.metrics.length > 0 && (
            <details className={styles["wide"]}>
              <summary>{t("about.measured")}</summary>
              <WideTable label={t("about.measured")}>
                <table>
                  <thead>
                    <tr>
                      <th scope="col">{t("about.metric")}</th>
                      <th scope="col">{t("about.metricModel")}</th>
                      <th scope="col">{t("about.metricValue")}</th>
                      <th scope="col">{t("about.metricInterval")}</th>
                      <th scope="col">{t("about.metricCases")}</th>
                      <th scope="col">{t("about.metricUsers")}</th>
                    </tr>
                  </thead>
                  <tbody>
                    {about.pack.metrics.map((metric) => (
                      <tr key={`${metric.name} ${metric.model} ${metric.protocol}`}>
                        <th scope="row" lang="en">
                          {metric.name}
                          <span className={styles["protocol"]}>{metric.protocol}</span>
                        </th>
                        <td lang="en">{metric.model}</td>
                        <td>{formats.percent(metric.value)}</td>
                        <td>
                          {formats.percent(metric.low)} – {formats.percent(metric.high)}
                        </td>
                        <td>{formats.whole(metric.n)}</td>
                        <td>{formats.whole(metric.users)}</td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </WideTable>
            </details>
          )}
        </div>
      )}
      <p className={styles["small"]}>
        {t("about.posters")}
        <SentenceGap />
        {t("about.fonts")}
      </p>
    </footer>
  );
}
