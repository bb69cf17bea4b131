import { type Tensor1D, tensor1d } from "@tensorflow/tfjs-core";
import { dequantise } from "../../model/block-dequantise.ts";
import type { GgufFile } from "../../model/gguf.ts";
import { type LayerTensor, type LlamaConfig, layerTensorName, tensorOf } from "../../model/llama-config.ts";
import type { BackendName } from "../engine.ts";
import type { LinearWeight } from "../ops/linear/linear.ts";
import { uploadLinear } from "../ops/linear/upload-linear.ts";
import { yieldToEvents } from "../yield-to-events.ts";
import { STACKS } from "./weight-stacks.ts";

/** One Transformer layer; the rows of q, k, v and of gate, up are stacked so that each pair of products is one. */
export interface LayerWeights {
  readonly attentionNorm: Tensor1D;
  readonly qkv: LinearWeight;
  readonly attentionOutput: LinearWeight;
  readonly ffnNorm: Tensor1D;
  readonly gateUp: LinearWeight;
  readonly down: LinearWeight;
}

export interface LlamaWeights {
  readonly config: LlamaConfig;
  readonly layers: readonly LayerWeights[];
  readonly outputNorm: Tensor1D;
  dispose(): void;
}

/** Uploads the first `layerCount` layers. Rejects with `cancelled` between layers; nothing stays uploaded then. */
export async function uploadLlama(
  backend: BackendName,
  gguf: GgufFile,
  config: LlamaConfig,
  layerCount: number,
  signal?: AbortSignal,
  largestBindingBytes?: number,
): Promise<LlamaWeights> {
  const uploaded: { dispose(): void }[] = [];
  const dispose = () => {
    for (const tensor of uploaded) tensor.dispose();
  };
  const keep = <T extends { dispose(): void }>(tensor: T): T => {
    uploaded.push(tensor);
    return tensor;
  };
  const vector = (name: string) => keep(tensor1d(dequantise(tensorOf(gguf, name))));
  const matrix = (layer: number, names: readonly LayerTensor[]): LinearWeight => {
    const stacked = names.map((name) => tensorOf(gguf, layerTensorName(layer, name)));
    const weight = uploadLinear(backend, stacked, gguf.file, largestBindingBytes);
    for (const { tensor } of weight) keep(tensor);
    return weight;
  };
  try {
    const layers: LayerWeights[] = [];
    for (let layer = 0; layer < layerCount; layer++) {
      layers.push({
        attentionNorm: vector(layerTensorName(layer, "attn_norm")),
        qkv: matrix(layer, STACKS.qkv),
        attentionOutput: matrix(layer, STACKS.attentionOutput),
        ffnNorm: vector(layerTensorName(layer, "ffn_norm")),
        gateUp: matrix(layer, STACKS.gateUp),
        down: matrix(layer, STACKS.down),
      });
      await yieldToEvents(signal);
    }
    return { config, layers, outputNorm: vector("output_norm.weight"), dispose };
  } catch (error) {
    dispose();
    throw error;
  }
}
