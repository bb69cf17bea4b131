// The engine's speed, beside the runtimes that a page could use instead. In a browser (WASM on one thread and on two, WebGPU without a
// GPU) every run of ours is followed by one of the peer's, each in a browser of its own; a ratio is taken within such a pair.
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright";
import { build, preview } from "vite";
import { browserArgs, findBrowser, howToInstall } from "../scripts/find-browser.mjs";
import { peakMemory } from "./browser-memory.mjs";
import { importTool } from "./build-tool.mjs";
import { machine, median, root, saveResult } from "./machine.mjs";
import { servePeers } from "./peers/serve.mjs";

const MODELS = join(root, ".models");
const FULL_MODEL = join(MODELS, "SmolLM2-135M-Instruct.Q4_1.gguf");
const FULL_DEPTH = 30;
const SHIPPED_DEPTH = 12;
const PREFILL_TOKENS = 256;
const LENGTHS = [8, 33, 128, 256];
/** Largest difference of a likeliest token's probability that counts as the same answer. */
const SAME_ANSWER = 0.03;

// `kind` names the bar that a peer is held against.
const WASM_PEERS = [
  { name: "onnxruntime-web int8", runtime: "onnxruntime-web", kind: "int8", graph: "int8.onnx" },
  { name: "onnxruntime-web int8, GQA", runtime: "onnxruntime-web", kind: "int8", graph: "int8-gqa.onnx" },
  { name: "onnxruntime-web 4-bit", runtime: "onnxruntime-web", kind: "q4", graph: "q4.onnx" },
  { name: "onnxruntime-web 4-bit, GQA", runtime: "onnxruntime-web", kind: "q4", graph: "q4-gqa.onnx" },
  { name: "wllama Q4_1", runtime: "wllama", kind: "wllama" },
];
const WEBGPU_PEERS = [
  { name: "onnxruntime-web WebGPU 4-bit", runtime: "onnxruntime-web", kind: "webgpu", graph: "q4.onnx" },
  {
    name: "onnxruntime-web WebGPU 4-bit, GQA",
    runtime: "onnxruntime-web",
    kind: "webgpu",
    graph: "q4-gqa.onnx",
  },
];
/** Times faster than the peer's best graph, medians; and what part of tfjs's own matMul is reached. */
const BARS = { prefill: { q4: 2, int8: 1.5, wllama: 8, webgpu: 2 }, slate: 10, tfjsShare: 0.4 };

/**
 * `rounds` pairs a peer; `parts` of "1" and "2" (WASM threads), "swiftshader"; `peers` false leaves them out. Returns whether every
 * bar that could be measured is met.
 */
export async function benchEngine(backend, { rounds = "3", parts = "1,2,swiftshader", peers = true } = {}) {
  const tools = await importTool("engine-node");
  const where = machine();
  if (backend === "webgpu") return benchNodeWebgpu(tools, where, Number(rounds));
  const executablePath = findBrowser();
  if (executablePath === null) throw new Error(howToInstall);
  // A build of its own: nothing that is built meanwhile changes what is measured.
  const outDir = mkdtempSync(join(tmpdir(), "becausal-bench-site-"));
  const site = { root, logLevel: "error", build: { outDir, emptyOutDir: true } };
  await build(site);
  const ourServer = await preview({ ...site, preview: { port: 0, open: false } });
  const peerServer = await servePeers();
  const hasFull = existsSync(FULL_MODEL);
  const place = {
    tools,
    executablePath,
    ours: ourServer.resolvedUrls?.local[0],
    peers: peerServer.origin,
    depth: hasFull ? FULL_DEPTH : SHIPPED_DEPTH,
    workload: await tools.peerWorkload(PREFILL_TOKENS),
    rounds: Number(rounds),
    version: "",
  };
  if (!hasFull)
    console.log(
      "engine: 12 layers and no peers, the published file is not here. `npm run model:full` fetches it.\n",
    );
  const results = {};
  try {
    for (const part of parts.split(",")) {
      const threads = part === "swiftshader" ? 1 : Number(part);
      const device = part === "swiftshader" ? "webgpu" : "wasm";
      const chosen = !peers || !hasFull ? [] : device === "wasm" ? WASM_PEERS : WEBGPU_PEERS;
      results[part] = await benchPart(place, device, threads, chosen);
    }
  } finally {
    await ourServer.close();
    await peerServer.close();
    rmSync(outDir, { recursive: true, force: true });
  }
  const verdicts = Object.entries(results).flatMap(([part, { bars }]) =>
    bars.map((bar) => ({ part, ...bar })),
  );
  for (const { part, what, needed, got, pass: met } of verdicts)
    console.log(`${met ? "PASS" : "FAIL"}: ${label(part)}, ${what}: ${got} (bar ${needed})`);
  console.log("");
  // A file a part, so that a run of one leaves the others' figures.
  for (const [part, result] of Object.entries(results))
    saveResult(part === "swiftshader" ? "engine-swiftshader" : `engine-wasm-${part}`, {
      browser: place.version,
      machine: where,
      depth: place.depth,
      prefillTokens: PREFILL_TOKENS,
      slateTokens: place.workload.slateTokens,
      pass: result.bars.every((bar) => bar.pass),
      ...result,
    });
  return verdicts.every((bar) => bar.pass);
}

function label(part) {
  return part === "swiftshader" ? "WebGPU on SwiftShader" : `WASM, ${part} thread${part === "1" ? "" : "s"}`;
}

/** One device: our own figures at both depths, then ours and each peer in turn. */
async function benchPart(place, backend, threads, candidates) {
  const { tools, rounds, depth, workload } = place;
  const what = backend === "webgpu" ? "webgpu" : `wasm, ${threads} thread${threads === 1 ? "" : "s"}`;
  console.log(`${what}: ours`);
  // On a processor that plays GPU a heatmap of 30 layers takes minutes: there the shipped depth has to do.
  const depths = [...new Set([SHIPPED_DEPTH, ...(backend === "wasm" ? [depth] : [])])];
  const own = {};
  for (const layers of depths)
    own[layers] = await runOurs(place, {
      backend,
      threads,
      depth: layers,
      repetitions: backend === "wasm" ? rounds : 1,
      prompt_tokens: PREFILL_TOKENS,
    });
  const figures = backend === "wasm" ? ["prefill", "slate"] : ["prefill"];
  const options = { backend, threads, depth, repetitions: 1, prompt_tokens: PREFILL_TOKENS, figures };
  const peers = {};
  const skipped = {};
  for (const peer of candidates) {
    const missing = whyMissing(peer);
    if (missing !== null) {
      skipped[peer.name] = missing;
      console.log(`${peer.name}: skipped, ${missing}`);
    } else peers[peer.name] = { kind: peer.kind, pairs: [] };
  }
  for (let round = 0; round < rounds; round++)
    for (const peer of candidates.filter(({ name }) => name in peers)) {
      const ours = await runOurs(place, options);
      const theirs = await runPeer(place, peer, backend, threads, figures);
      peers[peer.name].pairs.push({ ours, theirs });
      const speed = (ms) => ((PREFILL_TOKENS / ms) * 1000).toFixed(0);
      console.log(
        `${what}, round ${round + 1} of ${rounds}: ours ${speed(ours.result.prefill_ms[0])} tokens/s, ${peer.name} ${speed(theirs.prefillMs)}`,
      );
    }
  const summary = summarise(tools, peers, figures);
  const answers = backend === "webgpu" ? await answersAtLengths(place) : null;
  printPart(what, place, own, summary, answers);
  return {
    own,
    peers: summary,
    skipped,
    ...(answers === null ? {} : { answers }),
    bars: barsOf(summary, answers, workload),
  };
}

function whyMissing({ runtime, graph }) {
  const manifest = new URL(
    `peers/node_modules/${runtime === "wllama" ? "@wllama/wllama" : runtime}/package.json`,
    import.meta.url,
  );
  if (!existsSync(manifest)) return "not installed: `npm ci --prefix bench/peers`";
  if (graph !== undefined && !existsSync(join(root, ".models", "onnx", graph)))
    return "no graph: bench/peers/build_onnx.py builds it";
  return null;
}

function peerVersion(runtime) {
  const manifest = new URL(
    `peers/node_modules/${runtime === "wllama" ? "@wllama/wllama" : runtime}/package.json`,
    import.meta.url,
  );
  return JSON.parse(readFileSync(manifest, "utf8")).version;
}

/** A browser of its own, with nothing in it but one page. */
async function inFreshBrowser(place, url, ready, use) {
  const browser = await chromium.launch({
    executablePath: place.executablePath,
    headless: true,
    args: browserArgs,
  });
  try {
    place.version = browser.version();
    const page = await browser.newPage();
    page.setDefaultTimeout(0);
    await page.goto(url);
    await page.waitForFunction((name) => name in globalThis, ready);
    return { ...(await use(page)), memory: await peakMemory(browser) };
  } finally {
    await browser.close();
  }
}

function runOurs(place, options) {
  return inFreshBrowser(place, `${place.ours}bench.html?lang=en`, "bench", async (page) => {
    const result = await page.evaluate((given) => globalThis.bench(given), options);
    const notes = await page.evaluate(() => document.getElementById("root")?.dataset["notes"] ?? "null");
    return { result, notes: JSON.parse(notes) };
  });
}

function runPeer(place, { runtime, graph }, backend, threads, figures) {
  const { prefill, prefix, continuations } = place.workload;
  return inFreshBrowser(place, `${place.peers}/peer.html`, "peer", async (page) => {
    const { loadMs, threads: used } = await page.evaluate((given) => globalThis.peer.load(given), {
      name: runtime,
      threads,
      backend,
      graph: `/models/onnx/${graph}`,
      model: "/models/SmolLM2-135M-Instruct.Q4_1.gguf",
    });
    const ask = (piece) => page.evaluate((given) => globalThis.peer.prefill(given), piece);
    // Compilers have caught up after one pass, as on our side.
    await ask(prefill);
    const { ms: prefillMs, answer, tokens } = await ask(prefill);
    const slate = figures.includes("slate")
      ? await page.evaluate(([first, rest]) => globalThis.peer.slate(first, rest), [prefix, continuations])
      : [];
    const whole = {
      tokens: [...prefix.tokens, ...continuations[0].tokens],
      text: prefix.text + continuations[0].text,
    };
    // The same continuation without a cache: whether the slate was the same job.
    const uncached = figures.includes("slate") ? (await ask(whole)).answer : null;
    return {
      version: peerVersion(runtime),
      threads: used,
      loadMs,
      prefillMs,
      tokens,
      answer,
      slate,
      uncached,
    };
  });
}

function summarise(tools, peers, figures) {
  return Object.fromEntries(
    Object.entries(peers).map(([name, { kind, pairs }]) => {
      const ours = (figure) => pairs.map((pair) => pair.ours.result[`${figure}_ms`][0]);
      const prefill = pairs.map(({ theirs }) => theirs.prefillMs);
      const first = pairs[0].theirs;
      // The peer's best way, decided by its median.
      const ways = first.slate.map(({ way }, i) => ({
        way,
        times: pairs.map(({ theirs }) => theirs.slate[i].ms),
      }));
      const best = ways.toSorted((a, b) => median(a.times) - median(b.times))[0];
      const next = pairs[0].ours.notes.next;
      return [
        name,
        {
          kind,
          version: first.version,
          threads: first.threads,
          promptTokens: first.tokens,
          loadMs: pairs.map(({ theirs }) => theirs.loadMs),
          prefillMs: prefill,
          oursPrefillMs: ours("prefill"),
          prefillRatio: tools.timesFaster(ours("prefill"), prefill),
          ...(figures.includes("slate") && best !== undefined
            ? {
                slateWay: best.way,
                slateMs: best.times,
                otherWaysMs: Object.fromEntries(
                  ways.filter((way) => way !== best).map(({ way, times }) => [way, times]),
                ),
                oursSlateMs: ours("slate"),
                slateRatio: tools.timesFaster(ours("slate"), best.times),
                slateAnswers: first.slate.find(({ way }) => way === best.way).answers,
                uncachedFirst: first.uncached,
              }
            : {}),
          answer: first.answer,
          oursAnswer: next,
          sameTop: first.answer.token === next?.token,
          probabilityDifference: Math.abs(first.answer.probability - (next?.probability ?? Number.NaN)),
          rendererBytes: pairs.map(({ theirs }) => theirs.memory.rendererBytes),
          gpuProcessBytes: pairs.map(({ theirs }) => theirs.memory.gpuProcessBytes),
          oursRendererBytes: pairs.map((pair) => pair.ours.memory.rendererBytes),
          oursGpuProcessBytes: pairs.map((pair) => pair.ours.memory.gpuProcessBytes),
        },
      ];
    }),
  );
}

/** Our answers on WebGPU beside those on WASM, short and long. */
async function answersAtLengths(place) {
  const rows = [];
  for (const length of LENGTHS) {
    const ask = async (backend) => {
      const options = {
        backend,
        threads: 2,
        depth: place.depth,
        repetitions: 1,
        prompt_tokens: length,
        figures: ["prefill"],
      };
      return (await runOurs(place, options)).notes.next;
    };
    const [wasm, webgpu] = [await ask("wasm"), await ask("webgpu")];
    rows.push({
      tokens: length,
      wasm,
      webgpu,
      sameTop: wasm.token === webgpu.token,
      difference: Math.abs(wasm.probability - webgpu.probability),
    });
  }
  return rows;
}

/** A kind's bar is held against the graph that the peer is fastest with. */
function barsOf(summary, answers) {
  const bars = [];
  const hold = (what, needed, ratios) => {
    if (ratios.length === 0) return;
    const hardest = ratios.toSorted((a, b) => a.median - b.median)[0];
    const { median, low, high } = hardest;
    bars.push({
      what,
      needed: `>= ${needed}`,
      got: `${median.toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)})`,
      pass: median >= needed,
    });
  };
  const all = Object.values(summary);
  for (const [kind, needed] of Object.entries(BARS.prefill))
    hold(
      `prefill times faster than ${kind}`,
      needed,
      all.filter((peer) => peer.kind === kind).map(({ prefillRatio }) => prefillRatio),
    );
  hold(
    "slate times faster than the best peer",
    BARS.slate,
    all.flatMap(({ slateRatio }) => slateRatio ?? []),
  );
  if (answers !== null) {
    const worst = Math.max(...answers.map(({ difference }) => difference));
    bars.push({
      what: "answers of WebGPU beside WASM, largest difference of the likeliest token's probability",
      needed: `<= ${SAME_ANSWER}`,
      got: worst.toFixed(4),
      pass: worst <= SAME_ANSWER && answers.every(({ sameTop }) => sameTop),
    });
  }
  return bars;
}

function printPart(what, { depth, workload }, own, summary, answers) {
  const range = ({ median: middle, low, high }) =>
    `${middle.toFixed(2)} (${low.toFixed(2)}-${high.toFixed(2)})`;
  const mib = (bytes) => (bytes === null || bytes === undefined ? "" : Math.round(bytes / 2 ** 20));
  const middle = (values) => (values.length === 0 ? "" : Math.round(median(values)));
  console.log(`${what}: becausal alone`);
  console.table(
    Object.entries(own).map(([layers, { result, notes, memory }]) => ({
      layers: Number(layers),
      "load ms": Math.round(result.load_ms),
      "prefill tokens/s": middle(result.prefill_ms.map((ms) => (result.prefill_tokens / ms) * 1000)),
      "slate of 20 ms": middle(result.slate_ms),
      "heatmap 10 x 10 ms": middle(result.heatmap_ms),
      "engine peak MiB": mib(notes.memory.peakBytes),
      "renderer peak MiB": mib(memory.rendererBytes),
      "GPU process peak MiB": mib(memory.gpuProcessBytes),
    })),
  );
  const rows = Object.entries(summary);
  if (rows.length > 0) {
    console.log(
      `${what}: in turn with the peers, ${depth} layers, ${PREFILL_TOKENS} tokens; slate of ${workload.slateTokens} tokens`,
    );
    console.table(
      rows.map(([name, peer]) => ({
        peer: name,
        "load ms": middle(peer.loadMs),
        "tokens/s": middle(peer.prefillMs.map((ms) => ((peer.promptTokens ?? PREFILL_TOKENS) / ms) * 1000)),
        "ours tokens/s": middle(peer.oursPrefillMs.map((ms) => (PREFILL_TOKENS / ms) * 1000)),
        "ours faster": range(peer.prefillRatio),
        "slate ms": peer.slateMs === undefined ? "" : `${middle(peer.slateMs)} ${peer.slateWay}`,
        "ours slate ms": peer.oursSlateMs === undefined ? "" : middle(peer.oursSlateMs),
        "ours faster, slate": peer.slateRatio === undefined ? "" : range(peer.slateRatio),
        "renderer MiB": mib(Math.max(...peer.rendererBytes)),
        "ours MiB": mib(Math.max(...peer.oursRendererBytes)),
        "top-1": `${peer.answer.token} ${peer.answer.probability.toFixed(3)}`,
        "ours top-1":
          peer.oursAnswer === null
            ? ""
            : `${peer.oursAnswer.token} ${peer.oursAnswer.probability.toFixed(3)}`,
      })),
    );
  }
  if (answers !== null) {
    console.log("likeliest next token, WASM and WebGPU");
    console.table(
      answers.map(({ tokens, wasm, webgpu, difference }) => ({
        tokens,
        wasm: `${wasm.token} ${wasm.probability.toFixed(4)}`,
        webgpu: `${webgpu.token} ${webgpu.probability.toFixed(4)}`,
        "|dp|": difference.toFixed(4),
      })),
    );
  }
}

/** A GPU through Dawn, without a browser and without peers, beside tfjs's own matMul at the same shapes. */
async function benchNodeWebgpu(tools, where, rounds) {
  const depths = existsSync(FULL_MODEL) ? [SHIPPED_DEPTH, FULL_DEPTH] : [SHIPPED_DEPTH];
  const { slateTokens } = await tools.peerWorkload(PREFILL_TOKENS);
  const own = {};
  for (const depth of depths) {
    const options = { depth, repetitions: rounds, prompt_tokens: PREFILL_TOKENS };
    own[depth] = { ...(await tools.benchInNode("webgpu", MODELS, options)), memory: nodeMemory() };
  }
  const [{ notes }] = Object.values(own);
  printPart(`webgpu in Node (${notes.adapterName})`, { tools }, own, {}, null);
  const [prefill, slate] = await tools.timeTfjsMatmul([PREFILL_TOKENS, slateTokens]);
  const shares = Object.entries(own).flatMap(([depth, { result }]) =>
    [
      ["prefill", prefill, result.prefill_ms],
      ["slate", slate, result.slate_ms],
    ].map(([job, { rows, layerMs, gflops }, times]) => {
      const oursMs = median(times);
      const tfjsMs = layerMs * Number(depth);
      return { layers: Number(depth), job, rows, oursMs, tfjsMs, tfjsGflops: gflops, share: tfjsMs / oursMs };
    }),
  );
  console.log(
    "share of tfjs's matMul: its time for the linear layers' products alone, by our time for everything",
  );
  console.table(
    shares.map(({ layers, job, rows, oursMs, tfjsMs, tfjsGflops, share }) => ({
      layers,
      job,
      rows,
      "ours ms": oursMs.toFixed(1),
      "tfjs matMul ms": tfjsMs.toFixed(1),
      "tfjs GFLOPS": tfjsGflops.toFixed(1),
      share: share.toFixed(2),
    })),
  );
  const bars = shares.map(({ layers, job, share }) => ({
    what: `${job}, ${layers} layers: share of tfjs's matMul`,
    needed: `>= ${BARS.tfjsShare}`,
    got: share.toFixed(2),
    pass: share >= BARS.tfjsShare,
  }));
  const pass = bars.every((bar) => bar.pass);
  for (const { what, needed, got, pass: met } of bars)
    console.log(`${met ? "PASS" : "FAIL"}: ${what}: ${got} (bar ${needed})`);
  console.log("");
  saveResult("engine-webgpu", {
    adapter: notes.adapterName,
    machine: where,
    prefillTokens: PREFILL_TOKENS,
    slateTokens,
    pass,
    bars,
    shares,
    own,
  });
  return pass;
}

function nodeMemory() {
  return { rendererBytes: process.resourceUsage().maxRSS * 1024, gpuProcessBytes: null };
}
