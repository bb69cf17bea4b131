import type { JSX } from "react";
import { useTranslation } from "react-i18next";
import { useFormats } from "../i18n/use-formats.ts";
import styles from "./GateBars.module.css";

/** K gate weights as bars against an even share (1). They add up to K, so the longest possible bar is K. */
export function GateBars({ gate }: { readonly gate: readonly number[] }): JSX.Element {
  const { t } = useTranslation();
  const formats = useFormats();
  const loudest = gate.indexOf(Math.max(...gate));
  const weight = gate[loudest] ?? 1;
  const top = Math.max(2, Math.ceil(weight));
  return (
    <div className={styles["gate"]}>
      <p className={styles["summary"]}>
        {weight < 1.1
          ? t("gate.summaryEven")
          : t("gate.summaryLeads", { n: loudest + 1, weight: formats.size(weight) })}
      </p>
      <ol className={styles["bars"]} style={{ "--even": 1 / top }}>
        {gate.map((share, expert) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: an expert is its place.
          <li key={expert} data-loudest={expert === loudest ? "" : undefined}>
            <span>{t("gate.expert", { n: expert + 1 })}</span>
            <span className={styles["track"]} aria-hidden="true">
              <span className={styles["bar"]} style={{ inlineSize: `${(100 * share) / top}%` }} />
            </span>
            <span className={styles["weight"]}>{formats.size(share)}</span>
          </li>
        ))}
      </ol>
      <p className={styles["mark"]} style={{ "--even": 1 / top }} aria-hidden="true">
        <span>{t("gate.even_mark")}</span>
      </p>
    </div>
  );
}
