/**
 * @file The one place where store, worker, history and view meet.
 *
 * `#evidence` in the address is the evidence page. Flags in the address, all optional:
 * - `?backend=wasm` or `?backend=webgpu` takes that backend and no other; without it WebGPU is tried first, then WASM;
 * - `?lang=en` or `?lang=ja` opens the page in that language, whatever was chosen before;
 * - `?gallery` shows every chart in every state instead of the page, on made-up fixtures and without the model.
 */
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { openLogStorage } from "./adapt/log-storage.ts";
import { openVersionStorage } from "./adapt/version-storage.ts";
import { present } from "./core/invariant.ts";
import { openHistory } from "./history/open-history.ts";
import { makeBrowserFetcher } from "./model/browser-fetcher.ts";
import { loadPreferenceSpace } from "./model/load-preference-space.ts";
import { makeAppStore } from "./state/app-store.ts";
import { makeAssets } from "./state/assets.ts";
import { makeEvidenceStore } from "./state/evidence-store.ts";
import { makeLabStore } from "./state/lab-store.ts";
import { makeLearningStore } from "./state/learning-store.ts";
import { browserText } from "./state/taste-decisions.ts";
import { makeTasteStore } from "./state/taste-store.ts";
import { App } from "./view/App.tsx";
import { languages, preferredLanguage } from "./view/i18n/language.ts";
import { makeI18n } from "./view/i18n/make-i18n.ts";
import { readPreference, rememberPreference } from "./view/preference.ts";
import { makeEngineClient } from "./worker/client.ts";
import type { LabCalls } from "./worker/lab-protocol.ts";
import { labSchemas } from "./worker/lab-schema.ts";
import type { LearningCalls } from "./worker/learning-protocol.ts";
import { learningSchemas } from "./worker/learning-schema.ts";
import type { TasteCalls } from "./worker/taste-protocol.ts";
import { tasteSchemas } from "./worker/taste-schema.ts";
import { makeWorkerClient } from "./worker/worker-client.ts";

const flags = new URLSearchParams(location.search);
const backend = (["wasm", "webgpu"] as const).find((name) => name === flags.get("backend")) ?? "auto";
const language =
  languages.find((name) => name === flags.get("lang")) ?? preferredLanguage(navigator.languages);
const gallery = flags.has("gallery");

const folder = (name: string) => new URL(`${import.meta.env.BASE_URL}${name}/`, document.baseURI).pathname;
const folders = {
  baseUrl: folder("models/smollm2-135m-instruct-12l"),
  packUrl: folder("packs/movies"),
  samplesUrl: folder("samples"),
};

const engine = makeEngineClient(
  () => new Worker(new URL("./worker/engine.worker.ts", import.meta.url), { type: "module" }),
);
const [i18n, history] = await Promise.all([
  makeI18n(language),
  openHistory({ freeSpace: dropCachedFiles, persist: async () => navigator.storage?.persist() }),
]);
const store = makeAppStore({
  call: engine.call,
  history,
  assets: makeAssets(fetch, folders),
  now: Date.now,
  model: { baseUrl: folders.baseUrl, packUrl: folders.packUrl, backend },
});
const fetcher = makeBrowserFetcher({
  fetch,
  caches: globalThis.caches,
  baseUrl: new URL("/", location.href).href,
});
const learningWorker = makeWorkerClient<LearningCalls>(
  "learning",
  learningSchemas,
  () => new Worker(new URL("./worker/learning.worker.ts", import.meta.url), { type: "module" }),
);
const EPSILON = "becausal-epsilon";
const learning = makeLearningStore({
  call: learningWorker.call,
  app: store,
  openLog: () => openLogStorage({ freeSpace: dropCachedFiles }),
  openVersions: () => openVersionStorage({ freeSpace: dropCachedFiles }),
  loadSpace: async () => (await loadPreferenceSpace(fetcher, folders.packUrl)).space,
  remembered: {
    read: () => readPreference(EPSILON),
    remember: (epsilon) => rememberPreference(EPSILON, epsilon),
  },
  channel: typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel("becausal-learning"),
  now: Date.now,
});
const tasteWorker = makeWorkerClient<TasteCalls>(
  "taste",
  tasteSchemas,
  () => new Worker(new URL("./worker/taste.worker.ts", import.meta.url), { type: "module" }),
);
const taste = makeTasteStore({
  call: tasteWorker.call,
  engine: engine.call,
  app: store,
  storage: browserText("becausal-taste"),
  packUrl: folders.packUrl,
  now: Date.now,
});
const lab = makeLabStore(
  makeWorkerClient<LabCalls>(
    "lab",
    labSchemas,
    () => new Worker(new URL("./worker/lab.worker.ts", import.meta.url), { type: "module" }),
  ).call,
);
const evidence = makeEvidenceStore(fetch, `${folder("evidence")}summary.json`);

createRoot(present(document.getElementById("root"), "the page's root element")).render(
  <StrictMode>
    <App
      store={store}
      evidence={evidence}
      lab={lab}
      taste={taste}
      learning={learning}
      i18n={i18n}
      gallery={gallery}
    />
  </StrictMode>,
);
if (!gallery) await Promise.all([store.intentions.start(), learning.intentions.start()]);

/** Makes room for what the person made: the model's files can be fetched again, a history and a log cannot. */
async function dropCachedFiles(): Promise<void> {
  const names = await globalThis.caches?.keys();
  await Promise.all(
    names?.filter((name) => name.startsWith("becausal-")).map((name) => caches.delete(name)) ?? [],
  );
}
