/** @file A pack's LoRA experts on the running backend (docs/formats.md, section 3). */
import type { LlamaConfig } from "../../model/llama-config.ts";
import type { PackManifest } from "../../model/pack-manifest.ts";
import type { ReadTensor } from "../../model/safetensors.ts";
import { uploadLowRank } from "../ops/linear/upload-linear.ts";
import type { LowRank } from "../ops/low-rank/low-rank.ts";
import { yieldToEvents } from "../yield-to-events.ts";

/** The linear layers that carry an adapter. */
export type Site = "attn_qkv" | "attn_output" | "ffn_gate_up" | "ffn_down";

export type LayerAdapter = Readonly<Record<Site, LowRank>>;

export interface AdapterWeights {
  readonly rank: number;
  readonly experts: number;
  /** Factor of the whole adapter; it goes into the gate rows. */
  readonly scale: number;
  readonly layers: readonly LayerAdapter[];
  /** Bytes on the device. */
  readonly bytes: number;
  dispose(): void;
}

/**
 * Uploads all experts of the pack whose tensors `read` gives. Rejects with `file-invalid` for a tensor that is missing or has another
 * shape, and with `cancelled` between layers; nothing stays uploaded then.
 */
export async function uploadAdapter(
  read: ReadTensor,
  { rank, experts, scale }: Pick<PackManifest["adapter"], "rank" | "experts" | "scale">,
  config: LlamaConfig,
  layerCount: number,
  signal?: AbortSignal,
): Promise<AdapterWeights> {
  const { width, ffn, heads, kvHeads, headDim } = config;
  const shapes: Record<Site, { readonly out: number; readonly inputs: number }> = {
    attn_qkv: { out: (heads + 2 * kvHeads) * headDim, inputs: width },
    attn_output: { out: width, inputs: width },
    ffn_gate_up: { out: 2 * ffn, inputs: width },
    ffn_down: { out: width, inputs: ffn },
  };
  const uploaded: LowRank[] = [];
  const dispose = () => {
    for (const { a, b } of uploaded) {
      a.dispose();
      b.dispose();
    }
  };
  const upload = (layer: number, site: Site): LowRank => {
    const { out, inputs } = shapes[site];
    const a = read(`blk.${layer}.${site}.lora_a`, [rank, inputs]);
    const b = read(`blk.${layer}.${site}.lora_b`, [out, rank]);
    const lowRank = uploadLowRank(a, b, rank);
    uploaded.push(lowRank);
    return lowRank;
  };
  try {
    const layers: LayerAdapter[] = [];
    for (let layer = 0; layer < layerCount; layer++) {
      layers.push({
        attn_qkv: upload(layer, "attn_qkv"),
        attn_output: upload(layer, "attn_output"),
        ffn_gate_up: upload(layer, "ffn_gate_up"),
        ffn_down: upload(layer, "ffn_down"),
      });
      await yieldToEvents(signal);
    }
    const bytes = 4 * uploaded.reduce((sum, { a, b }) => sum + a.size + b.size, 0);
    return { rank, experts, scale, layers, bytes, dispose };
  } catch (error) {
    dispose();
    throw error;
  }
}
