import type { ItemId } from "../../core/ids.ts";
import type { PackManifest } from "../../model/pack-manifest.ts";
import { floatsOf, type SafetensorsFile } from "../../model/safetensors.ts";
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
): BehaviourModel {
  return new PackBehaviour(pack.manifest, pack.adapter, new Sasrec(pack.sasrec, pack.manifest.sasrec), width);
}

class PackBehaviour implements BehaviourModel {
  readonly items: number;
  readonly experts: number;
  readonly nullBehaviour: Float32Array;
  readonly #sasrec: Sasrec;
  readonly #projectorIn: Dense;
  readonly #projectorOut: Dense;
  readonly #gate: Dense;
  readonly #embedded = new Map<ItemId, Float32Array>();

  constructor(
    manifest: Pick<PackManifest, "sasrec" | "adapter">,
    adapter: SafetensorsFile,
    sasrec: Sasrec,
    width: number,
  ) {
    const { dim, items } = manifest.sasrec;
    this.items = items;
    this.experts = manifest.adapter.experts;
    this.#sasrec = sasrec;
    this.#projectorIn = readDense(adapter, "projector.0", PROJECTOR_WIDTH, dim);
    this.#projectorOut = readDense(adapter, "projector.2", width, PROJECTOR_WIDTH);
    this.#gate = readDense(adapter, "gate", this.experts, dim);
    this.nullBehaviour = floatsOf(adapter, "null_behaviour", [width]);
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
