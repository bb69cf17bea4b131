// `npm run samples`: computes public/samples/answer.json, the stored answer that the first screen paints, with the page's own code on
// the shipped model. Nothing in that file is written by hand. `--check` writes nothing and fails if the file is out of date.
// `--pack FOLDER` takes another pack.
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { createServer } from "vite";

/** Which sample history is answered. */
const SAMPLE = "film-noir";
const TOP = 10;
/** Two machines round differently; a difference beyond this in any number is another answer. */
const TOLERANCE = 1e-3;

const { values } = parseArgs({
  options: {
    check: { type: "boolean", default: false },
    pack: { type: "string", default: "public/packs/movies" },
    out: { type: "string", default: "public/samples/answer.json" },
  },
});
const root = fileURLToPath(new URL("..", import.meta.url));
const inRoot = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));

const vite = await createServer({
  root,
  server: { middlewareMode: true },
  appType: "custom",
  logLevel: "error",
});
try {
  const load = (path) => vite.ssrLoadModule(path);
  const { makeOpenModel } = await load("/src/worker/open-model.ts");
  const { makeEngineHandlers } = await load("/src/worker/engine-handlers.ts");
  const { diskFetcher } = await load("/src/cli/disk-fetcher.ts");
  const { readSampleAnswer } = await load("/src/state/sample-answer.ts");
  const { readSampleHistories } = await load("/src/state/sample-histories.ts");

  const file = inRoot("public/samples/histories.json");
  const histories = readSampleHistories(await readFile(file), file);
  const historyMovieIds = histories.find(({ id }) => id === SAMPLE).movieIds;
  const catalogue = JSON.parse(await readFile(`${values.pack}/catalogue.json`, "utf8"));
  const { name } = JSON.parse(await readFile(`${values.pack}/manifest.json`, "utf8"));
  const items = historyMovieIds.map((id) => catalogue.items.find(({ movieId }) => movieId === id).id);

  const handlers = makeEngineHandlers(makeOpenModel(diskFetcher));
  const context = { signal: new AbortController().signal, onProgress: () => undefined };
  const folders = { baseUrl: inRoot("public/models/smollm2-135m-instruct-12l"), packUrl: values.pack };
  const { backend, layers } = await handlers.load({ ...folders, backend: "wasm" }, context);
  const recommendation = await handlers.recommend({ history: items, seen: items, top: TOP }, context);
  const candidates = recommendation.ranked.map(({ item }) => item);
  const matrix = await handlers.explain(
    { history: items, candidates, question: "total", method: "leave-one-out", seed: 1 },
    context,
  );

  const film = (id) => catalogue.items[id];
  const answer = {
    schema: "becausal-sample-answer/1",
    madeWith: { backend, layers, pack: name },
    historyMovieIds,
    films: [...new Set([...items, ...candidates])].map(film),
    recommendation: {
      ...recommendation,
      ranked: recommendation.ranked.map((each) => ({ ...each, movieId: film(each.item).movieId })),
    },
    matrix,
  };
  const bytes = Buffer.from(`${JSON.stringify(answer, null, 1)}\n`);
  readSampleAnswer(bytes, values.out);
  if (values.check) check(JSON.parse(await readFile(inRoot(values.out), "utf8")), answer);
  else await writeFile(inRoot(values.out), bytes);
  console.log(`${values.out}: ${values.check ? "is what the model answers" : "written"}`);
} finally {
  await vite.close();
}

/** Throws where the stored answer is another than the computed one; the time it took may differ. */
function check(stored, computed, path = "answer") {
  if (path === "answer.recommendation.milliseconds") return;
  if (typeof computed === "number" && typeof stored === "number") {
    if (Math.abs(stored - computed) <= TOLERANCE) return;
  } else if (
    typeof computed === "object" &&
    computed !== null &&
    typeof stored === "object" &&
    stored !== null
  ) {
    const keys = new Set([...Object.keys(stored), ...Object.keys(computed)]);
    for (const key of keys) check(stored[key], computed[key], `${path}.${key}`);
    return;
  } else if (stored === computed) return;
  throw new Error(`${path} is ${stored} in the file and ${computed} now. Run \`npm run samples\`.`);
}
