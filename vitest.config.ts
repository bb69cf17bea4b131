import { playwright } from "@vitest/browser-playwright";
import { defineConfig } from "vitest/config";
import { browserArgs, findBrowser } from "./scripts/find-browser.mjs";
import { isolationHeaders } from "./scripts/headers.mjs";

const executablePath = findBrowser();

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          environment: "node",
          include: ["src/**/*.test.ts", "scripts/**/*.test.mjs"],
          exclude: ["src/**/*.gpu.test.ts"],
          testTimeout: 120_000,
        },
      },
      {
        server: { headers: isolationHeaders },
        test: {
          name: "gpu",
          include: ["src/**/*.gpu.test.ts", "src/**/*.test.tsx"],
          testTimeout: 300_000,
          fileParallelism: false,
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            instances: [{ browser: "chromium" }],
            provider: playwright({
              launchOptions: { args: browserArgs, ...(executablePath === null ? {} : { executablePath }) },
            }),
          },
        },
      },
    ],
  },
});
