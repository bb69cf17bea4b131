/**
 * @file `bench.html`: times the engine in this browser. Programs call {@link globalThis.bench}, people press the button; both fill the table.
 *
 * `?lang=en` or `?lang=ja` chooses the language, as on the main page.
 */
import "./view/fonts.ts";
import "./view/theme.css";
import { benchInWorker } from "./bench/bench-client.ts";
import { type BenchResult, readBenchOptions } from "./bench/bench-options.ts";
import styles from "./bench/bench-page.module.css";
import { benchTable } from "./bench/bench-table.ts";
import type { BenchReport } from "./bench/run-bench.ts";
import { describeFailure, toFailure } from "./core/failure.ts";
import { present } from "./core/invariant.ts";
import { languages, preferredLanguage } from "./view/i18n/language.ts";
import { makeI18n } from "./view/i18n/make-i18n.ts";

declare global {
  /**
   * Times the engine in a worker of its own. Resolves to `{backend, threads, load_ms, prefill_tokens, prefill_ms[], slate_ms[],
   * heatmap_ms[]}`, milliseconds, one entry per repetition. Options, all of them optional:
   *
   * - `backend`: `"auto"` (WebGPU where it works, else WASM; the default), `"webgpu"` or `"wasm"` (that one or a rejection);
   * - `threads`: of the WASM backend, 1 to 16; as many as there are cores where absent;
   * - `repetitions`: timed runs of each figure, after one that is not timed; 1 to 1000, default 5;
   * - `prompt_tokens`: length of the prefill, 1 to 2048, default 256;
   * - `depth`: layers of the model, default 12. Up to 12 the embedded base and the pack's own adapter are used; beyond (the published
   *   file has 30) the file that `npm run model:full` fetches, with the adapter's layers used again from the first;
   * - `figures`: which of `"prefill"`, `"slate"`, `"heatmap"` are timed; all where absent. The others' lists stay empty.
   *
   * Calls run one after another. Rejects with an Error named `FailureError` whose `failure` says what was wrong and whose message says
   * it in English: `bad-request` for options that are none and for a depth without its file, `no-webgpu`, or a failure of loading.
   */
  var bench: (options?: unknown) => Promise<BenchResult>;
}

const asked = new URLSearchParams(location.search).get("lang");
const language = languages.find((name) => name === asked) ?? preferredLanguage(navigator.languages);
const { t } = await makeI18n(language);
document.documentElement.lang = language;
document.title = t("bench.title");

const root = present(document.getElementById("root"), "the page's root element");
root.className = present(styles["page"], "the page's style");
const heading = document.createElement("h1");
heading.textContent = t("bench.heading");
const intro = document.createElement("p");
intro.textContent = t("bench.intro");
const button = document.createElement("button");
button.type = "button";
button.textContent = t("bench.run");
const status = document.createElement("p");
status.role = "status";
const results = document.createElement("div");
results.className = present(styles["scroll"], "the table's style");
// A region that scrolls sideways must be reachable by keyboard.
results.tabIndex = 0;
results.role = "region";
results.ariaLabel = t("bench.results");
root.append(heading, intro, button, status, results);

const folder = (name: string) => new URL(`${import.meta.env.BASE_URL}${name}`, document.baseURI).pathname;
const folders = {
  base: folder("models/smollm2-135m-instruct-12l"),
  pack: folder("packs/movies"),
  full: folder("full-model"),
};

let lastRun: Promise<unknown> = Promise.resolve();

async function timeEngine(options?: unknown): Promise<BenchResult> {
  const wanted = readBenchOptions(options);
  const before = lastRun;
  const run = before
    .catch(() => undefined)
    .then(() =>
      benchInWorker(
        () => new Worker(new URL("./bench/bench.worker.ts", import.meta.url), { type: "module" }),
        { options: wanted, folders },
        ({ stage, done }) => {
          status.textContent = t(`bench.${stage}`, { done, total: wanted.repetitions });
        },
      ),
    );
  lastRun = run;
  button.disabled = true;
  root.ariaBusy = "true";
  try {
    const report = await run;
    show(report);
    return report.result;
  } catch (thrown) {
    // The wording for programs; the engine's own page words failures for people.
    status.textContent = describeFailure(toFailure(thrown));
    throw thrown;
  } finally {
    if (lastRun === run) {
      button.disabled = false;
      root.ariaBusy = "false";
    }
  }
}

function show(report: BenchReport): void {
  const { notes } = report;
  status.textContent = [t("bench.done"), ...(notes.adapter === "repeated" ? [t("bench.repeated")] : [])].join(
    " ",
  );
  root.dataset["notes"] = JSON.stringify(notes);
  results.replaceChildren(benchTable(t, language, report));
}

globalThis.bench = timeEngine;
button.addEventListener("click", () => {
  // What went wrong stands on the page already.
  timeEngine().catch(() => undefined);
});
