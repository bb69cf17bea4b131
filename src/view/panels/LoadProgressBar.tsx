import type { TFunction } from "i18next";
import type { JSX } from "react";
import { useTranslation } from "react-i18next";
import type { LoadProgress } from "../../worker/protocol.ts";
import type { Formats } from "../i18n/formats.ts";
import { useFormats } from "../i18n/use-formats.ts";
import styles from "./LoadProgressBar.module.css";

/** One bar for everything that is fetched; the stages after it are named, since their length is not known. */
export function LoadProgressBar({ progress }: { readonly progress: LoadProgress | null }): JSX.Element {
  const { t } = useTranslation();
  const formats = useFormats();
  const fetching = progress?.stage === "fetching" && progress.totalBytes > 0;
  return (
    <div className={styles["load"]}>
      <progress
        aria-label={t("engine.progressLabel")}
        max={1}
        {...(fetching ? { value: progress.loadedBytes / progress.totalBytes } : {})}
      />
      <p>{stageWords(t, formats, progress)}</p>
    </div>
  );
}

function stageWords(t: TFunction, formats: Formats, progress: LoadProgress | null): string {
  if (progress === null) return t("engine.fetchingStart");
  if (progress.stage !== "fetching") return t(`engine.${progress.stage}`);
  return t("engine.fetching", {
    loaded: formats.bytes(progress.loadedBytes),
    total: formats.bytes(progress.totalBytes),
  });
}
