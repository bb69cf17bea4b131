import { type JSX, useState } from "react";
import { useTranslation } from "react-i18next";
import { bySureness } from "../../../persona/persona.ts";
import type { FilmIndex } from "../../../state/film-index.ts";
import type { ReadTaste, TasteStance } from "../../../state/taste-state.ts";
import { DirectionTable } from "../../charts/DirectionTable.tsx";
import { Disclosure } from "../../charts/Disclosure.tsx";
import { byKind, type DirectionRow, directionAxisEnd, directionRow } from "../../charts/direction-rows.ts";
import { Toggle } from "../../charts/Toggle.tsx";
import { useFormats } from "../../i18n/use-formats.ts";
import { Button } from "../Button.tsx";
import { PageSection } from "../PageSection.tsx";
import { DirectionEntry } from "./DirectionEntry.tsx";
import styles from "./Directions.module.css";
import { useTaste, useTasteIntentions } from "./taste-context.tsx";

/** Directions that stand in the open while the list is in order of sureness. */
const MOST_OPEN = 8;

/** Every direction with how sure it is, why, and what the person says to it. */
export function Directions({
  reading,
  films,
}: {
  readonly reading: ReadTaste;
  readonly films: FilmIndex;
}): JSX.Element {
  const { t } = useTranslation("taste");
  const formats = useFormats();
  const [order, setOrder] = useState<"sure" | "kind">("sure");
  const rows = bySureness(reading.stances.map(directionRow));
  const end = directionAxisEnd(rows);
  const list = (shown: readonly (TasteStance & DirectionRow)[]) => (
    <ol className={styles["list"]}>
      {shown.map((row) => (
        <DirectionEntry key={row.direction.id} row={row} end={end} films={films.byItem} />
      ))}
    </ol>
  );
  const speaks = (found: readonly DirectionRow[]) => found.filter(({ state }) => state !== "neutral").length;
  return (
    <PageSection
      id="taste-directions"
      gap="tight"
      heading={t("directions.heading", { count: rows.length, all: formats.whole(rows.length) })}
      lead={t("directions.lead")}
    >
      <div className={styles["tools"]}>
        <Toggle
          label={t("directions.order")}
          value={order}
          options={[
            ["sure", t("directions.sure")],
            ["kind", t("directions.byKind")],
          ]}
          onChoose={setOrder}
        />
        <Decisions />
      </div>
      <p className={styles["legend"]}>{t("directions.legend")}</p>
      {order === "sure" ? (
        <>
          <Axis end={end} />
          {list(rows.slice(0, MOST_OPEN))}
          {rows.length > MOST_OPEN && (
            <Disclosure summary={t("directions.all", { all: formats.whole(rows.length) })}>
              {list(rows.slice(MOST_OPEN))}
            </Disclosure>
          )}
        </>
      ) : (
        <>
          <Axis end={end} />
          {byKind(rows).map(({ kind, rows: found }) => (
            <Disclosure
              key={kind}
              summary={t("directions.group", {
                kind: t(`kind.${kind}`),
                all: formats.whole(found.length),
                speaking: formats.whole(speaks(found)),
              })}
              open={speaks(found) > 0}
            >
              {list(found)}
            </Disclosure>
          ))}
        </>
      )}
      <Disclosure summary={t("directions.table")}>
        <DirectionTable rows={rows} />
      </Disclosure>
      <Disclosure summary={t("how.heading")}>
        <dl className={styles["how"]}>
          {(["chance", "value", "speaks", "average", "popular", "decided"] as const).map((word) => (
            <div key={word}>
              <dt>{t(`how.${word}`)}</dt>
              <dd>{t(`how.${word}Help`)}</dd>
            </div>
          ))}
        </dl>
      </Disclosure>
    </PageSection>
  );
}

/** What the chart's two ends are, above the first row. */
function Axis({ end }: { readonly end: number }): JSX.Element {
  const { t } = useTranslation("taste");
  const formats = useFormats();
  return (
    <div className={styles["axis"]} aria-hidden="true">
      <span>
        ← {t("lean.against")} {formats.signedTick(-end)}
      </span>
      <span>{formats.signedTick(0)}</span>
      <span>
        {formats.signedTick(end)} {t("lean.for")} →
      </span>
    </div>
  );
}

/** How much was decided by hand, and the ways back. */
function Decisions(): JSX.Element {
  const { t } = useTranslation("taste");
  const { t: page } = useTranslation();
  const { reset, undo, dismiss } = useTasteIntentions();
  const overrides = useTaste((state) => state.overrides);
  const before = useTaste((state) => state.undo);
  const damaged = useTaste((state) => state.damaged);
  return (
    <div className={styles["decisions"]}>
      <div role="status" className={styles["notices"]}>
        {before !== null && (
          <p>
            <span>{t("decide.undone", { count: before.size })}</span>
            <Button look="line" onClick={() => void undo()}>
              {page("history.undo")}
            </Button>
          </p>
        )}
        {damaged !== null && (
          <p>
            <span>{t("decide.damaged")}</span>
            <Button look="line" onClick={dismiss}>
              {page("history.dismiss")}
            </Button>
          </p>
        )}
      </div>
      {overrides.size > 0 && (
        <Button look="line" onClick={() => void reset()}>
          {t("decide.reset", { count: overrides.size })}
        </Button>
      )}
    </div>
  );
}
