import type { TFunction } from "i18next";
import type { Failure } from "../../core/failure.ts";
import type { Formats } from "./formats.ts";

/** What went wrong and what to do, in the person's language; {@link failureDetail} has what cannot be translated. */
export function failureWords(t: TFunction, formats: Formats, failure: Failure): string {
  switch (failure.kind) {
    case "file-missing":
      return t("failure.file-missing", { file: failure.file });
    case "file-short":
      return t("failure.file-short", {
        file: failure.file,
        actual: formats.bytes(failure.actualBytes),
        expected: formats.bytes(failure.expectedBytes),
      });
    case "file-altered":
      return t("failure.file-altered", { file: failure.file });
    case "file-invalid":
      return t("failure.file-invalid", { file: failure.file });
    case "model-unsupported":
      return t("failure.model-unsupported", { file: failure.file });
    case "no-webgpu":
      return t("failure.no-webgpu");
    case "device-lost":
      return t("failure.device-lost");
    case "device-lost-twice":
      return t("failure.device-lost-twice");
    case "out-of-memory":
      return t(failure.part === "weights" ? "failure.weights-do-not-fit" : "failure.pass-does-not-fit", {
        backend: deviceName(t, failure.backend),
      });
    case "probe-mismatch":
      // After the processor there is nothing left to turn to.
      return t(failure.backend === "wasm" ? "failure.probe-mismatch-everywhere" : "failure.probe-mismatch", {
        backend: deviceName(t, failure.backend),
        worst: formats.decimal(failure.worst),
        tolerance: formats.decimal(failure.tolerance),
      });
    case "unknown-title":
      return t("failure.unknown-title", {
        title: failure.title,
        nearest: formats.list(failure.nearest),
      });
    case "titles-needed":
      return t("failure.titles-needed", { pack: failure.pack });
    case "bad-request":
      return t("failure.bad-request");
    case "storage-failed":
      return t("failure.storage-failed", { operation: failure.operation });
    case "cancelled":
      return t("failure.cancelled");
    case "bug":
      return t("failure.bug");
    default:
      return failure satisfies never;
  }
}

/** What the engine, a driver or the browser said of it, in English whatever the page's language; null where there is nothing to add. */
export function failureDetail(failure: Failure): string | null {
  if (failure.kind === "bug") return failure.message;
  return "reason" in failure ? failure.reason : null;
}

function deviceName(t: TFunction, backend: string): string {
  return t(backend === "wasm" ? "failure.processor" : "failure.gpu");
}
