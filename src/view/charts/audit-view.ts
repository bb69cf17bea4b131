/** @file What the audit of a map looks like to the charts, and its findings in words. */
import type { TFunction } from "i18next";
import type { AuditCheck, AuditReport } from "../../attribution/audit.ts";
import type { Formats } from "../i18n/formats.ts";

/** The part of an audit report that is shown. */
export interface AuditView extends Pick<AuditReport, "checks" | "forwardPasses" | "milliseconds" | "passed"> {
  readonly completeness: Pick<AuditReport["completeness"], "error" | "expected">;
  readonly deletion: Pick<AuditReport["deletion"], "randomDraws">;
  readonly stability: Pick<NonNullable<AuditReport["stability"]>, "seeds"> | null;
}

/** Why a map does not hold up: one sentence for every check that failed; none where it holds up. */
export function auditFailures(t: TFunction, formats: Formats, audit: AuditView): readonly string[] {
  return audit.checks
    .filter(({ passed }) => !passed)
    .map((check) => t(`audit.fail.${check.name}`, figures(formats, check)));
}

/** What a check measured against what it asks for. */
export function auditLine(t: TFunction, formats: Formats, audit: AuditView, check: AuditCheck): string {
  return t(`audit.line.${check.name}`, {
    ...figures(formats, check),
    draws: formats.whole(audit.deletion.randomDraws),
    seeds: formats.whole(audit.stability?.seeds ?? 0),
  });
}

function figures(formats: Formats, { value, bound }: AuditCheck) {
  return { value: formats.precise(value), bound: formats.precise(bound) };
}
