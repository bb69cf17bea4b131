import { browserArgs, findBrowser } from "../scripts/find-browser.mjs";
import { expect, test } from "./fixtures.ts";

test.use({
  launchOptions: {
    executablePath: findBrowser()!,
    args: [
      ...browserArgs.filter((arg) => !arg.includes("webgpu")),
      "--disable-features=WebGPU,WebGPUService",
    ],
  },
});

test("without WebGPU the processor does the work, and the page says so", async ({ app }) => {
  await app.openWith("", [["toy st", "Toy Story"]]);
  await app.answered();
  await expect(app.engine.locator("[data-backend]")).toHaveAttribute("data-backend", "wasm");
  await expect(app.engine).toContainText("Why not the GPU");
  await expect(app.engine).toContainText("This browser offers no WebGPU");
  expect(await app.top()).toHaveLength(10);
});

test("in Japanese the reason is Japanese, and the driver's own words stand apart", async ({ app }) => {
  await app.open("?lang=ja");
  await app.ready();
  await expect(app.engine).toContainText("GPUを使わない理由");
  await expect(app.engine).toContainText("このブラウザではWebGPUを使えないため、CPUで計算します。");
  await expect(app.engine.getByText("技術的な詳細：").locator('[lang="en"]')).toHaveText(/\w/);
});

test("WebGPU asked for by name is not replaced behind one's back", async ({ app }) => {
  await app.open("?backend=webgpu");
  await expect(app.engine).toHaveAttribute("data-phase", "failed");
  await expect(app.engine.getByRole("alert")).toContainText("WebGPU");
  await app.add("toy st", "Toy Story");
  await app.page.reload();
  await expect(app.entry("Toy Story")).toBeVisible();
});
