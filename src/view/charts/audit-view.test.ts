import { describe, expect, test } from "vitest";
import { brokenAudit, soundAudit } from "../gallery/why-fixtures.ts";
import { makeFormats } from "../i18n/formats.ts";
import { languages } from "../i18n/language.ts";
import { makeI18n } from "../i18n/make-i18n.ts";
import { auditFailures, auditLine } from "./audit-view.ts";

describe.each(languages)("the findings of an audit in %s", (language) => {
  test("give one sentence for every check that failed, with its value and its bound", async () => {
    const { t } = await makeI18n(language);
    const failures = auditFailures(t, makeFormats(language), brokenAudit);
    expect(failures).toHaveLength(2);
    expect(failures[0]).toMatch(/1\.1.*1\.5/);
    expect(failures[1]).toMatch(/0\.82.*0\.67/);
    expect(auditFailures(t, makeFormats(language), soundAudit)).toEqual([]);
  });
  test("give a line for every check, with nothing left to fill in", async () => {
    const { t } = await makeI18n(language);
    for (const check of soundAudit.checks) {
      const line = auditLine(t, makeFormats(language), soundAudit, check);
      expect(line).not.toMatch(/\{\{|audit\./);
    }
  });
  test("say that a correlation is not defined rather than print it", async () => {
    const { t } = await makeI18n(language);
    const check = { name: "randomised", passed: false, value: Number.NaN, bound: 0.15 } as const;
    const line = auditLine(t, makeFormats(language), soundAudit, check);
    expect(line).toContain("–");
    expect(line).not.toContain("NaN");
  });
});
