import type { LayerTensor } from "../../model/llama-config.ts";

/** The matrices of a layer whose rows stand in one weight, so that their products are one. */
export const STACKS = {
  qkv: ["attn_q", "attn_k", "attn_v"],
  attentionOutput: ["attn_output"],
  gateUp: ["ffn_gate", "ffn_up"],
  down: ["ffn_down"],
} as const satisfies Readonly<Record<string, readonly LayerTensor[]>>;

export const WEIGHT_STACKS: readonly (readonly LayerTensor[])[] = Object.values(STACKS);
