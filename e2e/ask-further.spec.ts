import { readFile } from "node:fs/promises";
import { expect, test } from "./fixtures.ts";

test("a map is put to the test by itself, measured in another way, looked at closer and asked about other histories", async ({
  app,
  page,
}) => {
  await app.openWith("?backend=wasm", [
    ["toy st", "Toy Story"],
    ["matrix", "The Matrix"],
  ]);
  await app.answered();
  await app.explained();
  await app.audited();
  const report = await app.lastReply("audit");
  const verdict = report.passed ? "This map holds up" : "This map does not hold up";
  await expect(app.effects.locator("[data-audit]").getByRole("strong")).toHaveText(`${verdict}.`);
  await expect(app.effects.locator("td[data-cell]").first()).toBeVisible();

  const closer = page.getByRole("region", { name: "One recommendation, closer" });
  await closer.getByRole("tab", { name: "Title or pattern" }).click();
  await expect(closer.getByRole("table").first()).toBeVisible();
  const channels = await app.lastReply("channels");
  expect(channels.items).toHaveLength(2);
  await closer.getByRole("tab", { name: "Word by word" }).click();
  await expect(closer.locator("[data-token]").first()).toBeVisible();
  const [strip] = await app.lastReply("strip");
  await expect(closer.locator("[data-token]")).toHaveCount(strip!.tokens.length);

  await app.effects.getByRole("radio", { name: "Share out" }).click();
  await expect.poll(async () => (await app.lastReply("explain")).method).toBe("shapley");
  await app.audited();
  const shares = await app.lastReply("audit");
  expect(shares.completeness.expected).toBe(true);
  for (const error of shares.completeness.error) expect(Math.abs(error)).toBeLessThan(1e-4);

  const other = page.getByRole("region", { name: "Other histories" });
  await other.getByRole("button", { name: "Find the smallest change" }).click();
  await expect.poll(async () => other.getByRole("progressbar").getAttribute("value")).not.toBe("0");
  await other.getByRole("button", { name: "Stop the search" }).click();
  await expect(other).toContainText(/The search was stopped after \d+ real runs/);

  await other.getByRole("tab", { name: "What if I had also watched" }).click();
  await other.getByRole("combobox").fill("alien 1979");
  await other.getByRole("option").first().click();
  await expect(other).toContainText("Had you also watched Alien");
  const { before } = await app.lastReply("whatIf");
  const { ranked } = await app.lastReply("recommend");
  for (const { item, probability } of ranked)
    expect(before.find((each) => each.item === item)?.probability).toBeCloseTo(probability, 3);

  const download = page.waitForEvent("download");
  await app.effects.getByRole("button", { name: "JSON" }).click();
  const saved = JSON.parse(await readFile(await (await download).path(), "utf8"));
  const evidence = page.waitForEvent("download");
  await app.effects.getByRole("button", { name: "Evidence bundle" }).click();
  const bundle = JSON.parse(await readFile(await (await evidence).path(), "utf8"));
  expect(bundle.effects.shown.rows).toEqual(saved.rows);
  expect(bundle.effects.answers).toHaveLength(saved.forwardPasses);
  expect(bundle.audit.shown.passed).toBe(shares.passed);
  expect(saved).toMatchObject({
    schema: "becausal-map/1",
    method: "shapley",
    audit: { passed: shares.passed },
  });
});
