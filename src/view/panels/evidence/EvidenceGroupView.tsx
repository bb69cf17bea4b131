import type { JSX } from "react";
import { useTranslation } from "react-i18next";
import { Disclosure } from "../../charts/Disclosure.tsx";
import { IntervalTable } from "../../charts/IntervalTable.tsx";
import number from "../../charts/NumberTable.module.css";
import { ReliabilityDiagram } from "../../charts/ReliabilityDiagram.tsx";
import { WideTable } from "../../charts/WideTable.tsx";
import { useFormats } from "../../i18n/use-formats.ts";
import { ChartDefinition } from "./ChartDefinition.tsx";
import styles from "./EvidenceGroupView.module.css";
import type { EvidenceChart, EvidenceGroup, EvidenceTable } from "./evidence-section.ts";

export interface EvidenceGroupViewProps {
  readonly group: EvidenceGroup;
  /** The section it belongs to. */
  readonly place: string;
  readonly command: string;
  readonly record: string | null;
}

/** Charts that belong together. Whatever is ranked among 20 stands beside its twin of the whole catalogue. */
export function EvidenceGroupView({
  group,
  place: section,
  command,
  record,
}: EvidenceGroupViewProps): JSX.Element {
  const { t } = useTranslation("evidence");
  const { heading, layout, charts, notes, twin, diagrams, tables } = group;
  const draw = (chart: EvidenceChart) => (
    <IntervalTable
      key={chart.title}
      title={chart.title}
      rowsAre={chart.rowsAre}
      form={chart.form}
      rows={chart.rows}
      most={chart.most}
    >
      <ChartDefinition
        definition={chart.definition}
        interval={chart.interval}
        command={command}
        record={record}
      />
    </IntervalTable>
  );
  const place = heading === null ? section : `${section}: ${heading}`;
  const [first, ...others] = charts;
  const content = (
    <>
      {layout === "twin" && first !== undefined ? (
        <div className={styles["twin"]}>
          {/* biome-ignore lint/a11y/useSemanticElements: a fieldset is for what is filled in. */}
          <div role="group" className={styles["sampled"]} aria-label={group.sampled}>
            <p className={styles["side"]}>{group.sampled}</p>
            {draw(first)}
          </div>
          {/* biome-ignore lint/a11y/useSemanticElements: a fieldset is for what is filled in. */}
          <div role="group" className={styles["catalogue"]} aria-label={t("twin.catalogue")}>
            <p className={styles["side"]}>{t("twin.catalogue")}</p>
            <div className={styles["three"]}>{others.map(draw)}</div>
          </div>
        </div>
      ) : (
        charts.length > 0 && <div className={styles["grid"]}>{charts.map(draw)}</div>
      )}
      {diagrams.length > 0 && (
        <div className={styles["grid"]}>
          {diagrams.map((diagram) => (
            <ReliabilityDiagram key={diagram.title} {...diagram} />
          ))}
        </div>
      )}
      {notes.map((note) => (
        <p key={note} className={styles["note"]}>
          {note}
        </p>
      ))}
      {twin !== null && (
        <div className={styles["beside"]}>
          <p>{twin.words}</p>
          {twin.command !== null && (
            <p>
              <code lang="en">{twin.command}</code>
            </p>
          )}
          {twin.table !== null && <PlainTable place={place} table={twin.table} />}
        </div>
      )}
      {tables.map((table) =>
        layout === "folded" ? (
          <PlainTable key={table.title} place={place} table={table} />
        ) : (
          <Disclosure key={table.title} summary={table.title}>
            <PlainTable place={place} table={table} />
          </Disclosure>
        ),
      )}
    </>
  );
  if (layout === "folded")
    return (
      <div className={styles["group"]}>
        <Disclosure summary={heading}>
          <div className={styles["group"]}>{content}</div>
        </Disclosure>
      </div>
    );
  return (
    <div className={styles["group"]}>
      {heading !== null && <h3>{heading}</h3>}
      {content}
    </div>
  );
}

function PlainTable({
  place,
  table,
}: {
  readonly place: string;
  readonly table: EvidenceTable;
}): JSX.Element {
  const formats = useFormats();
  const write = (cell: string | number | null) => {
    if (cell === null) return "–";
    if (typeof cell === "string") return cell;
    return Number.isInteger(cell) ? formats.whole(cell) : formats.figure(cell);
  };
  return (
    <WideTable label={`${place}: ${table.title}`}>
      <table className={number["table"]}>
        <caption className={styles["caption"]}>{table.title}</caption>
        <thead>
          <tr>
            {table.head.map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {table.rows.map((cells, r) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: rows are in a fixed order and may be alike.
            <tr key={r}>
              {cells.map((cell, c) =>
                c === 0 ? (
                  // biome-ignore lint/suspicious/noArrayIndexKey: a cell is its column.
                  <th key={c} scope="row">
                    {write(cell)}
                  </th>
                ) : (
                  // biome-ignore lint/suspicious/noArrayIndexKey: a cell is its column.
                  <td key={c}>{write(cell)}</td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </WideTable>
  );
}
