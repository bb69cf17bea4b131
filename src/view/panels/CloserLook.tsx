import { Tabs } from "radix-ui";
import { type JSX, type ReactNode, useEffect, useId, useState } from "react";
import { useTranslation } from "react-i18next";
import type { ItemId } from "../../core/ids.ts";
import type { Explanation } from "../../state/explanation-state.ts";
import type { InquiryOf } from "../../state/inquiries.ts";
import { ChannelBars } from "../charts/ChannelBars.tsx";
import { CompareTwo } from "../charts/CompareTwo.tsx";
import { channelRows } from "../charts/channel-rows.ts";
import { ProgressBar } from "../charts/ProgressBar.tsx";
import { ReasonSentence } from "../charts/ReasonSentence.tsx";
import { TokenStrip } from "../charts/TokenStrip.tsx";
import { titleParts } from "../charts/title-parts.ts";
import { useFormats } from "../i18n/use-formats.ts";
import { useApp, useIntentions } from "../store-context.tsx";
import { Button } from "./Button.tsx";
import styles from "./CloserLook.module.css";
import { FailureNote } from "./FailureNote.tsx";
import section from "./Section.module.css";
import { type EffectMap, filmOf } from "./use-effect-map.ts";
import { useReasons } from "./use-reasons.ts";

const ways = ["reason", "compare", "channels", "strip"] as const;
type Way = (typeof ways)[number];

/** One recommendation at a time: its reason in a sentence, beside another, by channel, word by word. */
export function CloserLook({
  explanation,
  map,
}: {
  readonly explanation: Explanation;
  readonly map: EffectMap;
}): JSX.Element {
  const { t } = useTranslation();
  const id = useId();
  const [chosen, setChosen] = useState<ItemId | null>(null);
  const [beside, setBeside] = useState<ItemId | null>(null);
  const [way, setWay] = useState<Way>("reason");
  const { candidates, films } = explanation;
  const column = Math.max(0, chosen === null ? 0 : candidates.indexOf(chosen));
  const rival = otherColumn(candidates, column, beside);
  const item = candidates[column];
  return (
    <section className={section["sub"]} aria-labelledby="closer-heading">
      <h3 id="closer-heading">{t("closer.heading")}</h3>
      <p className={styles["choice"]}>
        <label htmlFor={id}>{t("closer.choose")}</label>
        <select
          id={id}
          value={column}
          onChange={({ currentTarget }) => setChosen(candidates[Number(currentTarget.value)] ?? null)}
        >
          {map.targets.map((target, i) => (
            <option key={target.id} value={i} lang="en">
              {i + 1}. {titleParts(target.title).name}
            </option>
          ))}
        </select>
      </p>
      <Tabs.Root
        value={way}
        onValueChange={(next) => setWay(ways.find((each) => each === next) ?? "reason")}
        activationMode="manual"
      >
        <Tabs.List className={styles["tabs"]} aria-label={t("closer.ways")}>
          {ways.map((each) => (
            <Tabs.Trigger key={each} value={each}>
              {t(`closer.${each}`)}
            </Tabs.Trigger>
          ))}
        </Tabs.List>
        <Tabs.Content value="reason" className={styles["panel"]}>
          <ReasonOf column={column} explanation={explanation} />
        </Tabs.Content>
        <Tabs.Content value="compare" className={styles["panel"]}>
          {rival === null ? (
            <p className={styles["line"]}>{t("closer.only")}</p>
          ) : (
            <CompareTwo
              causes={map.causes}
              targets={map.targets}
              cells={map.cells}
              first={column}
              second={rival}
              onChoose={(first, second) => {
                setChosen(candidates[first] ?? null);
                setBeside(candidates[second] ?? null);
              }}
            />
          )}
        </Tabs.Content>
        <Tabs.Content value="channels" className={styles["panel"]}>
          {item !== undefined && (
            <Asked name="channels">
              {(report) => (
                <ChannelBars
                  target={filmOf(films, item)}
                  {...channelRows(report, column, (id) => filmOf(films, id))}
                />
              )}
            </Asked>
          )}
        </Tabs.Content>
        <Tabs.Content value="strip" className={styles["panel"]}>
          {item !== undefined && (
            <Asked name="strip">
              {(strips) => <TokenStrip film={filmOf(films, item)} tokens={strips[column]?.tokens ?? []} />}
            </Asked>
          )}
        </Tabs.Content>
      </Tabs.Root>
    </section>
  );
}

function ReasonOf({
  column,
  explanation,
}: {
  readonly column: number;
  readonly explanation: Explanation;
}): JSX.Element {
  const { t } = useTranslation();
  const reason = useReasons()[column];
  if (reason === null || reason === undefined) return <p className={styles["line"]}>{t("reason.pending")}</p>;
  return (
    <>
      <p className={styles["sentence"]}>
        <ReasonSentence reason={reason} films={explanation.films} />
      </p>
      <p className={section["quiet"]}>{t("closer.reasonFrom")}</p>
    </>
  );
}

type Result<Name extends "channels" | "strip"> = Extract<
  InquiryOf<Name>,
  { readonly phase: "done" }
>["result"];

/** Asks the model about the recommendations as soon as one is looked at and nothing more important is under way, and shows what it answers. */
function Asked<Name extends "channels" | "strip">({
  name,
  children,
}: {
  readonly name: Name;
  readonly children: (result: Result<Name>) => ReactNode;
}): JSX.Element {
  const { t } = useTranslation();
  const formats = useFormats();
  const inquiry: InquiryOf<"channels" | "strip"> = useApp((state) => state.inquiries[name]);
  const free = useApp((state) => state.answer.phase === "shown" && state.explanation.phase !== "running");
  const { showChannels, showStrip, stop } = useIntentions();
  const ask = name === "channels" ? showChannels : showStrip;
  const shown = useApp((state) => state.answer.shown?.recommendation);
  const isOfThis = inquiry.phase !== "none" && inquiry.subject === shown;
  useEffect(() => {
    if (free && !isOfThis && shown !== undefined) void ask(shown);
  }, [free, isOfThis, ask, shown]);
  const again = () => {
    if (shown !== undefined) void ask(shown);
  };

  if (!isOfThis) return <p className={styles["line"]}>{t(free ? "closer.asking" : "closer.waiting")}</p>;
  switch (inquiry.phase) {
    case "running":
      return (
        <div className={styles["line"]}>
          {inquiry.progress === null ? (
            <p>{t("closer.asking")}</p>
          ) : (
            <>
              <ProgressBar label={t("closer.progressLabel")} {...inquiry.progress} />
              <p>
                {t("closer.progress", {
                  done: formats.whole(inquiry.progress.done),
                  total: formats.whole(inquiry.progress.total),
                })}
              </p>
            </>
          )}
          <Button onClick={() => stop(name)}>{t("closer.stop")}</Button>
        </div>
      );
    case "stopped":
      return (
        <div className={styles["line"]}>
          <p>{t("closer.stopped")}</p>
          <Button onClick={again}>{t("closer.ask")}</Button>
        </div>
      );
    case "failed":
      return (
        <FailureNote failure={inquiry.failure}>
          <Button onClick={again}>{t("engine.again")}</Button>
        </FailureNote>
      );
    case "done":
      return <>{children(inquiry.result as Result<Name>)}</>;
    default:
      return inquiry satisfies never;
  }
}

/** The column to compare with: the one that was chosen if it is another, else the next best. */
function otherColumn(candidates: readonly ItemId[], column: number, beside: ItemId | null): number | null {
  const chosen = beside === null ? -1 : candidates.indexOf(beside);
  if (chosen >= 0 && chosen !== column) return chosen;
  const next = column === 0 ? 1 : 0;
  return next < candidates.length ? next : null;
}
