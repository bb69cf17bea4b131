/** @file What training made of a pack, or a seed of its control: read from a file or drawn anew, and put on the device. */
import type { LlamaConfig } from "../../model/llama-config.ts";
import type { PackFiles } from "../../model/load-parts.ts";
import type { PackManifest } from "../../model/pack-manifest.ts";
import { redrawnTensors } from "../../model/redrawn-tensors.ts";
import { type ReadTensor, tensorReader } from "../../model/safetensors.ts";
import type { Tokenizer } from "../../model/tokenizer.ts";
import type { TokenEmbedding } from "../blocks/token-embedding.ts";
import { verdictDirection } from "../blocks/verdict-head.ts";
import { orCancelled } from "../or-cancelled.ts";
import { placeLayers } from "../place-layers.ts";
import type { PackBehaviour } from "../sasrec/behaviour-model.ts";
import type { DeviceQueue } from "../webgpu/queue.ts";
import { type AdapterWeights, uploadAdapter } from "./adapter-weights.ts";

export interface PackSource {
  readonly read: ReadTensor;
  readonly settings: Pick<PackManifest["adapter"], "rank" | "experts" | "scale">;
  readonly behaviour: PackBehaviour;
}

/** A source whose adapter is on the device. Whoever mounted it disposes the adapter. */
export interface MountedPack {
  readonly adapter: AdapterWeights;
  /** What a read-out is multiplied with for its verdict, [width]. */
  readonly direction: Float64Array;
  readonly behaviour: PackBehaviour;
}

export function trainedSource(
  { adapter, manifest }: Pick<PackFiles, "adapter" | "manifest">,
  behaviour: PackBehaviour,
): PackSource {
  return { read: tensorReader(adapter), settings: manifest.adapter, behaviour };
}

/** The weight-randomised control of a pack: all that was trained drawn anew, SASRec aside. */
export function redrawnSource({ read, settings, behaviour }: PackSource, seed: number): PackSource {
  const redrawn = redrawnTensors(read, seed);
  return { read: redrawn, settings, behaviour: behaviour.withTensors(redrawn) };
}

interface MountOptions {
  readonly tokenizer: Tokenizer;
  readonly embedding: TokenEmbedding;
  readonly config: LlamaConfig;
  readonly layers: number;
  readonly queue: DeviceQueue | null;
  readonly signal: AbortSignal | undefined;
}

/**
 * The device has the whole adapter when this resolves, or has said that it has no memory for it. Rejects as `uploadAdapter` does;
 * nothing stays uploaded then.
 */
export async function mountPack(
  { read, settings, behaviour }: PackSource,
  { tokenizer, embedding, config, layers, queue, signal }: MountOptions,
): Promise<MountedPack> {
  const direction = verdictDirection(read, tokenizer, embedding);
  const adapter = await uploadAdapter(read, settings, config, layers, signal);
  try {
    if (queue !== null) {
      await placeLayers(adapter.layers, queue, signal);
      await orCancelled(queue.drain(), signal);
    }
    return { adapter, direction, behaviour };
  } catch (error) {
    adapter.dispose();
    throw error;
  }
}
