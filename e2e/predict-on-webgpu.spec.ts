import { App, expect, recordWire, test } from "./fixtures.ts";

test("the same job on WebGPU, named on the page, with the answer that WASM gives", async ({
  app,
  context,
}) => {
  test.setTimeout(600_000);
  await app.openWith("?backend=webgpu", [
    ["toy st", "Toy Story"],
    ["matrix", "The Matrix"],
  ]);
  await expect(app.engine).toHaveAttribute("data-phase", "ready", { timeout: 120_000 });
  await expect(app.engine.locator("[data-backend]")).toHaveAttribute("data-backend", "webgpu");
  await expect(app.engine).toContainText("GPU (WebGPU)");
  await expect(app.engine).toContainText(/swiftshader/i);
  await app.answered(480_000);
  await app.explained(480_000);
  await expect(app.cells).toHaveCount(2 * 10);
  const onGpu = await app.lastReply("recommend");
  const causesOnGpu = await app.lastReply("explain");
  await app.page.close();

  // The other tab finds the history where this one left it.
  const page = await context.newPage();
  await recordWire(page);
  const onWasm = new App(page);
  await onWasm.openReady("?backend=wasm");
  expect(await onWasm.titles()).toEqual(["Toy Story", "The Matrix"]);
  await onWasm.explained();
  const wasm = await onWasm.lastReply("recommend");
  const verdictOf = new Map(wasm.ranked.map(({ item, verdict }) => [item, verdict]));
  const shared = onGpu.ranked.filter(({ item }) => verdictOf.has(item));
  expect(shared.length).toBeGreaterThanOrEqual(9);
  for (const { item, verdict } of shared) expect(Math.abs(verdict - verdictOf.get(item)!)).toBeLessThan(0.03);
  const causes = await onWasm.lastReply("explain");
  for (const [row, { deltaNats }] of causes.rows.entries())
    for (const [i, item] of causes.candidates.entries()) {
      const column = causesOnGpu.candidates.indexOf(item);
      if (column === -1) continue;
      expect(Math.abs(causesOnGpu.rows[row]!.deltaNats[column]! - deltaNats[i]!)).toBeLessThan(0.03);
    }
});
