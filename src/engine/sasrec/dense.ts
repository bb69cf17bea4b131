/** @file The few dense operations SASRec and the projector need, on plain arrays: f32 weights, f64 sums. */
import { floatsOf, type SafetensorsFile } from "../../model/safetensors.ts";

/** x W^T + b with W [out, in] row-major. */
export interface Dense {
  readonly weight: Float32Array;
  readonly bias: Float32Array;
}

export interface LayerNorm {
  readonly gain: Float32Array;
  readonly bias: Float32Array;
}

/** Reads `name.weight` [out, in] and `name.bias` [out]. Throws `file-invalid` where they are missing or of another shape. */
export function readDense(file: SafetensorsFile, name: string, out: number, inputs: number): Dense {
  return {
    weight: floatsOf(file, `${name}.weight`, [out, inputs]),
    bias: floatsOf(file, `${name}.bias`, [out]),
  };
}

export function readLayerNorm(file: SafetensorsFile, name: string, width: number): LayerNorm {
  return { gain: floatsOf(file, `${name}.weight`, [width]), bias: floatsOf(file, `${name}.bias`, [width]) };
}

// Casts `as number` in this file: every index is a product of lengths that the readers above have checked.

/** [in] -> [out] */
export function applyDense({ weight, bias }: Dense, x: Float64Array): Float64Array {
  const inputs = x.length;
  return Float64Array.from(bias, (start, o) => {
    let sum = start;
    for (let i = 0; i < inputs; i++) sum += (weight[o * inputs + i] as number) * (x[i] as number);
    return sum;
  });
}

const LAYER_NORM_EPSILON = 1e-5;

/** (x - mean) / sqrt(variance + 1e-5) * gain + bias (Ba et al. 2016). */
export function applyLayerNorm({ gain, bias }: LayerNorm, x: Float64Array): Float64Array {
  const mean = x.reduce((sum, value) => sum + value, 0) / x.length;
  const variance = x.reduce((sum, value) => sum + (value - mean) ** 2, 0) / x.length;
  const scale = 1 / Math.sqrt(variance + LAYER_NORM_EPSILON);
  return x.map((value, i) => (value - mean) * scale * (gain[i] as number) + (bias[i] as number));
}

/** The tanh form of GELU: 0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) (Hendrycks and Gimpel 2016). */
export function gelu(x: number): number {
  return 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));
}
