import { type JSX, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { confidenceOfLook, FALSE_ACCEPTANCE } from "../../../adapt/update.ts";
import { currentVersion } from "../../../adapt/versions.ts";
import { SentenceGap } from "../../charts/SentenceGap.tsx";
import { Toggle } from "../../charts/Toggle.tsx";
import { useFormats } from "../../i18n/use-formats.ts";
import { useLearning, useLearningIntentions } from "../../learning-context.tsx";
import { Button } from "../Button.tsx";
import { FailureNote } from "../FailureNote.tsx";
import { PageSection } from "../PageSection.tsx";
import styles from "./Learn.module.css";
import { Verdict } from "./Verdict.tsx";
import { VersionTable } from "./VersionTable.tsx";

const OBJECTIVES = ["cpo", "dr-cpo"] as const;

/** Asks for an update, says what comes of it, puts it into force and takes it back. `usable`: rounds that can be learned from. */
export function UpdateSection({ usable }: { readonly usable: number }): JSX.Element {
  const { t } = useTranslation("learn");
  const formats = useFormats();
  const proposal = useLearning((state) => state.proposal);
  const versions = useLearning((state) => state.versions);
  const looks = useLearning((state) => state.looks);
  const { propose, adopt, undo } = useLearningIntentions();
  const [objective, setObjective] = useState<(typeof OBJECTIVES)[number]>("dr-cpo");
  const [said, setSaid] = useState("");
  const heading = useRef<HTMLHeadingElement>(null);
  const record = currentVersion(versions);
  const isComputing = proposal.phase === "computing";
  return (
    <PageSection id="learn-update" heading={t("update.heading")} lead={t("update.lead")} headingRef={heading}>
      {usable > 0 && (
        <div className={styles["part"]}>
          <Toggle
            label={t("update.method")}
            value={objective}
            options={OBJECTIVES.map((each) => [each, t(`update.methods.${each}`)] as const)}
            onChoose={setObjective}
          />
          <p className={styles["quiet"]}>{t(`update.methodHelp.${objective}`)}</p>
          <div className={styles["tools"]}>
            <Button
              aria-disabled={isComputing}
              onClick={() => {
                setSaid("");
                if (!isComputing) void propose(objective);
              }}
            >
              {t("update.propose", { count: usable })}
            </Button>
          </div>
          <p className={styles["quiet"]}>
            {looks > 0 && t("update.looks", { count: looks })}
            {looks > 0 && <SentenceGap />}
            {t("update.looksHelp", {
              next: formats.percent(confidenceOfLook(looks + 1)),
              share: formats.percent(FALSE_ACCEPTANCE),
            })}
          </p>
        </div>
      )}
      <p className={styles["status"]} role="status">
        {isComputing ? t("update.computing") : said}
      </p>
      {proposal.phase === "failed" && <FailureNote failure={proposal.failure} />}
      {proposal.phase === "made" && (
        <Verdict
          proposal={proposal}
          usable={usable}
          onAccept={async () => {
            heading.current?.focus();
            await adopt();
          }}
        />
      )}
      {record !== null && (
        <div className={styles["part"]}>
          <p className={styles["headline"]}>{t("update.inForce", { version: record.version })}</p>
          <div>
            <Button
              onClick={async () => {
                heading.current?.focus();
                await undo();
                setSaid(t("update.undone"));
              }}
            >
              {record.parent === 0 ? t("update.undoTrained") : t("update.undo", { version: record.parent })}
            </Button>
          </div>
        </div>
      )}
      {versions.records.length > 0 && <VersionTable versions={versions} />}
    </PageSection>
  );
}
