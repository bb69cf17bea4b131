import { describe, expect, test } from "vitest";
import { brokenAudit, emptyAudit, plainAudit, soundAudit } from "../gallery/why-fixtures.ts";
import { languages } from "../i18n/language.ts";
import { accessibilityViolations, renderForTest } from "../render-for-test.tsx";
import { AuditBadge } from "./AuditBadge.tsx";

const lines = (host: Element) => [...host.querySelectorAll("li")].map(({ textContent }) => textContent);

describe("the audit badge", () => {
  test("says in words that a map holds up; the checks are folded away until asked for", async () => {
    const { host } = await renderForTest(<AuditBadge phase="done" audit={soundAudit} />);
    expect(host.querySelector("p")?.textContent).toContain("This map holds up. It passed 4 of 4 checks.");
    const more = host.querySelector("details")!;
    expect(more.open).toBe(false);
    host.querySelector("summary")?.click();
    await expect.poll(() => more.open).toBe(true);
    expect(lines(host)).toHaveLength(4);
    for (const line of lines(host)) expect(line).toContain("passed");
    expect(more.textContent).toContain("1,384 real runs of the model, 21.73 s.");
  });
  test("says why a map does not hold up, and which checks failed", async () => {
    const { host } = await renderForTest(<AuditBadge phase="done" audit={brokenAudit} open={true} />);
    const verdict = host.querySelector("p")?.textContent ?? "";
    expect(verdict).toMatch(/does not hold up.*strongest films.*random weights/);
    expect(verdict).not.toContain("It passed");
    expect(lines(host).map((line) => line?.includes("failed"))).toEqual([false, true, true, false]);
    expect(lines(host)[1]).toMatch(/1\.1.*at least 1\.5 times/);
  });
  test("shows the gap of a method that need not add up, as no failure", async () => {
    const { host } = await renderForTest(<AuditBadge phase="done" audit={plainAudit} open={true} />);
    expect(lines(host)).toHaveLength(3);
    expect(lines(host)[2]).toMatch(/not required.*0\.41 nats, and no failure/);
  });
  test("claims nothing of a map that no check fits", async () => {
    const { host } = await renderForTest(<AuditBadge phase="done" audit={emptyAudit} />);
    expect(host.querySelector("p")?.textContent).toContain("too small to be put to the test");
    expect(host.textContent).not.toContain("holds up");
  });
  test("shows how far it is while it runs", async () => {
    const { host } = await renderForTest(<AuditBadge phase="running" done={3} total={8} />);
    expect(host.textContent).toContain("3 of 8 runs");
    expect(host.querySelector("progress")?.position).toBeCloseTo(3 / 8);
  });
  test.for(languages)("has no accessibility violation (%s)", async (language) => {
    const { host } = await renderForTest(
      <>
        <h1>-</h1>
        <AuditBadge phase="done" audit={brokenAudit} open={true} />
        <AuditBadge phase="running" done={3} total={8} />
      </>,
      language,
    );
    expect(await accessibilityViolations(host)).toEqual([]);
  });
});
