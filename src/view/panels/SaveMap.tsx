import { type JSX, useId, useState } from "react";
import { useTranslation } from "react-i18next";
import type { AuditReport } from "../../attribution/audit.ts";
import type { EffectMatrix } from "../../attribution/effect.ts";
import { type Failure, toFailure } from "../../core/failure.ts";
import type { Explanation } from "../../state/explanation-state.ts";
import { exportWords } from "../charts/export/export-words.ts";
import { heatmapCsv } from "../charts/export/heatmap-csv.ts";
import { heatmapSvg } from "../charts/export/heatmap-svg.ts";
import { svgToPng } from "../charts/export/svg-to-png.ts";
import { toLanguage } from "../i18n/language.ts";
import { useFormats } from "../i18n/use-formats.ts";
import { useIntentions } from "../store-context.tsx";
import { Button } from "./Button.tsx";
import styles from "./EffectsPanel.module.css";
import { FailureNote } from "./FailureNote.tsx";
import { mapJson } from "./map-json.ts";
import { saveFile } from "./save-file.ts";
import type { EffectMap } from "./use-effect-map.ts";

export interface SaveMapProps {
  readonly explanation: Explanation;
  readonly map: EffectMap;
  readonly report: AuditReport | null;
}

const NAME = "becausal-map";

/** The map as a file: data, a table, a picture. A map that failed its audit says so in every one that can. */
export function SaveMap({ explanation, map, report }: SaveMapProps): JSX.Element {
  const { t, i18n } = useTranslation();
  const formats = useFormats();
  const id = useId();
  const [failure, setFailure] = useState<Failure | null>(null);
  const { collectEvidence } = useIntentions();
  const saveEvidence = (matrix: EffectMatrix) => async () =>
    saveFile("becausal-evidence.json", await collectEvidence(matrix));
  const words = () => exportWords(t, toLanguage(i18n.language));
  const svg = () => heatmapSvg({ ...map, trusted: report?.passed ?? true }, formats, words());
  const kinds = [
    ["JSON", () => saveFile(`${NAME}.json`, mapJson(explanation, report))],
    ["CSV", () => saveFile(`${NAME}.csv`, heatmapCsv(map, words()), "text/csv;charset=utf-8")],
    ["SVG", () => saveFile(`${NAME}.svg`, svg(), "image/svg+xml")],
    ["PNG", async () => saveFile(`${NAME}.png`, await svgToPng(svg()))],
    ...(explanation.matrix === null
      ? []
      : ([[t("saved.evidence"), saveEvidence(explanation.matrix)]] as const)),
  ] as const;
  const save = async (make: () => void | Promise<void>) => {
    setFailure(null);
    try {
      await make();
    } catch (thrown) {
      setFailure(toFailure(thrown));
    }
  };
  return (
    <>
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset is for what is filled in. */}
      <div role="group" aria-labelledby={id} className={styles["save"]}>
        <p id={id}>{t("saved.label")}</p>
        {kinds.map(([kind, make]) => (
          <Button key={kind} look="line" onClick={() => void save(make)}>
            {kind}
          </Button>
        ))}
      </div>
      {failure !== null && <FailureNote failure={failure} />}
    </>
  );
}
