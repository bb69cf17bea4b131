/** @file One suite for every backend: parity with PyTorch block by block and slate by slate, and the laws of the prompt's tree. */
import { memory } from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { toFailure } from "../core/failure.ts";
import { type ItemId, itemId, tokenId } from "../core/ids.ts";
import { seededRandom } from "../core/rng.ts";
import { type LlamaConfig, readLlamaConfig } from "../model/llama-config.ts";
import type { PackFiles } from "../model/load-parts.ts";
import { floatsOf, tensorReader } from "../model/safetensors.ts";
import { makePromptBuilder, type PromptBuilder } from "../prompt/build-prompt.ts";
import { NO_BEHAVIOUR, type PackedPrompt, packPrompt } from "../prompt/packed-prompt.ts";
import { runGraph } from "./blocks/llama-graph.ts";
import { uploadLlama } from "./blocks/llama-weights.ts";
import { outputLogits } from "./blocks/output-head.ts";
import { planPass } from "./blocks/pass.ts";
import { countPaths, passPrompt } from "./blocks/prompts-fixture.ts";
import { dot, TokenEmbedding } from "./blocks/token-embedding.ts";
import { verdictDirection } from "./blocks/verdict-head.ts";
import { type DeviceOptions, type StartedDevice, startDevice } from "./device.ts";
import type { BackendName, Engine, Gate } from "./engine.ts";
import { type EngineFixture, type GoldenBlocks, goldenTensor } from "./engine-fixture.ts";
import { createLlamaEngine } from "./llama-engine.ts";
import { type AdapterWeights, type Site, uploadAdapter } from "./lora/adapter-weights.ts";
import { gateRow } from "./lora/gate-row.ts";
import { onKernel } from "./on-kernel-fixture.ts";
import { uploadLowRank } from "./ops/linear/upload-linear.ts";
import type { LowRank } from "./ops/low-rank/low-rank.ts";
import { aliveBuffers, randomValues, worstDifference } from "./ops/op-suite.ts";
import { SOFTMAX_TOTALS } from "./ops/softmax-totals/softmax-totals.ts";
import { checkProbe } from "./probe.ts";
import { type PackBehaviour, readBehaviourModel } from "./sasrec/behaviour-model.ts";

/** In nats: 16-bit activations whose last bit depends on a tile's other rows, and log-probabilities of some tens of nats. */
const TOKEN_NOISE = 1e-3;
/** For what takes a minute or two on one idle core: a busy or slow machine is no failure. */
const PATIENCE_MS = 900_000;

interface SuiteOptions extends DeviceOptions {
  readonly backend: BackendName;
  readonly readFixture: () => Promise<EngineFixture>;
  /** Bound on verdict log-odds against PyTorch, in nats. */
  readonly verdictTolerance: number;
  /** Share of the largest value of its row by which a residual between the layers may be off as well. None if absent. */
  readonly residualTolerance?: number;
  /** Golden slates to check, spread over all of them: a software GPU is slow. */
  readonly slates: number;
  /** Bound on log-probabilities of tokens against PyTorch, in nats. */
  readonly tokenTolerance: number;
  /** Golden prompts whose tokens are checked, shortest first. */
  readonly tokenPrompts: number;
}

export function engineSuite({
  backend,
  readFixture,
  verdictTolerance,
  residualTolerance = 0,
  slates,
  tokenTolerance,
  tokenPrompts,
  ...deviceOptions
}: SuiteOptions) {
  let fixture: EngineFixture;
  let device: StartedDevice;
  let behaviour: PackBehaviour;
  let engine: Engine;
  let builder: PromptBuilder;
  let tensorsBefore: number;

  beforeAll(async () => {
    fixture = await readFixture();
    device = await startDevice(backend, deviceOptions);
    tensorsBefore = memory().numTensors;
    behaviour = readBehaviourModel(fixture.pack, readLlamaConfig(fixture.gguf).width);
    builder = makePromptBuilder(fixture.tokenizer, fixture.pack.films, fixture.pack.manifest.prompt);
    engine = await createLlamaEngine(device, { ...fixture, behaviour });
  }, PATIENCE_MS);

  afterAll(() => {
    engine?.dispose();
    // Asserted where everything has ended: weights, adapter and passes are all gone.
    expect(memory().numTensors).toBe(tensorsBefore);
  });

  const prompt = (history: readonly ItemId[], candidates: readonly ItemId[]): PackedPrompt =>
    packPrompt(builder.build({ history, candidates }));
  const score = async (packed: PackedPrompt, gate: Gate): Promise<number[]> => {
    const [verdicts] = await engine.verdicts([{ packed, gate }]);
    return [...(verdicts ?? [])];
  };
  /** Per branch those of its text tokens, in order. */
  const tokensOf = (packed: PackedPrompt, logProbs: Float32Array | undefined): number[][] =>
    Array.from(packed.readout, (_, branch) =>
      Array.from(logProbs?.subarray(packed.branchStart[branch], packed.branchStart[branch + 1]) ?? []).filter(
        (value) => !Number.isNaN(value),
      ),
    );
  const someSlate = () => {
    const slate = fixture.slates[0];
    if (slate === undefined) throw new Error("no golden slate");
    return {
      history: slate.history.map(itemId),
      candidates: slate.candidates.slice(0, 6).map(itemId),
      gate: slate.gate,
    };
  };

  test(`runs on ${backend}`, () => {
    expect(engine.backend).toBe(backend);
    expect(engine.adapterName).not.toBe("");
    expect(engine.layers).toBe(fixture.pack.manifest.base.layers);
  });

  describe("parity with PyTorch", () => {
    test("every block of a small prompt", async () => {
      const { gguf, pack, blocks } = fixture;
      const config = readLlamaConfig(gguf);
      const { layers } = pack.manifest.base;
      const { rank, scale } = pack.manifest.adapter;
      const embedding = new TokenEmbedding(gguf);
      const packed = goldenPrompt(blocks);
      const gate = behaviour.gate(behaviour.state(blocks.inputs.history.map(itemId)));
      const everyRow = Int32Array.from({ length: packed.tokens.length }, (_, row) => row);
      const pass = planPass(
        [{ packed, gateRow: gateRow(gate, rank, scale), readRows: everyRow }],
        config,
        embedding,
        behaviour,
      );
      const check = (name: string, got: Float32Array) => {
        const { values, atol } = goldenTensor(blocks, name);
        const share = name.startsWith("residual") ? residualTolerance : 0;
        for (let start = 0; start < values.length; start += config.width) {
          const row = values.slice(start, start + config.width);
          const allowed = atol + share * Math.max(...row.map(Math.abs));
          expect(
            worstExcess(got.subarray(start, start + config.width), row, allowed),
            name,
          ).toBeLessThanOrEqual(0);
        }
        expect(got.length, name).toBe(values.length);
      };
      check("input_embeddings", pick(pass.embeddings, pass.promptRows[0] ?? [], config.width));
      const weights = await uploadLlama(backend, gguf, config, layers);
      const adapter = await uploadAdapter(tensorReader(pack.adapter), pack.manifest.adapter, config, layers);
      try {
        const hidden = await runGraph(pass, weights, adapter, {
          onResidual: async (layer, residual) => {
            const order = layer === layers - 1 ? pass.reads : (pass.promptRows[0] ?? []);
            check(`residual.${layer}`, pick(Float32Array.from(await residual.data()), order, config.width));
          },
        });
        check("read_out", pick(hidden, blocks.inputs.readout, config.width));
      } finally {
        weights.dispose();
        adapter.dispose();
      }
    });

    test("the verdicts of that prompt", async () => {
      const { blocks } = fixture;
      const gate = behaviour.gate(behaviour.state(blocks.inputs.history.map(itemId)));
      const { values, atol } = goldenTensor(blocks, "verdict_log_odds");
      expect(worstDifference(await score(goldenPrompt(blocks), gate), values)).toBeLessThan(atol);
    });

    test(
      `the verdicts of ${slates} slates, from titles to log-odds`,
      async () => {
        const step = Math.max(1, Math.floor(fixture.slates.length / slates));
        const chosen = fixture.slates.filter((_, i) => i % step === 0).slice(0, slates);
        expect(chosen.length).toBe(slates);
        const prompts = chosen.map(({ history, candidates }) => {
          const items = history.map(itemId);
          return {
            packed: prompt(items, candidates.map(itemId)),
            gate: behaviour.gate(behaviour.state(items)),
          };
        });
        const verdicts = await engine.verdicts(prompts);
        for (const [i, { verdictLogOdds, gate }] of chosen.entries()) {
          expect(worstDifference(prompts[i]?.gate ?? [], gate), `gate of slate ${i}`).toBeLessThan(1e-4);
          expect(worstDifference(verdicts[i] ?? [], verdictLogOdds), `slate ${i}`).toBeLessThan(
            verdictTolerance,
          );
        }
      },
      PATIENCE_MS,
    );

    test(
      `the log-probabilities of the titles of ${tokenPrompts} prompts, token by token`,
      async () => {
        const chosen = fixture.tokens.slice(0, tokenPrompts);
        expect(chosen.length).toBe(tokenPrompts);
        const prompts = chosen.map(({ history, candidates }) => {
          const items = history.map(itemId);
          return {
            packed: prompt(items, candidates.map(itemId)),
            gate: behaviour.gate(behaviour.state(items)),
          };
        });
        const answers = await engine.tokenLogProbs(prompts);
        for (const [i, { packed }] of prompts.entries()) {
          const wanted = chosen[i]?.logProbs ?? [];
          const got = tokensOf(packed, answers[i]);
          expect(worstDifference(prompts[i]?.gate ?? [], chosen[i]?.gate ?? [])).toBeLessThan(1e-4);
          expect(answers[i]?.length).toBe(packed.tokens.length);
          expect(got.map(({ length }) => length)).toEqual(wanted.map(({ length }) => length));
          expect(worstDifference(got.flat(), wanted.flat()), `prompt ${i}`).toBeLessThan(tokenTolerance);
          // Nothing stands in the prefix or at a behaviour slot, something everywhere else.
          expect(Array.from(answers[i] ?? [], Number.isNaN)).toEqual(
            Array.from(packed.branch, (branch, t) => branch === 0 || packed.behaviour[t] !== NO_BEHAVIOUR),
          );
        }
      },
      PATIENCE_MS,
    );

    test("the pack's probe", async () => {
      expect(await checkProbe(engine, behaviour, fixture.pack, fixture.tokenizer)).toBeNull();
      const { manifest } = fixture.pack;
      const { probe } = manifest;
      const wrong = { ...probe, verdictLogOdds: probe.verdictLogOdds.map((value) => value + 1) };
      const altered = { ...fixture.pack, manifest: { ...manifest, probe: wrong } };
      expect(await checkProbe(engine, behaviour, altered, fixture.tokenizer)).toMatchObject({
        kind: "probe-mismatch",
        backend,
      });
    });
  });

  describe("laws", () => {
    test("shuffling the candidates changes no score", async () => {
      const { history, candidates, gate } = someSlate();
      const before = await score(prompt(history, candidates), gate);
      const random = seededRandom(4);
      const order = candidates.map((_, i) => i).sort(() => random() - 0.5);
      const after = await score(
        prompt(
          history,
          order.map((i) => candidates[i] ?? itemId(0)),
        ),
        gate,
      );
      expect(order).not.toEqual(candidates.map((_, i) => i));
      expect(
        worstDifference(
          after,
          order.map((i) => before[i] ?? Number.NaN),
        ),
      ).toBeLessThan(1e-4);
    });

    test("one more candidate changes no other score", async () => {
      const { history, candidates, gate } = someSlate();
      const all = await score(prompt(history, candidates), gate);
      const fewer = await score(prompt(history, candidates.slice(1)), gate);
      expect(worstDifference(fewer, all.slice(1))).toBeLessThan(1e-4);
    });

    test("prompts with different gates answer together as they do one by one", async () => {
      const { history, candidates, gate } = someSlate();
      const prompts = [
        { packed: prompt(history, candidates), gate },
        { packed: prompt(history.slice(0, 2), candidates.slice(0, 1)), gate: gate.map(() => 1) },
        { packed: prompt([], candidates.slice(2)), gate: oneHot(gate.length, 1) },
        { packed: prompt(history, []), gate },
      ];
      const together = await engine.verdicts(prompts);
      expect(together.map(({ length }) => length)).toEqual([6, 1, 4, 0]);
      for (const [i, { packed, gate: own }] of prompts.entries())
        expect(worstDifference(together[i] ?? [], await score(packed, own))).toBeLessThan(1e-4);
    });

    test(
      "prompts that share their beginnings answer as they do alone, from fewer rows",
      async () => {
        const { history, candidates, gate } = someSlate();
        const items = history.slice(-3);
        const [one, two] = [candidates.slice(0, 1), candidates.slice(0, 2)];
        const prompts = [
          prompt(items, two),
          ...items.map((_, i) => prompt(items.toSpliced(i, 1), one)),
          prompt(items, two.toReversed()),
          prompt([], one),
        ].map((packed) => ({ packed, gate }));
        prompts.push({ packed: prompt(items, one), gate: gate.map((weight) => 2 - weight) });
        const tokensBefore = engine.throughput().tokens;
        const heard = new Map<number, Float32Array>();
        const together = await engine.verdicts(prompts, undefined, (i, verdicts) => heard.set(i, verdicts));
        const rows = engine.throughput().tokens - tokensBefore;
        const alone: number[][] = [];
        for (const { packed, gate: own } of prompts) alone.push(await score(packed, own));
        for (const [i, answer] of alone.entries()) {
          expect(worstDifference(together[i] ?? [], answer), `prompt ${i}`).toBeLessThan(1e-4);
          expect(heard.get(i)).toEqual(together[i]);
        }
        expect(heard.size).toBe(prompts.length);
        // Prompts that differ do answer differently, or all of this would hold of any mixture of them.
        expect(worstDifference(alone[1] ?? [], alone[2] ?? [])).toBeGreaterThan(1e-3);
        expect(worstDifference(alone[6] ?? [], (alone[0] ?? []).slice(0, 1))).toBeGreaterThan(1e-3);
        // A slow device takes them in several passes, and computes again what two of these share.
        const sharing = prompts.map(({ packed, gate: own }) => passPrompt(packed, own));
        expect(rows).toBeGreaterThanOrEqual(countPaths(sharing));
        expect(rows).toBeLessThan(prompts.reduce((sum, { packed }) => sum + packed.tokens.length, 0));
      },
      PATIENCE_MS,
    );

    test("the gate matters", async () => {
      const { history, candidates, gate } = someSlate();
      const packed = prompt(history, candidates);
      const uniform = await score(
        packed,
        gate.map(() => 1),
      );
      const single = await score(packed, oneHot(gate.length, 0));
      expect(worstDifference(uniform, single)).toBeGreaterThan(1e-3);
    });

    test("a uniform gate is plain LoRA; a one-hot gate is its expert alone, K times", async () => {
      const { gguf, pack, tokenizer } = fixture;
      const config = readLlamaConfig(gguf);
      const { experts, rank, scale } = pack.manifest.adapter;
      const { history, candidates } = someSlate();
      const packed = prompt(history, candidates.slice(0, 2));
      const embedding = new TokenEmbedding(gguf);
      const direction = verdictDirection(tensorReader(pack.adapter), tokenizer, embedding);
      const weights = await uploadLlama(backend, gguf, config, engine.layers);
      const plain = async (adapter: AdapterWeights, factor: number): Promise<number[]> => {
        try {
          const gateFactors = new Float32Array(adapter.rank).fill(factor);
          const request = { packed, gateRow: gateFactors, readRows: packed.readout };
          const hidden = await runGraph(planPass([request], config, embedding, behaviour), weights, adapter);
          return [0, 1].map((branch) =>
            dot(direction, hidden.subarray(branch * config.width, (branch + 1) * config.width)),
          );
        } finally {
          adapter.dispose();
        }
      };
      const whole = await uploadAdapter(
        tensorReader(pack.adapter),
        pack.manifest.adapter,
        config,
        engine.layers,
      );
      const uniform = Array.from({ length: experts }, () => 1);
      expect(worstDifference(await score(packed, uniform), await plain(whole, scale))).toBeLessThan(1e-4);
      const alone = uploadExpert(pack, config, 1);
      expect(alone.rank).toBe(rank / experts);
      const single = await score(packed, oneHot(experts, 1));
      expect(worstDifference(single, await plain(alone, experts * scale))).toBeLessThan(1e-4);
      weights.dispose();
    });

    test("a token's log-probability depends on its own branch alone, also beside other prompts", async () => {
      const { history, candidates, gate } = someSlate();
      const [one = itemId(0), two = itemId(0)] = candidates;
      const items = history.slice(-2);
      const both = prompt(items, [one, two]);
      const alone = prompt(items, [two]);
      const [together] = await engine.tokenLogProbs([{ packed: both, gate }]);
      const [first, second] = await engine.tokenLogProbs([
        { packed: alone, gate },
        { packed: prompt([], [one]), gate: gate.map(() => 1) },
      ]);
      const [ofTwo = []] = tokensOf(alone, first);
      expect(worstDifference(tokensOf(both, together)[1] ?? [], ofTwo)).toBeLessThan(TOKEN_NOISE);
      // Another history says something else, or this would hold of numbers that never change.
      const withoutHistory = tokensOf(prompt([], [one]), second)[0] ?? [];
      expect(worstDifference(tokensOf(both, together)[0] ?? [], withoutHistory)).toBeGreaterThan(0.1);
      expect(await engine.tokenLogProbs([{ packed: prompt(items, []), gate }])).toEqual([
        new Float32Array(prompt(items, []).tokens.length).fill(Number.NaN),
      ]);
    });

    test("the probabilities of all tokens at one place sum to one", async () => {
      const { history, gate } = someSlate();
      const { prefix } = builder.build({ history: history.slice(-1), candidates: [] });
      const branches = Array.from({ length: fixture.tokenizer.size }, (_, token) => ({
        item: itemId(0),
        slots: [{ kind: "text", token: tokenId(token), source: null } as const],
      }));
      const packed = packPrompt({ prefix, branches });
      const [logProbs] = await engine.tokenLogProbs([{ packed, gate }]);
      const all = [...(logProbs?.subarray(packed.prefixLength) ?? [])];
      expect(all).toHaveLength(fixture.tokenizer.size);
      expect(all.reduce((sum, logProb) => sum + Math.exp(logProb), 0)).toBeCloseTo(1, 3);
    });

    test("an empty history is answered", async () => {
      const { candidates } = someSlate();
      const state = behaviour.state([]);
      expect([...state].every((value) => value === 0)).toBe(true);
      const verdicts = await score(prompt([], candidates), behaviour.gate(state));
      expect(verdicts.every(Number.isFinite)).toBe(true);
    });
  });

  test("next tokens sum to one and come likeliest first", async () => {
    const tokens = fixture.tokenizer.encode("The capital of France is");
    const all = await engine.nextToken(tokens, fixture.tokenizer.size);
    expect(all.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 6);
    const probabilities = all.map(({ probability }) => probability);
    expect(probabilities).toEqual(probabilities.toSorted((a, b) => b - a));
    expect(await engine.nextToken(tokens, 3)).toEqual(all.slice(0, 3));
  });

  test("the output head is the product with every token's embedding, also in parts", async () => {
    const embedding = new TokenEmbedding(fixture.gguf);
    const hidden = randomValues(embedding.width, seededRandom(6));
    const wanted = Array.from({ length: embedding.vocabulary }, (_, token) =>
      dot(hidden, embedding.row(token)),
    );
    const before = aliveBuffers();
    for (const rowsPerPart of [embedding.vocabulary, 20_000]) {
      const logits = await outputLogits(backend, hidden, embedding, rowsPerPart * embedding.width * 4);
      // On wasm the hidden state is rounded to 16 bits on its way into the product.
      expect(worstDifference(logits, wanted)).toBeLessThan(backend === "wasm" ? 2e-4 : 1e-4);
    }
    expect(aliveBuffers()).toEqual(before);
  });

  test("a text without tokens has no next one", async () => {
    await expect(engine.nextToken([], 1)).rejects.toMatchObject({ failure: { kind: "bad-request" } });
  });

  test("a request leaves no tensor behind, answered or cancelled", async () => {
    const { history, candidates, gate } = someSlate();
    const packed = prompt(history, candidates.slice(0, 1));
    const before = aliveBuffers();
    await engine.verdicts([{ packed, gate }]);
    await engine.tokenLogProbs([{ packed, gate }]);
    expect(aliveBuffers()).toEqual(before);
    const cancel = new AbortController();
    const answer = engine.verdicts([{ packed, gate }], cancel.signal);
    // Arrives as a message does, while the layers run.
    setTimeout(() => cancel.abort());
    await expect(answer).rejects.toMatchObject({ failure: { kind: "cancelled" } });
    expect(aliveBuffers()).toEqual(before);
  });

  test("a cancel while the vocabulary is gone through is heard, and leaves nothing behind", async () => {
    const { history, candidates, gate } = someSlate();
    const packed = prompt(history.slice(-1), candidates.slice(0, 1));
    const before = aliveBuffers();
    const cancel = new AbortController();
    const restore = onKernel(SOFTMAX_TOTALS, backend, () => cancel.abort());
    const failure = await engine.tokenLogProbs([{ packed, gate }], cancel.signal).catch(toFailure);
    restore();
    expect(failure).toEqual({ kind: "cancelled" });
    // What was asked of the device before is read before this is.
    await engine.verdicts([{ packed, gate }]);
    expect(aliveBuffers()).toEqual(before);
  });

  test("a cancelled request does not hold up the next", async () => {
    const { history, candidates, gate } = someSlate();
    const packed = prompt(history, candidates.slice(0, 1));
    const cancelled = engine.verdicts([{ packed, gate }], AbortSignal.abort());
    const answered = engine.verdicts([{ packed, gate }]);
    await expect(cancelled).rejects.toMatchObject({ failure: { kind: "cancelled" } });
    expect(await answered).toHaveLength(1);
  });

  test("memory and throughput are measured", () => {
    const { weightBytes, peakBytes } = engine.memory();
    expect(peakBytes).toBeGreaterThan(weightBytes);
    expect(weightBytes).toBeGreaterThan(0);
    const { tokens, milliseconds } = engine.throughput();
    expect(tokens).toBeGreaterThan(0);
    expect(milliseconds).toBeGreaterThan(0);
  });
}

// The first position's residual reaches 2e4, where f32 itself steps by 2e-3: beside the golden file's absolute tolerance a
// relative one, of about a hundred roundings.
const RELATIVE_TOLERANCE = 1e-5;

/** Most by which a difference exceeds `atol + 1e-5 |wanted|`; 0 or less passes. */
function worstExcess(got: ArrayLike<number>, wanted: ArrayLike<number>, atol: number): number {
  expect(got.length).toBe(wanted.length);
  let worst = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < wanted.length; i++) {
    const value = wanted[i] ?? Number.NaN;
    const excess = Math.abs((got[i] ?? Number.NaN) - value) - atol - RELATIVE_TOLERANCE * Math.abs(value);
    if (!(excess <= worst)) worst = excess;
  }
  return worst;
}

/** Rows of [*, width] by their indices. */
function pick(values: Float32Array, rows: ArrayLike<number>, width: number): Float32Array {
  return Float32Array.from(
    Array.from(rows, (row) => [...values.subarray(row * width, (row + 1) * width)]).flat(),
  );
}

/** K at `index` and 0 elsewhere: gate weights add up to K. */
function oneHot(experts: number, index: number): Gate {
  return Array.from({ length: experts }, (_, i) => (i === index ? experts : 0));
}

/** One expert of a pack as a LoRA of its own: its rows of a, its columns of b. */
function uploadExpert(
  { adapter, manifest }: PackFiles,
  { width, ffn, heads, kvHeads, headDim }: LlamaConfig,
  expert: number,
): AdapterWeights {
  const { rank, experts } = manifest.adapter;
  const ownRank = rank / experts;
  const cut = (layer: number, site: Site, out: number, inputs: number): LowRank => {
    const a = floatsOf(adapter, `blk.${layer}.${site}.lora_a`, [rank, inputs]);
    const b = floatsOf(adapter, `blk.${layer}.${site}.lora_b`, [out, rank]);
    const isOwn = (_: number, i: number) => Math.floor((i % rank) / ownRank) === expert;
    return uploadLowRank(
      a.slice(expert * ownRank * inputs, (expert + 1) * ownRank * inputs),
      b.filter(isOwn),
      ownRank,
    );
  };
  const layers = Array.from({ length: manifest.base.layers }, (_, layer) => ({
    attn_qkv: cut(layer, "attn_qkv", (heads + 2 * kvHeads) * headDim, width),
    attn_output: cut(layer, "attn_output", width, width),
    ffn_gate_up: cut(layer, "ffn_gate_up", 2 * ffn, width),
    ffn_down: cut(layer, "ffn_down", width, ffn),
  }));
  const dispose = () => {
    for (const site of layers.flatMap((layer) => Object.values(layer))) {
      site.a.dispose();
      site.b.dispose();
    }
  };
  return { rank: ownRank, experts: 1, scale: 1, layers, bytes: 0, dispose };
}

function goldenPrompt({ inputs }: GoldenBlocks): PackedPrompt {
  const branchStart = inputs.branch.flatMap((branch, row) =>
    row > 0 && branch !== inputs.branch[row - 1] ? [row] : [],
  );
  return {
    tokens: Int32Array.from(inputs.tokens),
    behaviour: Int32Array.from(inputs.behaviour),
    branch: Int32Array.from(inputs.branch),
    position: Int32Array.from(inputs.position),
    prefixLength: branchStart[0] ?? inputs.branch.length,
    branchStart: Int32Array.from([...branchStart, inputs.branch.length]),
    readout: Int32Array.from(inputs.readout),
  };
}
