import { defineConfig } from "@playwright/test";
import { browserArgs, findBrowser, howToInstall } from "./scripts/find-browser.mjs";

const executablePath = findBrowser();
if (executablePath === null) throw new Error(howToInstall);

export default defineConfig({
  testDir: "e2e",
  workers: 1,
  fullyParallel: false,
  timeout: 300_000,
  expect: { timeout: 60_000, toHaveScreenshot: { animations: "disabled", caret: "hide", scale: "css" } },
  snapshotPathTemplate: "{testDir}/screenshots/{arg}{ext}",
  reporter: [["list"], ["json", { outputFile: "test-results/e2e.json" }]],
  use: {
    baseURL: "http://localhost:4173",
    launchOptions: { executablePath, args: browserArgs },
    viewport: { width: 1280, height: 900 },
    deviceScaleFactor: 1,
    contextOptions: { reducedMotion: "reduce" },
    locale: "en-US",
    timezoneId: "UTC",
  },
  webServer: {
    command: "npm run build && npm run preview -- --strictPort",
    url: "http://localhost:4173",
    reuseExistingServer: !process.env["CI"],
    timeout: 180_000,
  },
});
