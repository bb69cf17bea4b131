import type { ItemId } from "../../core/ids.ts";
import type { PackManifest } from "../../model/pack-manifest.ts";
import { type ReadTensor, type SafetensorsFile, tensorReader } from "../../model/safetensors.ts";
import type { BehaviourModel, Gate } from "../engine.ts";
import { applyDense, type Dense, gelu, readDense } from "./dense.ts";
import { Sasrec } from "./sasrec.ts";

const PROJECTOR_WIDTH = 256;

/**
 * SASRec, the projector into token space (LLaRA, Liao et al. 2024) and the gate (iLoRA, Kong et al. 2024) of a pack. `width` is the
 * base's embedding width. Throws `file-invalid` for a tensor that is missing or has another shape.
 */
export function readBehaviourModel(
  pack: {
    readonly manifest: Pick<PackManifest, "sasrec" | "adapter">;
    readonly adapter: SafetensorsFile;
    readonly sasrec: SafetensorsFile;
  },
  width: number,
): PackBehaviour {
  const { manifest, adapter, sasrec } = pack;
  return new PackBehaviour(
    manifest.adapter.experts,
    tensorReader(adapter),
    new Sasrec(tensorReader(sasrec), manifest.sasrec),
    width,
  );
}

export class PackBehaviour implements BehaviourModel {
  readonly experts: number;
  readonly nullBehaviour: Float32Array;
  readonly #sasrec: Sasrec;
  readonly #projectorIn: Dense;
  readonly #projectorOut: Dense;
  readonly #gate: Dense;
  readonly #embedded = new Map<ItemId, Float32Array>();

  /** `read` gives the pack's tensors. Throws as it does. */
  constructor(experts: number, read: ReadTensor, sasrec: Sasrec, width: number) {
    const { dim } = sasrec.shape;
    this.experts = experts;
    this.#sasrec = sasrec;
    this.#projectorIn = readDense(read, "projector.0", PROJECTOR_WIDTH, dim);
    this.#projectorOut = readDense(read, "projector.2", width, PROJECTOR_WIDTH);
    this.#gate = readDense(read, "gate", experts, dim);
    this.nullBehaviour = read("null_behaviour", [width]);
  }

  get items(): number {
    return this.#sasrec.shape.items;
  }

  /** The same recommender with the projector, gate and null vector of another pack. Throws as `read` does. */
  withTensors(read: ReadTensor): PackBehaviour {
    return new PackBehaviour(this.experts, read, this.#sasrec, this.nullBehaviour.length);
  }

  state(history: readonly ItemId[]): Float32Array {
    return this.#sasrec.state(history);
  }

  /** K softmax(gate.weight z + gate.bias). */
  gate(state: Float32Array): Gate {
    const logits = applyDense(this.#gate, Float64Array.from(state));
    const highest = Math.max(...logits);
    const weights = Array.from(logits, (logit) => Math.exp(logit - highest));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    return weights.map((weight) => (this.experts * weight) / total);
  }

  itemScore(state: Float32Array, item: ItemId): number {
    return this.#sasrec.score(state, item);
  }

  itemScores(state: Float32Array): Float32Array {
    return this.#sasrec.scores(state);
  }

  /** Kept once computed: interventions ask for the same few items many times. */
  embed(item: ItemId): Float32Array {
    const known = this.#embedded.get(item);
    if (known !== undefined) return known;
    const inner = applyDense(this.#projectorIn, Float64Array.from(this.#sasrec.item(item))).map(gelu);
    const embedded = Float32Array.from(applyDense(this.#projectorOut, inner));
    this.#embedded.set(item, embedded);
    return embedded;
  }
}
