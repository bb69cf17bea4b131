import { type JSX, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useFormats } from "../../i18n/use-formats.ts";
import { Button } from "../Button.tsx";
import { FailureNote } from "../FailureNote.tsx";
import section from "../PageSection.module.css";
import { EvidenceSection } from "./EvidenceSection.tsx";
import { useEvidence, useEvidenceIntentions } from "./evidence-context.tsx";
import type { EvidenceSectionView } from "./evidence-section.ts";
import styles from "./OwnResults.module.css";

/** A person's own results: opened from files, kept in memory, gone when closed. */
export function OwnResults({ sections }: { readonly sections: readonly EvidenceSectionView[] }): JSX.Element {
  const { t } = useTranslation("evidence");
  const formats = useFormats();
  const { openResults, closeRun } = useEvidenceIntentions();
  const runs = useEvidence((state) => state.runs);
  const opening = useEvidence((state) => state.opening);
  const refused = useEvidence((state) => state.refused);
  const picker = useRef<HTMLInputElement>(null);
  const opener = useRef<HTMLDivElement>(null);
  const [over, setOver] = useState(false);
  return (
    <section id="evidence-own" className={styles["own"]} aria-labelledby="evidence-own-heading" tabIndex={-1}>
      <div className={section["head"]}>
        <h2 id="evidence-own-heading">{t("section.own")}</h2>
        <p className={section["lead"]}>{t("own.lead")}</p>
        <p className={styles["command"]}>
          <code>{t("own.command")}</code>
        </p>
      </div>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: dropping is a shortcut to the button inside. */}
      <div
        ref={opener}
        className={styles["drop"]}
        data-over={over ? "" : undefined}
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={(event) => {
          event.preventDefault();
          setOver(false);
          void openResults([...event.dataTransfer.files]);
        }}
      >
        <Button disabled={opening} onClick={() => picker.current?.click()}>
          {t("own.open")}
        </Button>
        <span>{t("own.drop")}</span>
        <input
          ref={picker}
          type="file"
          accept="application/json,.json"
          multiple
          hidden
          aria-label={t("own.open")}
          onChange={({ currentTarget }) => {
            const files = [...(currentTarget.files ?? [])];
            currentTarget.value = "";
            void openResults(files);
          }}
        />
      </div>
      <p className={styles["status"]} role="status">
        {opening
          ? t("own.opening")
          : runs.length > 0
            ? t("own.opened", { count: runs.length, formatted: formats.whole(runs.length) })
            : ""}
      </p>
      {refused.map((failure, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: two files of one name may fail alike.
        <FailureNote key={i} failure={failure} />
      ))}
      {runs.map((run) => {
        const section = sections.find(({ id }) => id === `evidence-own-${run.key}`);
        return section === undefined ? null : (
          <EvidenceSection key={run.key} section={section}>
            <div>
              <Button
                look="line"
                onClick={() => {
                  opener.current?.querySelector("button")?.focus();
                  closeRun(run.key);
                }}
              >
                {t("own.close", { file: run.file })}
              </Button>
            </div>
          </EvidenceSection>
        );
      })}
    </section>
  );
}
