/** @file The engine on whichever backend is running: batches prompts into passes, runs the graph, reads verdicts and tokens. */
import { engine, memory } from "@tensorflow/tfjs-core";
import { FailureError } from "../core/failure.ts";
import { type TokenId, tokenId } from "../core/ids.ts";
import { invariant, present } from "../core/invariant.ts";
import type { GgufFile } from "../model/gguf.ts";
import { readLlamaConfig } from "../model/llama-config.ts";
import type { PackFiles } from "../model/load-parts.ts";
import type { Tokenizer } from "../model/tokenizer.ts";
import { packPrompt } from "../prompt/packed-prompt.ts";
import { batchByRows } from "./blocks/batch-by-rows.ts";
import { type StartedPass, startGraph } from "./blocks/llama-graph.ts";
import { type LlamaWeights, uploadLlama } from "./blocks/llama-weights.ts";
import { headLogits, logTotals, outputLogits, type UploadedHead, uploadHead } from "./blocks/output-head.ts";
import { planPass } from "./blocks/pass.ts";
import { predictedTokens } from "./blocks/predicted-tokens.ts";
import type { PassPrompt } from "./blocks/prompt-forest.ts";
import { dot, outputRows, TokenEmbedding } from "./blocks/token-embedding.ts";
import type { StartedDevice } from "./device.ts";
import type {
  BackendName,
  Engine,
  EngineMemory,
  EnginePrompt,
  OnAnswer,
  RandomisedControl,
  TokenProbability,
} from "./engine.ts";
import { likeliest, softmax } from "./likeliest.ts";
import { gateRow } from "./lora/gate-row.ts";
import {
  type MountedPack,
  mountPack,
  type PackSource,
  redrawnSource,
  trainedSource,
} from "./lora/mounted-pack.ts";
import { type MemoryPlan, planMemory } from "./memory-plan.ts";
import { orCancelled } from "./or-cancelled.ts";
import { Pace } from "./pace.ts";
import { placeLayers } from "./place-layers.ts";
import type { PackBehaviour } from "./sasrec/behaviour-model.ts";
import type { DeviceQueue } from "./webgpu/queue.ts";

/** Fewer would leave the products' tiles empty. */
const FEWEST_PASS_ROWS = 64;

export interface LlamaEngineParts {
  readonly gguf: GgufFile;
  readonly tokenizer: Tokenizer;
  /** Null: the bare base model, all its layers, next tokens only. */
  readonly pack: PackFiles | null;
  /** The pack's. */
  readonly behaviour: PackBehaviour | null;
  /** Called once the engine's tensors are gone after its disposal; not where creating it fails. */
  readonly onFreed?: () => void;
}

/**
 * Uploads everything to the device, whose backend must be the current one. Rejects with the failures of the readers, with
 * `out-of-memory`, and with `cancelled`; nothing stays uploaded then.
 */
export async function createLlamaEngine(
  { backend, adapterName, largestBindingBytes, queue }: Omit<StartedDevice, "lost" | "end">,
  { gguf, tokenizer, pack, behaviour, onFreed = () => {} }: LlamaEngineParts,
  signal?: AbortSignal,
): Promise<LlamaEngine> {
  const config = readLlamaConfig(gguf);
  const layers = pack?.manifest.base.layers ?? config.layers;
  const rank = pack?.manifest.adapter.rank ?? 0;
  const plan = planMemory(backend, gguf, config, layers, rank, largestBindingBytes, pack === null);
  const embedding = new TokenEmbedding(gguf);
  const trained =
    pack === null ? null : trainedSource(pack, present(behaviour, "the pack's behaviour model"));
  const bytesBefore = memory().numBytes;
  const weights = await uploadLlama(backend, gguf, config, layers, signal, largestBindingBytes);
  const output = outputRows(gguf, embedding);
  let mounted: MountedPack | null = null;
  let outputHead: UploadedHead | null = null;
  try {
    if (trained === null) outputHead = await uploadHead(backend, output, largestBindingBytes, signal);
    if (queue !== null) await placeBase(weights, outputHead, queue, signal);
    if (trained !== null)
      mounted = await mountPack(trained, { tokenizer, embedding, config, layers, queue, signal });
    const weightBytes = memory().numBytes - bytesBefore;
    return new LlamaEngine({
      backend,
      adapterName,
      tokenizer,
      embedding,
      output,
      outputHead,
      weights,
      trained,
      mounted,
      weightBytes,
      plan,
      pace: new Pace(queue === null ? null : () => queue.drain()),
      queue,
      largestBindingBytes,
      onFreed,
    });
  } catch (error) {
    weights.dispose();
    mounted?.adapter.dispose();
    outputHead?.dispose();
    throw error;
  }
}

/** The device has the base's weights when this resolves, or has said that it has no memory for them. */
async function placeBase(
  weights: LlamaWeights,
  outputHead: UploadedHead | null,
  queue: DeviceQueue,
  signal: AbortSignal | undefined,
): Promise<void> {
  queue.place(weights.outputNorm);
  for (const { weight } of outputHead?.parts ?? []) for (const { tensor } of weight) queue.place(tensor);
  await placeLayers(weights.layers, queue, signal);
  await orCancelled(queue.drain(), signal);
}

interface Uploaded {
  readonly backend: BackendName;
  readonly adapterName: string;
  readonly tokenizer: Tokenizer;
  readonly embedding: TokenEmbedding;
  /** The output head's rows; `embedding` itself where the two are tied. */
  readonly output: TokenEmbedding;
  /** Those rows on the device, where next tokens are all that is asked; else they are uploaded for each such request. */
  readonly outputHead: UploadedHead | null;
  readonly weights: LlamaWeights;
  /** Null without a pack, both. */
  readonly trained: PackSource | null;
  readonly mounted: MountedPack | null;
  readonly weightBytes: number;
  readonly plan: MemoryPlan;
  readonly pace: Pace;
  readonly queue: DeviceQueue | null;
  readonly largestBindingBytes: number;
  readonly onFreed: () => void;
}

export class LlamaEngine implements Engine {
  readonly #parts: Uploaded;
  #peakBytes: number;
  #tokens = 0;
  #milliseconds = 0;
  #isDisposed = false;
  #isRunning = false;
  /** The control last asked for, as it is read: every question to it needs it. */
  #drawn: { readonly seed: number; readonly source: PackSource } | null = null;
  /** The control whose adapter is on the device. */
  #control: { readonly seed: number; readonly mounted: MountedPack } | null = null;
  /** Settles when every call so far has been answered. */
  #lastCall: Promise<unknown> = Promise.resolve();

  constructor(parts: Uploaded) {
    this.#parts = parts;
    this.#peakBytes = memory().numBytes;
  }

  get backend(): BackendName {
    return this.#parts.backend;
  }

  get adapterName(): string {
    return this.#parts.adapterName;
  }

  get layers(): number {
    return this.#parts.weights.layers.length;
  }

  verdicts(
    prompts: readonly EnginePrompt[],
    signal?: AbortSignal,
    onAnswer?: OnAnswer,
  ): Promise<Float32Array[]> {
    return this.#inTurn(() =>
      this.#verdicts(present(this.#parts.mounted, "a pack"), prompts, signal, onAnswer),
    );
  }

  tokenLogProbs(prompts: readonly EnginePrompt[], signal?: AbortSignal): Promise<Float32Array[]> {
    return this.#inTurn(async () => {
      const { backend, mounted, embedding, output, pace, largestBindingBytes } = this.#parts;
      const { width } = embedding;
      let count = 0;
      const asked = prompts.map(({ packed }) => {
        const firstState = count;
        const predicted = predictedTokens(packed);
        count += predicted.readRows.length;
        const answer = new Float32Array(packed.tokens.length).fill(Number.NaN);
        return { packed, predicted, firstState, answer };
      });
      if (count > 0) {
        const states = new Float32Array(count * width);
        const readRows = asked.map(({ predicted }) => predicted.readRows);
        const pack = present(mounted, "a pack");
        await this.#read(pack, prompts, readRows, signal, (index, hidden) =>
          states.set(hidden, present(asked[index], "a prompt").firstState * width),
        );
        // After the passes: the head takes the place of what they held.
        const options = { signal, pace, onMemoryPeak: this.#noteMemory };
        const totals = await logTotals(backend, states, output, largestBindingBytes, options);
        for (const { packed, predicted, firstState, answer } of asked)
          for (const [i, t] of predicted.places.entries()) {
            const at = firstState + present(predicted.readAt[i], "a read");
            const logit = dot(
              states.subarray(at * width, (at + 1) * width),
              output.row(present(packed.tokens[t], "a token")),
            );
            answer[t] = logit - present(totals[at], "a total");
          }
      }
      return asked.map(({ answer }) => answer);
    });
  }

  control(seed: number): RandomisedControl {
    if (this.#drawn?.seed !== seed)
      this.#drawn = { seed, source: redrawnSource(present(this.#parts.trained, "a pack"), seed) };
    const { source } = this.#drawn;
    return {
      behaviour: source.behaviour,
      verdicts: (prompts, signal, onAnswer) =>
        this.#inTurn(async () =>
          this.#verdicts(await this.#mountControl(seed, source, signal), prompts, signal, onAnswer),
        ),
    };
  }

  nextToken(tokens: readonly TokenId[], top: number, signal?: AbortSignal): Promise<TokenProbability[]> {
    return this.#inTurn(async () => {
      const { backend, output, outputHead, tokenizer, weights, largestBindingBytes } = this.#parts;
      const { contextLength } = weights.config;
      if (tokens.length === 0 || tokens.length > contextLength)
        throw new FailureError({
          kind: "bad-request",
          reason: `the text has ${tokens.length} tokens, from 1 to ${contextLength} can be continued`,
        });
      const slots = tokens.map((token) => ({ kind: "text", token, source: null }) as const);
      const packed = packPrompt({ prefix: slots, branches: [] });
      const readRows = Int32Array.of(tokens.length - 1);
      const start = performance.now();
      const { hidden: reading } = await this.#start([{ packed, gateRow: null, readRows }], null, signal);
      const hidden = await reading;
      this.#milliseconds += performance.now() - start;
      const logits =
        outputHead === null
          ? await outputLogits(backend, hidden, output, largestBindingBytes, signal)
          : await headLogits(hidden, outputHead.parts, output.vocabulary, signal);
      const probabilities = softmax(logits);
      return likeliest(probabilities, top).map((id) => {
        const token = tokenId(id);
        return { token, text: tokenizer.decode([token]), probability: probabilities[id] ?? Number.NaN };
      });
    });
  }

  memory(): EngineMemory {
    return {
      weightBytes: this.#parts.weightBytes + (this.#control?.mounted.adapter.bytes ?? 0),
      peakBytes: this.#peakBytes,
      // Not memory(): that asks the current backend, and there is none while a lost device is being replaced.
      tensors: engine().state.numTensors,
    };
  }

  throughput(): { readonly tokens: number; readonly milliseconds: number } {
    return { tokens: this.#tokens, milliseconds: this.#milliseconds };
  }

  /** Frees the weights, after the call in progress if there is one. Calls that wait behind it are bugs and reject. */
  dispose(): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    if (!this.#isRunning) this.#free();
  }

  #free(): void {
    this.#parts.weights.dispose();
    this.#parts.mounted?.adapter.dispose();
    this.#control?.mounted.adapter.dispose();
    this.#parts.outputHead?.dispose();
    this.#parts.onFreed();
  }

  /** Where an op is done when it returns, nothing can stop it: passes are then as long as the device is fast. */
  #passRows(): number {
    const { plan, pace, weights } = this.#parts;
    if (pace.isQueued) return plan.passRows;
    const { width, ffn } = weights.config;
    const workOfWidestOp = 4 * width * ffn;
    return Math.max(FEWEST_PASS_ROWS, Math.min(plan.passRows, pace.rowsPerStep(workOfWidestOp)));
  }

  /** Passes that may be under way: with none behind it, a queue would stand idle while the next is planned. */
  #passesAtOnce(): number {
    return this.#parts.pace.isQueued ? 2 : 1;
  }

  /** In its turn, so that no pass reads what is freed here. */
  async #mountControl(
    seed: number,
    source: PackSource,
    signal: AbortSignal | undefined,
  ): Promise<MountedPack> {
    if (this.#control?.seed === seed) return this.#control.mounted;
    this.#control?.mounted.adapter.dispose();
    this.#control = null;
    const { tokenizer, embedding, weights, queue } = this.#parts;
    const { config, layers } = weights;
    const options = { tokenizer, embedding, config, layers: layers.length, queue, signal };
    const mounted = await mountPack(source, options);
    this.#noteMemory();
    this.#control = { seed, mounted };
    return mounted;
  }

  async #verdicts(
    pack: MountedPack,
    prompts: readonly EnginePrompt[],
    signal: AbortSignal | undefined,
    onAnswer: OnAnswer | undefined,
  ): Promise<Float32Array[]> {
    const { width } = this.#parts.embedding;
    const answers = prompts.map(({ packed }) => new Float32Array(packed.readout.length));
    const readRows = prompts.map(({ packed }) => packed.readout);
    await this.#read(pack, prompts, readRows, signal, (index, hidden) => {
      const answer = present(answers[index], "an answer");
      for (let branch = 0; branch < answer.length; branch++)
        answer[branch] = dot(pack.direction, hidden.subarray(branch * width, (branch + 1) * width));
      onAnswer?.(index, answer);
    });
    return answers;
  }

  /**
   * Runs the prompts in passes. `deliver` hears the hidden states [read rows, width] of each that has rows to read, as soon as its
   * pass is done, in no fixed order.
   */
  async #read(
    pack: MountedPack,
    prompts: readonly EnginePrompt[],
    readRows: readonly Int32Array[],
    signal: AbortSignal | undefined,
    deliver: (index: number, hidden: Float32Array) => void,
  ): Promise<void> {
    const { adapter } = pack;
    const { width } = this.#parts.embedding;
    const asked = prompts.map(({ packed, gate }, index) => ({
      index,
      prompt: {
        packed,
        gateRow: gateRow(gate, adapter.rank, adapter.scale),
        readRows: present(readRows[index], "the rows to read"),
      },
    }));
    const batches = batchByRows(
      asked.filter(({ prompt }) => prompt.readRows.length > 0),
      this.#passRows(),
    );
    const deliverAll = (batch: typeof asked, hidden: Float32Array) => {
      let row = 0;
      for (const { index, prompt } of batch) {
        const end = row + prompt.readRows.length;
        deliver(index, hidden.subarray(row * width, end * width));
        row = end;
      }
    };
    const start = performance.now();
    const delivered: Promise<void>[] = [];
    try {
      for (const [i, batch] of batches.entries()) {
        // A queue is given the next pass while it is at one.
        if (i >= this.#passesAtOnce()) await delivered[i - this.#passesAtOnce()];
        const passPrompts = batch.map(({ prompt }) => prompt);
        const { hidden } = await this.#start(passPrompts, pack, signal);
        const answered = hidden.then((states) => deliverAll(batch, states));
        // Awaited below, later than it may fail.
        answered.catch(() => undefined);
        delivered.push(answered);
      }
      await Promise.all(delivered);
    } finally {
      // The turn ends when nothing of it can still answer.
      await Promise.allSettled(delivered);
    }
    this.#milliseconds += performance.now() - start;
  }

  async #start(
    prompts: readonly PassPrompt[],
    pack: MountedPack | null,
    signal: AbortSignal | undefined,
  ): Promise<StartedPass> {
    const { backend, weights, embedding, plan, pace, queue } = this.#parts;
    const pass = planPass(prompts, weights.config, embedding, pack?.behaviour ?? null);
    if (pass.rows > plan.mostRows)
      throw new FailureError({
        kind: "out-of-memory",
        backend,
        part: "pass",
        bytes: Math.ceil((pass.rows / plan.passRows) * plan.activationBytes),
        reason: `the question has ${pass.rows} positions, the device can bind ${plan.mostRows} at once`,
      });
    const options = { signal, pace, queue, onMemoryPeak: this.#noteMemory };
    const started = await startGraph(pass, weights, pack?.adapter ?? null, options);
    this.#tokens += pass.rows;
    return started;
  }

  readonly #noteMemory = (): void => {
    this.#peakBytes = Math.max(this.#peakBytes, memory().numBytes);
  };

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const answer = this.#lastCall.then(async () => {
      invariant(!this.#isDisposed, "the engine is in use after its disposal");
      this.#isRunning = true;
      try {
        return await work();
      } finally {
        this.#isRunning = false;
        if (this.#isDisposed) this.#free();
      }
    });
    this.#lastCall = answer.catch(() => undefined);
    return answer;
  }
}
