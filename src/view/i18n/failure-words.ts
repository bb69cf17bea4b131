import type { TFunction } from "i18next";
import type { Failure } from "../../core/failure.ts";
import type { Formats } from "./formats.ts";

/** What went wrong and what to do, in the person's language. */
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
      return t("failure.file-invalid", { file: failure.file, reason: clause(failure.reason) });
    case "model-unsupported":
      return t("failure.model-unsupported", { file: failure.file, reason: clause(failure.reason) });
    case "no-webgpu":
      return t("failure.no-webgpu", { reason: clause(failure.reason) });
    case "device-lost":
      return t("failure.device-lost", { reason: clause(failure.reason) });
    case "probe-mismatch":
      return t("failure.probe-mismatch", {
        backend: failure.backend,
        worst: formats.decimal(failure.worst),
        tolerance: formats.decimal(failure.tolerance),
      });
    case "unknown-title":
      return t("failure.unknown-title", {
        title: failure.title,
        nearest: formats.list(failure.nearest),
      });
    case "bad-request":
      return t("failure.bad-request", { reason: clause(failure.reason) });
    case "storage-failed":
      return t("failure.storage-failed", { operation: failure.operation, reason: clause(failure.reason) });
    case "cancelled":
      return t("failure.cancelled");
    case "bug":
      return t("failure.bug", { message: clause(failure.message) });
    default:
      return failure satisfies never;
  }
}

/** A reason from elsewhere, without the full stop that our sentence gives it. */
function clause(reason: string): string {
  return reason.replace(/[.。\s]+$/, "");
}
