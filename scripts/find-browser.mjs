// One place that knows where a Chromium is: used by the demo, the tests and the benchmarks.
import { existsSync } from "node:fs";
import { chromium } from "playwright";

const installed = [
  process.env["BECAUSAL_BROWSER"],
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
];

/** Path of a Chromium: an installed one first, else Playwright's own, else null. */
export function findBrowser() {
  const own = () => {
    const path = chromium.executablePath();
    return existsSync(path) ? path : null;
  };
  return installed.find((path) => path !== undefined && existsSync(path)) ?? own();
}

/** SwiftShader gives WebGPU on a machine without a GPU; the rest keeps the browser from calling home. */
export const browserArgs = [
  "--no-sandbox",
  "--enable-unsafe-webgpu",
  "--use-webgpu-adapter=swiftshader",
  "--disable-background-networking",
  "--disable-component-update",
];

export const howToInstall =
  "No Chromium or Chrome was found. Install one with `npx playwright install chromium` or `apt-get install chromium`, or set BECAUSAL_BROWSER to its path.";
