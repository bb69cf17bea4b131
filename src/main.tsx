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
import { present } from "./core/invariant.ts";
import { openHistory } from "./history/open-history.ts";
import { makeAppStore } from "./state/app-store.ts";
import { makeAssets } from "./state/assets.ts";
import { makeEvidenceStore } from "./state/evidence-store.ts";
import { App } from "./view/App.tsx";
import { languages, preferredLanguage } from "./view/i18n/language.ts";
import { makeI18n } from "./view/i18n/make-i18n.ts";
import { makeEngineClient } from "./worker/client.ts";

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
const evidence = makeEvidenceStore(fetch, `${folder("evidence")}summary.json`);

createRoot(present(document.getElementById("root"), "the page's root element")).render(
  <StrictMode>
    <App store={store} evidence={evidence} i18n={i18n} gallery={gallery} />
  </StrictMode>,
);
if (!gallery) await store.intentions.start();

/** Makes room for the history: the model's files can be fetched again, the history cannot. */
async function dropCachedFiles(): Promise<void> {
  const names = await globalThis.caches?.keys();
  await Promise.all(
    names?.filter((name) => name.startsWith("becausal-")).map((name) => caches.delete(name)) ?? [],
  );
}
