import type { JSX, ReactNode } from "react";
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
      <SplitTable
        className={styles["bars"]}
        caption={t("channels.caption", { title })}
        columns={channels}
        lines={lines}
        cellOf={(nats) => (
          <>
            <span className={styles["number"]}>{formats.nats(nats)}</span>
            <SignedBar value={nats} end={wholeEnd} />
          </>
        )}
      />
      <p className={styles["note"]}>
        {t("channels.meaning")}
        <SentenceGap />
        {t("channels.noSum")}
      </p>
      <Disclosure summary={t("channels.verdicts")}>
        <WideTable label={t("channels.verdictsLabel", { title })}>
          <SplitTable
            className={table["table"]}
            caption={t("channels.verdictsLabel", { title })}
            columns={[...verdicts, ...channels]}
            lines={lines}
            cellOf={formats.nats}
          />
        </WideTable>
      </Disclosure>
    </div>
  );
}

interface Line {
  readonly key: string;
  readonly head: JSX.Element;
  readonly split: ChannelSplit;
}

/** A row for each watched film and for all of them, a column for each part of a split. */
function SplitTable({
  className,
  caption,
  columns,
  lines,
  cellOf,
}: {
  readonly className: string | undefined;
  readonly caption: string;
  readonly columns: readonly (keyof ChannelSplit)[];
  readonly lines: readonly Line[];
  readonly cellOf: (nats: number) => ReactNode;
}): JSX.Element {
  const { t } = useTranslation();
  return (
    <table className={className}>
      <caption className="visually-hidden">{caption}</caption>
      <thead>
        <tr>
          <th scope="col">{t("effects.tableFilm")}</th>
          {columns.map((column) => (
            <th key={column} scope="col">
              {t(`channels.${column}`)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {lines.map(({ key, head, split }) => (
          <tr key={key} data-whole={key === "whole" ? "" : undefined}>
            <th scope="row">{head}</th>
            {columns.map((column) => (
              <td key={column}>{cellOf(split[column])}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
