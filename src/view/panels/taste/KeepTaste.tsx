import type { JSX } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "../Button.tsx";
import { PageSection } from "../PageSection.tsx";
import { saveFile } from "../save-file.ts";
import styles from "./KeepTaste.module.css";
import { OpenedNote } from "./OpenedNote.tsx";
import { PersonaPicker } from "./PersonaPicker.tsx";
import { useTasteIntentions } from "./taste-context.tsx";

/** The taste as a file, and decisions out of one. */
export function KeepTaste(): JSX.Element {
  const { t } = useTranslation("taste");
  const { save } = useTasteIntentions();
  return (
    <PageSection id="taste-keep" gap="tight" heading={t("file.heading")} lead={t("file.lead")}>
      <div className={styles["tools"]}>
        <Button
          onClick={() => {
            const saved = save();
            if (saved !== null) saveFile(saved.name, saved.text);
          }}
        >
          {t("file.save")}
        </Button>
        <PersonaPicker use="mine" label={t("file.open")} />
      </div>
      <OpenedNote use="mine" />
    </PageSection>
  );
}
