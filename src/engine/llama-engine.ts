/** @file The engine on whichever backend is running: batches prompts into passes, runs the graph, reads verdicts and next tokens. */
import { engine, memory, type TensorContainer, tensor_util } from "@tensorflow/tfjs-core";
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
import { headLogits, outputLogits, type UploadedHead, uploadHead } from "./blocks/output-head.ts";
import { planPass } from "./blocks/pass.ts";
import type { PassPrompt } from "./blocks/prompt-forest.ts";
import { dot, outputRows, TokenEmbedding } from "./blocks/token-embedding.ts";
import { verdictDirection } from "./blocks/verdict-head.ts";
import type { StartedDevice } from "./device.ts";
import type {
  BackendName,
  BehaviourModel,
  Engine,
  EngineMemory,
  EnginePrompt,
  OnAnswer,
  TokenProbability,
} from "./engine.ts";
import { likeliest, softmax } from "./likeliest.ts";
import { type AdapterWeights, uploadAdapter } from "./lora/adapter-weights.ts";
import { gateRow } from "./lora/gate-row.ts";
import { type MemoryPlan, planMemory } from "./memory-plan.ts";
import { orCancelled } from "./or-cancelled.ts";
import { Pace } from "./pace.ts";
import type { DeviceQueue } from "./webgpu/queue.ts";
import { yieldToEvents } from "./yield-to-events.ts";

/** Fewer would leave the products' tiles empty. */
const FEWEST_PASS_ROWS = 64;

export interface LlamaEngineParts {
  readonly gguf: GgufFile;
  readonly tokenizer: Tokenizer;
  /** Null: the bare base model, all its layers, next tokens only. */
  readonly pack: PackFiles | null;
  readonly behaviour: BehaviourModel | null;
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
  const head = pack === null ? null : verdictDirection(pack, tokenizer, embedding);
  const bytesBefore = memory().numBytes;
  const weights = await uploadLlama(backend, gguf, config, layers, signal, largestBindingBytes);
  const output = outputRows(gguf, embedding);
  let adapter: AdapterWeights | null = null;
  let outputHead: UploadedHead | null = null;
  try {
    if (pack !== null) adapter = uploadAdapter(pack.adapter, pack.manifest.adapter, config, layers);
    else outputHead = await uploadHead(backend, output, largestBindingBytes, signal);
    if (queue !== null) await placeAll(weights, adapter, outputHead, queue, signal);
    const weightBytes = memory().numBytes - bytesBefore;
    return new LlamaEngine({
      backend,
      adapterName,
      tokenizer,
      embedding,
      output,
      outputHead,
      behaviour,
      weights,
      adapter,
      head,
      weightBytes,
      plan,
      pace: new Pace(queue === null ? null : () => queue.drain()),
      queue,
      largestBindingBytes,
      onFreed,
    });
  } catch (error) {
    weights.dispose();
    adapter?.dispose();
    outputHead?.dispose();
    throw error;
  }
}

/** The device has all weights when this resolves, or has said that it has no memory for them. */
async function placeAll(
  weights: LlamaWeights,
  adapter: AdapterWeights | null,
  outputHead: UploadedHead | null,
  queue: DeviceQueue,
  signal: AbortSignal | undefined,
): Promise<void> {
  queue.place(weights.outputNorm);
  for (const { weight } of outputHead?.parts ?? []) for (const { tensor } of weight) queue.place(tensor);
  for (const layer of [...weights.layers, ...(adapter?.layers ?? [])]) {
    // A copy is a plain object to tfjs, which walks no other.
    for (const tensor of tensor_util.getTensorsInContainer({ ...layer } as unknown as TensorContainer))
      queue.place(tensor);
    await yieldToEvents(signal);
  }
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
  readonly behaviour: BehaviourModel | null;
  readonly weights: LlamaWeights;
  readonly adapter: AdapterWeights | null;
  readonly head: Float64Array | null;
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
    return this.#inTurn(async () => {
      const { adapter, head } = this.#parts;
      invariant(adapter !== null && head !== null, "verdicts need a pack");
      const answers = prompts.map(({ packed }) => new Float32Array(packed.readout.length));
      const asked = prompts.map(({ packed, gate }, index) => ({
        index,
        prompt: { packed, gateRow: gateRow(gate, adapter.rank, adapter.scale), readRows: packed.readout },
      }));
      const batches = batchByRows(
        asked.filter(({ prompt }) => prompt.readRows.length > 0),
        this.#passRows(),
      );
      const deliver = (batch: typeof asked, hidden: Float32Array) => {
        const { width } = this.#parts.embedding;
        let row = 0;
        for (const { index } of batch) {
          const answer = present(answers[index], "an answer");
          for (let branch = 0; branch < answer.length; branch++, row++)
            answer[branch] = dot(head, hidden.subarray(row * width, (row + 1) * width));
          onAnswer?.(index, answer);
        }
      };
      const start = performance.now();
      const delivered: Promise<void>[] = [];
      try {
        for (const [i, batch] of batches.entries()) {
          // A queue is given the next pass while it is at one.
          if (i >= this.#passesAtOnce()) await delivered[i - this.#passesAtOnce()];
          const prompts = batch.map(({ prompt }) => prompt);
          const { hidden } = await this.#start(prompts, adapter, signal);
          const answered = hidden.then((states) => deliver(batch, states));
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
      return answers;
    });
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
      weightBytes: this.#parts.weightBytes,
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
    this.#parts.adapter?.dispose();
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

  async #start(
    prompts: readonly PassPrompt[],
    adapter: AdapterWeights | null,
    signal: AbortSignal | undefined,
  ): Promise<StartedPass> {
    const { backend, weights, embedding, behaviour, plan, pace, queue } = this.#parts;
    const pass = planPass(prompts, weights.config, embedding, behaviour);
    if (pass.rows > plan.mostRows)
      throw new FailureError({
        kind: "out-of-memory",
        backend,
        part: "pass",
        bytes: Math.ceil((pass.rows / plan.passRows) * plan.activationBytes),
        reason: `the question has ${pass.rows} positions, the device can bind ${plan.mostRows} at once`,
      });
    const onMemoryPeak = () => {
      this.#peakBytes = Math.max(this.#peakBytes, memory().numBytes);
    };
    const started = await startGraph(pass, weights, adapter, { signal, pace, queue, onMemoryPeak });
    this.#tokens += pass.rows;
    return started;
  }

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
