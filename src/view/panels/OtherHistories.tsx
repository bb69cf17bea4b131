import { Tabs } from "radix-ui";
import { type JSX, useId, useState } from "react";
import { useTranslation } from "react-i18next";
import type { ItemId } from "../../core/ids.ts";
import type { Explanation } from "../../state/explanation-state.ts";
import { SEARCH_BUDGET } from "../../state/intentions/inquiries.ts";
import { CounterfactualCard } from "../charts/CounterfactualCard.tsx";
import { counterfactualView } from "../charts/counterfactual-view.ts";
import { titleParts } from "../charts/title-parts.ts";
import { WhatIfCard } from "../charts/WhatIfCard.tsx";
import { useFormats } from "../i18n/use-formats.ts";
import { useApp, useIntentions } from "../store-context.tsx";
import { Button } from "./Button.tsx";
import styles from "./CloserLook.module.css";
import { FailureNote } from "./FailureNote.tsx";
import { FilmSearchBox } from "./FilmSearchBox.tsx";
import section from "./Section.module.css";
import { filmOf } from "./use-effect-map.ts";

/** Questions about histories that are not: what would make a film number one, and what one more film would do. */
export function OtherHistories({ explanation }: { readonly explanation: Explanation }): JSX.Element {
  const { t } = useTranslation();
  return (
    <section className={section["sub"]} aria-labelledby="other-heading">
      <h3 id="other-heading">{t("other.heading")}</h3>
      <p className={section["intro"]}>{t("other.intro")}</p>
      <Tabs.Root defaultValue="change" activationMode="manual">
        <Tabs.List className={styles["tabs"]} aria-label={t("other.ways")}>
          <Tabs.Trigger value="change">{t("other.change")}</Tabs.Trigger>
          <Tabs.Trigger value="whatIf">{t("other.whatIf")}</Tabs.Trigger>
        </Tabs.List>
        <Tabs.Content value="change" className={styles["panel"]}>
          <Change explanation={explanation} />
        </Tabs.Content>
        <Tabs.Content value="whatIf" className={styles["panel"]}>
          <OneMore explanation={explanation} />
        </Tabs.Content>
      </Tabs.Root>
    </section>
  );
}

function Change({ explanation }: { readonly explanation: Explanation }): JSX.Element {
  const { t } = useTranslation();
  const id = useId();
  const { findCounterfactual } = useIntentions();
  const { candidates, films } = explanation;
  const [chosen, setChosen] = useState<ItemId | null>(null);
  // The first is number one already.
  const offered = candidates.slice(1);
  const target = offered.find((item) => item === chosen) ?? offered[0];
  return (
    <>
      <div className={styles["ask"]}>
        {target !== undefined && (
          <p className={styles["choice"]}>
            <label htmlFor={id}>{t("other.choose")}</label>
            <select
              id={id}
              value={target}
              onChange={({ currentTarget }) =>
                setChosen(offered.find((item) => item === Number(currentTarget.value)) ?? null)
              }
            >
              {offered.map((item, i) => (
                <option key={item} value={item} lang="en">
                  {i + 2}. {titleParts(filmOf(films, item).title).name}
                </option>
              ))}
            </select>
            <Button onClick={() => void findCounterfactual(target)}>{t("other.search")}</Button>
          </p>
        )}
        <FilmSearchBox
          label={t("search.targetLabel")}
          watched="left-out"
          onPick={({ id: item }) => void findCounterfactual(item)}
        />
      </div>
      <Found films={films} history={explanation.history} />
    </>
  );
}

function Found({ films, history }: Pick<Explanation, "films" | "history">): JSX.Element | null {
  const { t } = useTranslation();
  const formats = useFormats();
  const search = useApp((state) => state.inquiries.counterfactual);
  const { findCounterfactual, applyEdit, stop } = useIntentions();
  if (search.phase === "none") return null;
  const { subject } = search;
  const target = filmOf(films, subject);
  switch (search.phase) {
    case "running":
      return (
        <div className={styles["result"]}>
          <CounterfactualCard
            target={target}
            films={films}
            answer={{
              phase: "searching",
              passes: search.progress?.passes ?? 0,
              budget: search.progress?.budget ?? SEARCH_BUDGET,
            }}
          />
          <p className={styles["line"]}>
            <Button onClick={() => stop("counterfactual")}>{t("other.stop")}</Button>
          </p>
        </div>
      );
    case "stopped":
      return (
        <div className={styles["line"]}>
          <p>{t("other.stopped", { passes: formats.whole(search.progress?.passes ?? 0) })}</p>
          <Button onClick={() => void findCounterfactual(subject)}>{t("other.again")}</Button>
        </div>
      );
    case "failed":
      return (
        <FailureNote failure={search.failure}>
          <Button onClick={() => void findCounterfactual(subject)}>{t("engine.again")}</Button>
        </FailureNote>
      );
    case "done": {
      const answer = counterfactualView(search.result, history);
      return (
        <div className={styles["result"]} aria-live="polite">
          <CounterfactualCard target={target} films={films} answer={answer} />
          {answer.phase === "found" && (
            <div className={styles["line"]}>
              <Button onClick={() => void applyEdit(answer.edit)}>{t("other.apply")}</Button>
              <p>{t("other.applyNote")}</p>
            </div>
          )}
        </div>
      );
    }
    default:
      return search satisfies never;
  }
}

function OneMore({ explanation }: { readonly explanation: Explanation }): JSX.Element {
  const { t } = useTranslation();
  const asked = useApp((state) => state.inquiries.whatIf);
  const { askWhatIf, stop } = useIntentions();
  const { films, history } = explanation;
  const leaving =
    asked.phase === "done" && asked.result.pushedOut !== null ? history[asked.result.pushedOut] : undefined;
  return (
    <>
      <div className={styles["ask"]}>
        <FilmSearchBox
          label={t("search.whatIfLabel")}
          watched="left-out"
          onPick={({ id }) => void askWhatIf(id)}
        />
      </div>
      {asked.phase === "running" && (
        <div className={styles["result"]}>
          <WhatIfCard added={filmOf(films, asked.subject)} films={films} answer={null} />
          <p className={styles["line"]}>
            <Button onClick={() => stop("whatIf")}>{t("closer.stop")}</Button>
          </p>
        </div>
      )}
      {asked.phase === "stopped" && (
        <div className={styles["line"]}>
          <p>{t("closer.stopped")}</p>
          <Button onClick={() => void askWhatIf(asked.subject)}>{t("closer.ask")}</Button>
        </div>
      )}
      {asked.phase === "done" && (
        <div aria-live="polite">
          <WhatIfCard
            added={filmOf(films, asked.subject)}
            films={films}
            answer={{ ...asked.result, pushedOut: leaving === undefined ? null : filmOf(films, leaving) }}
          />
        </div>
      )}
      {asked.phase === "failed" && (
        <FailureNote failure={asked.failure}>
          <Button onClick={() => void askWhatIf(asked.subject)}>{t("engine.again")}</Button>
        </FailureNote>
      )}
    </>
  );
}
