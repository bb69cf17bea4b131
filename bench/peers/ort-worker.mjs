// onnxruntime-web at its best for this job: graphs made for it, logits where they are wanted, key and value caches that stay
// as they are between calls, and for the slate the faster of two ways: one call per continuation, or one batch padded on the right.
const DIST = "/node_modules/onnxruntime-web/dist/";

const LAYERS = 30;
const CACHE_NAMES = Array.from({ length: LAYERS }, (_, layer) => [
  `present.${layer}.key`,
  `present.${layer}.value`,
]).flat();

let ort = null;
let session = null;
let device = "wasm";
// GroupQueryAttention continues one row at a time.
let canBatch = false;

const methods = {
  /** graph: a path on this origin. backend: "wasm" or "webgpu". */
  async load({ graph, backend, threads }) {
    const start = performance.now();
    device = backend;
    canBatch = backend === "wasm" && !graph.includes("gqa");
    ort = await import(`${DIST}${backend === "webgpu" ? "ort.webgpu.min.mjs" : "ort.wasm.min.mjs"}`);
    ort.env.wasm.wasmPaths = DIST;
    ort.env.wasm.numThreads = threads;
    ort.env.logLevel = "error";
    const bytes = new Uint8Array(await (await fetch(graph)).arrayBuffer());
    const options = { executionProviders: [backend], graphOptimizationLevel: "all" };
    // On WebGPU the caches stay on the GPU.
    if (backend === "webgpu")
      options.preferredOutputLocation = Object.fromEntries([
        ["logits", "cpu"],
        ...CACHE_NAMES.map((name) => [name, "gpu-buffer"]),
      ]);
    session = await ort.InferenceSession.create(bytes, options);
    return { loadMs: performance.now() - start, threads: ort.env.wasm.numThreads };
  },

  async prefill({ tokens }) {
    const start = performance.now();
    const { logits, cache } = await run([tokens], null);
    const ms = performance.now() - start;
    drop(cache);
    return { ms, answer: likeliest(logits), tokens: tokens.length };
  },

  /** Prefix once, then its continuations, in both ways where the graph can do both. */
  async slate({ tokens: prefix }, pieces) {
    const continuations = pieces.map(({ tokens }) => tokens);
    const ways = canBatch ? ["batched", "sequential"] : ["sequential"];
    const results = [];
    for (const way of ways) {
      const start = performance.now();
      const first = await run([prefix], null);
      const answers =
        way === "sequential"
          ? await oneByOne(first.cache, prefix.length, continuations)
          : await inOneBatch(first.cache, prefix.length, continuations);
      const ms = performance.now() - start;
      drop(first.cache);
      results.push({ way, ms, answers });
    }
    return results;
  },
};

async function oneByOne(cache, past, continuations) {
  const answers = [];
  for (const tokens of continuations) {
    const { logits, cache: longer } = await run([tokens], { cache, past });
    drop(longer);
    answers.push(likeliest(logits));
  }
  return answers;
}

async function inOneBatch(cache, past, continuations) {
  const rows = continuations.length;
  const tiled = Object.fromEntries(
    Object.entries(cache).map(([name, { data, dims }]) => {
      const copy = new Float32Array(data.length * rows);
      for (let row = 0; row < rows; row++) copy.set(data, row * data.length);
      return [name, new ort.Tensor("float32", copy, [rows, ...dims.slice(1)])];
    }),
  );
  const { logits, vocabulary } = await run(continuations, { cache: tiled, past });
  return continuations.map((_, row) => likeliest(logits.subarray(row * vocabulary, (row + 1) * vocabulary)));
}

/** One call. Rows of different lengths are padded on the right, where nothing looks back at them. */
async function run(rows, continued) {
  const length = Math.max(...rows.map((row) => row.length));
  const past = continued?.past ?? 0;
  const ids = new BigInt64Array(rows.length * length);
  for (const [row, tokens] of rows.entries())
    for (const [at, token] of tokens.entries()) ids[row * length + at] = BigInt(token);
  const int64 = (data, dims) => new ort.Tensor("int64", data, dims);
  const feeds = {
    input_ids: int64(ids, [rows.length, length]),
    attention_mask: int64(new BigInt64Array(rows.length * (past + length)).fill(1n), [
      rows.length,
      past + length,
    ]),
    last: int64(
      BigInt64Array.from(rows, (row) => BigInt(row.length - 1)),
      [rows.length, 1],
    ),
  };
  for (const name of session.inputNames)
    if (name.startsWith("past_key_values"))
      feeds[name] =
        continued?.cache[name] ?? new ort.Tensor("float32", new Float32Array(0), [rows.length, 3, 0, 64]);
  const outputs = await session.run(feeds);
  const cache = Object.fromEntries(
    session.outputNames
      .filter((name) => name.startsWith("present"))
      .map((name) => [name.replace("present", "past_key_values"), outputs[name]]),
  );
  const { data, dims } = outputs.logits;
  return { logits: data, vocabulary: dims.at(-1), cache };
}

function drop(cache) {
  if (device === "webgpu") for (const tensor of Object.values(cache)) tensor.dispose();
}

function likeliest(logits) {
  let token = 0;
  for (let i = 1; i < logits.length; i++) if (logits[i] > logits[token]) token = i;
  let sum = 0;
  for (let i = 0; i < logits.length; i++) sum += Math.exp(logits[i] - logits[token]);
  return { token, probability: 1 / sum };
}

globalThis.onmessage = async ({ data: { method, args } }) => {
  try {
    globalThis.postMessage({ value: await methods[method](...args) });
  } catch (error) {
    globalThis.postMessage({ error: String(error?.stack ?? error) });
  }
};
