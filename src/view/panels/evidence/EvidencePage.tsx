import { type JSX, useEffect, useId, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { MODES } from "../../../evaluate/result-file.ts";
import type { EvidenceStore } from "../../../state/evidence-store.ts";
import type { EvidenceSummary } from "../../../state/evidence-summary.ts";
import { Disclosure } from "../../charts/Disclosure.tsx";
import { useFormats } from "../../i18n/use-formats.ts";
import { Button } from "../Button.tsx";
import { FailureNote } from "../FailureNote.tsx";
import { PageFrame } from "../PageFrame.tsx";
import { saveFile } from "../save-file.ts";
import styles from "./EvidencePage.module.css";
import { EvidenceSection } from "./EvidenceSection.tsx";
import { EvidenceProvider, useEvidence, useEvidenceIntentions } from "./evidence-context.tsx";
import { evidenceCsv } from "./evidence-csv.ts";
import type { EvidenceSectionView } from "./evidence-section.ts";
import { OwnResults } from "./OwnResults.tsx";
import { ownSections } from "./own-sections.ts";
import { type EvidenceChoice, publishedSections } from "./published-sections.ts";

/** What was measured, published and own. `arrived`: the person came here from the other page, so that the focus follows. */
export function EvidencePage({
  store,
  arrived,
}: {
  readonly store: EvidenceStore;
  readonly arrived: boolean;
}): JSX.Element {
  return (
    <EvidenceProvider store={store}>
      <Page arrived={arrived} />
    </EvidenceProvider>
  );
}

const FIRST: EvidenceChoice = { targets: "windows", watchedLast: false, slate: 50 };
const NONE: readonly EvidenceSectionView[] = [];

function Page({ arrived }: { readonly arrived: boolean }): JSX.Element {
  const { t } = useTranslation("evidence");
  const { t: page } = useTranslation();
  const formats = useFormats();
  const { loadSummary } = useEvidenceIntentions();
  const summary = useEvidence((state) => state.summary);
  const runs = useEvidence((state) => state.runs);
  const [choice, setChoice] = useState(FIRST);
  useEffect(() => void loadSummary(), [loadSummary]);

  const whole = summary.phase === "ready" ? summary.summary : null;
  const published = useMemo(
    () => (whole === null ? NONE : publishedSections(t, formats, whole, choice)),
    [t, formats, whole, choice],
  );
  const own = useMemo(() => ownSections(t, formats, runs), [t, formats, runs]);
  useAnchor(whole);
  return (
    <PageFrame
      place="evidence"
      arrived={arrived}
      heading={t("heading")}
      deck={t("deck")}
      aside={
        <>
          {summary.phase === "failed" && (
            <FailureNote failure={summary.failure}>
              <Button onClick={() => void loadSummary()}>{page("engine.again")}</Button>
            </FailureNote>
          )}
          <p role="status" className={styles["status"]}>
            {summary.phase === "loading" && t("loading")}
          </p>
          {published.length > 0 && (
            <nav aria-label={t("contents")} className={styles["contents"]}>
              <ol>
                {published.slice(0, 1).map(linkTo)}
                <li>
                  <a href="#evidence-own">{t("section.own")}</a>
                </li>
                {published.slice(1).map(linkTo)}
              </ol>
            </nav>
          )}
        </>
      }
    >
      {whole !== null && (
        <div className={styles["tools"]}>
          <Choices choice={choice} onChoose={setChoice} />
          <div className={styles["asides"]}>
            <Disclosure summary={t("modes.heading")}>
              <dl className={styles["modes"]}>
                {MODES.map((mode) => (
                  <div key={mode}>
                    <dt>{t(`mode.${mode}`)}</dt>
                    <dd>{t(`modes.${mode}`)}</dd>
                  </div>
                ))}
              </dl>
            </Disclosure>
            <Button
              onClick={() =>
                saveFile(
                  "becausal-evidence.csv",
                  evidenceCsv(t, [...published, ...own]),
                  "text/csv;charset=utf-8",
                )
              }
            >
              {t("save")}
            </Button>
          </div>
        </div>
      )}
      {published.slice(0, 1).map((section) => (
        <EvidenceSection key={section.id} section={section} />
      ))}
      <OwnResults sections={own} />
      {published.slice(1).map((section) => (
        <EvidenceSection key={section.id} section={section} />
      ))}
    </PageFrame>
  );
}

function linkTo({ id, heading }: EvidenceSectionView): JSX.Element {
  return (
    <li key={id}>
      <a href={`#${id}`}>{heading}</a>
    </li>
  );
}

/** A link to a section works before the section is there: it is brought into view once it is. */
function useAnchor(summary: EvidenceSummary | null): void {
  useEffect(() => {
    if (summary === null || !location.hash.startsWith("#evidence-")) return;
    document.getElementById(location.hash.slice(1))?.scrollIntoView();
  }, [summary]);
}

function Choices({
  choice,
  onChoose,
}: {
  readonly choice: EvidenceChoice;
  readonly onChoose: (choice: EvidenceChoice) => void;
}): JSX.Element {
  const { t } = useTranslation("evidence");
  const id = useId();
  return (
    <fieldset className={styles["choices"]}>
      <legend>{t("choice.label")}</legend>
      <label htmlFor={`${id}-targets`}>
        <span>{t("choice.targets")}</span>
        <select
          id={`${id}-targets`}
          value={choice.targets}
          onChange={({ currentTarget }) =>
            onChoose({ ...choice, targets: currentTarget.value === "last" ? "last" : "windows" })
          }
        >
          <option value="windows">{t("choice.windows")}</option>
          <option value="last">{t("choice.last")}</option>
        </select>
      </label>
      <label htmlFor={`${id}-watched`}>
        <span>{t("choice.watched")}</span>
        <select
          id={`${id}-watched`}
          value={String(choice.watchedLast)}
          onChange={({ currentTarget }) =>
            onChoose({ ...choice, watchedLast: currentTarget.value === "true" })
          }
        >
          <option value="false">{t("choice.asDrawn")}</option>
          <option value="true">{t("choice.rankedLast")}</option>
        </select>
      </label>
      <label htmlFor={`${id}-slate`}>
        <span>{t("choice.slate")}</span>
        <select
          id={`${id}-slate`}
          value={choice.slate}
          onChange={({ currentTarget }) =>
            onChoose({ ...choice, slate: currentTarget.value === "100" ? 100 : 50 })
          }
        >
          {[50, 100].map((count) => (
            <option key={count} value={count}>
              {t("choice.slateFilms", { count })}
            </option>
          ))}
        </select>
      </label>
    </fieldset>
  );
}
