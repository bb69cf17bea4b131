import type { JSX } from "react";
import { Trans, useTranslation } from "react-i18next";
import type { Film } from "../../model/film.ts";
import { useFormats } from "../i18n/use-formats.ts";
import styles from "./BarTable.module.css";
import type { ChannelRow, ChannelSplit } from "./channel-rows.ts";
import { Disclosure } from "./Disclosure.tsx";
import { FilmTitle } from "./FilmTitle.tsx";
import table from "./NumberTable.module.css";
import { SentenceGap } from "./SentenceGap.tsx";
import { SignedBar } from "./SignedBar.tsx";
import { titleParts } from "./title-parts.ts";
import { WideTable } from "./WideTable.tsx";

export interface ChannelBarsProps {
  readonly target: Film;
  /** Watched films, oldest first. */
  readonly rows: readonly ChannelRow[];
  /** All watched films muted at once. */
  readonly whole: ChannelSplit | null;
}

const channels = ["text", "behaviour", "interaction"] as const;
const verdicts = ["v11", "v10", "v01", "v00"] as const;

/** Title against behaviour for one recommendation: a table with a bar beside each number. The parts are not forced to a sum. */
export function ChannelBars({ target, rows, whole }: ChannelBarsProps): JSX.Element {
  const { t } = useTranslation();
  const formats = useFormats();
  const title = titleParts(target.title).name;
  const end = Math.max(...rows.flatMap((row) => channels.map((channel) => Math.abs(row[channel]))), 0);
  const wholeEnd = Math.max(end, ...channels.map((channel) => Math.abs(whole?.[channel] ?? 0)));
  const lines = [
    ...rows.map((row) => ({ key: String(row.film.id), head: <FilmTitle film={row.film} />, split: row })),
    ...(whole === null ? [] : [{ key: "whole", head: <>{t("channels.whole")}</>, split: whole }]),
  ];
  return (
    <div className={styles["chart"]}>
      <p className={styles["lead"]}>
        <Trans i18nKey="channels.lead" components={{ film: <FilmTitle film={target} /> }} />
      </p>
      <table className={styles["bars"]}>
        <caption className="visually-hidden">{t("channels.caption", { title })}</caption>
        <thead>
          <tr>
            <th scope="col">{t("effects.tableFilm")}</th>
            {channels.map((channel) => (
              <th key={channel} scope="col">
                {t(`channels.${channel}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {lines.map(({ key, head, split }) => (
            <tr key={key} data-whole={key === "whole" ? "" : undefined}>
              <th scope="row">{head}</th>
              {channels.map((channel) => (
                <td key={channel}>
                  <span className={styles["number"]}>{formats.nats(split[channel])}</span>
                  <SignedBar value={split[channel]} end={wholeEnd} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      <p className={styles["note"]}>
        {t("channels.meaning")}
        <SentenceGap />
        {t("channels.noSum")}
      </p>
      <Disclosure summary={t("channels.verdicts")}>
        <WideTable label={t("channels.verdictsLabel", { title })}>
          <table className={table["table"]}>
            <caption className="visually-hidden">{t("channels.verdictsLabel", { title })}</caption>
            <thead>
              <tr>
                <th scope="col">{t("effects.tableFilm")}</th>
                {verdicts.map((verdict) => (
                  <th key={verdict} scope="col">
                    {t(`channels.${verdict}`)}
                  </th>
                ))}
                {channels.map((channel) => (
                  <th key={channel} scope="col">
                    {t(`channels.${channel}`)}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {lines.map(({ key, head, split }) => (
                <tr key={key}>
                  <th scope="row">{head}</th>
                  {[...verdicts, ...channels].map((name) => (
                    <td key={name}>{formats.nats(split[name])}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </WideTable>
      </Disclosure>
    </div>
  );
}
