import { type JSX, type Ref, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { LEAST_EFFECTIVE_SIZE } from "../../../evaluate/off-policy/overlap.ts";
import { useLearning } from "../../learning-context.tsx";
import { FailureNote } from "../FailureNote.tsx";
import { PageFrame } from "../PageFrame.tsx";
import { PageSection } from "../PageSection.tsx";
import { DoingSection } from "./DoingSection.tsx";
import styles from "./Learn.module.css";
import { LogSection } from "./LogSection.tsx";
import { tallyOf } from "./log-view.ts";
import { UpdateSection } from "./UpdateSection.tsx";
import { WorthSection } from "./WorthSection.tsx";

/** What was shown and why, what it is worth, and what would change. `arrived`: the person came here from another page, so that the focus follows. */
export function LearnPage({ arrived }: { readonly arrived: boolean }): JSX.Element {
  const { t } = useTranslation("learn");
  const phase = useLearning((state) => state.phase);
  const failure = useLearning((state) => state.failure);
  const rows = useLearning((state) => state.rows);
  const unreadable = useLearning((state) => state.unreadable);
  const versions = useLearning((state) => state.versions);
  const tally = useMemo(() => tallyOf(rows), [rows]);
  const [isErased, setErased] = useState(false);
  const empty = useRef<HTMLHeadingElement>(null);
  const hasLog = rows.length + unreadable > 0;
  const hasVersions = versions.records.length > 0;
  return (
    <PageFrame
      place="learn"
      arrived={arrived}
      heading={t("heading")}
      deck={t("deck")}
      aside={
        <>
          <p role="status" className={styles["status"]}>
            {phase === "opening" ? t("opening") : isErased && !hasLog ? t("shown.erased") : ""}
          </p>
          {failure !== null && <FailureNote failure={failure} />}
        </>
      }
    >
      {phase !== "failed" && <DoingSection />}
      {phase === "ready" && (
        <>
          {tally.usable === 0 && !hasVersions && <Empty headingRef={empty} />}
          {(hasLog || hasVersions) && (
            <LogSection
              tally={tally}
              onErased={() => {
                setErased(true);
                requestAnimationFrame(() => empty.current?.focus());
              }}
            />
          )}
          {tally.usable > 0 && <WorthSection usable={tally.usable} />}
          {(tally.usable > 0 || hasVersions) && <UpdateSection usable={tally.usable} />}
        </>
      )}
      <FurtherSection />
    </PageFrame>
  );
}

/** What to do, where there is nothing yet. */
function Empty({ headingRef }: { readonly headingRef: Ref<HTMLHeadingElement> }): JSX.Element {
  const { t } = useTranslation("learn");
  const epsilon = useLearning((state) => state.epsilon);
  return (
    <PageSection
      id="learn-empty"
      heading={t("empty.heading")}
      lead={t(epsilon === 0 ? "empty.off" : "empty.first")}
      headingRef={headingRef}
    >
      <div className={styles["part"]}>
        <p className={styles["quiet"]}>{t("empty.enough", { count: LEAST_EFFECTIVE_SIZE })}</p>
        <p className={styles["links"]}>
          <a href="#answer">{t("empty.link")}</a>
        </p>
      </div>
    </PageSection>
  );
}

/** Where the methods are held against a truth. */
function FurtherSection(): JSX.Element {
  const { t } = useTranslation("learn");
  return (
    <PageSection id="learn-further" heading={t("further.heading")} lead={t("further.lead")}>
      <div className={styles["part"]}>
        <p className={styles["links"]}>
          <a href="#lab">{t("further.lab")}</a>
          <span>
            {t("further.docs")} <code lang="en">docs/learning.md</code>
          </span>
        </p>
        <p className={styles["quiet"]}>{t("further.paper")}</p>
      </div>
    </PageSection>
  );
}
