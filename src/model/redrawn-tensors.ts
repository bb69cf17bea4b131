/** @file Trained tensors drawn anew: a model that knows nothing of its training but how large its weights became. */
import { type Random, seededRandom } from "../core/rng.ts";
import type { ReadTensor } from "./safetensors.ts";

/**
 * Reads every tensor drawn anew, value by value, from the normal distribution with the mean and standard deviation of what `read` gives
 * (the weight randomisation of Adebayo et al. 2018, sanity checks for saliency maps). A tensor depends on the seed, on its name and
 * on those two moments, not on what was read before it.
 */
export function redrawnTensors(read: ReadTensor, seed: number): ReadTensor {
  return (name, shape) => drawLike(read(name, shape), seededRandom(hash(`${seed} ${name}`)));
}

/** Replaces the values by normal ones of the same mean and (population) standard deviation; the same array. */
function drawLike(values: Float32Array<ArrayBuffer>, random: Random): Float32Array<ArrayBuffer> {
  let sum = 0;
  for (const value of values) sum += value;
  const mean = sum / values.length;
  let squares = 0;
  for (const value of values) squares += (value - mean) * (value - mean);
  const deviation = Math.sqrt(squares / values.length);
  for (let i = 0; i < values.length; i += 2) {
    // Two at a time (Box and Muller 1958); 1 - random() is never 0. A write past the end is dropped.
    const radius = deviation * Math.sqrt(-2 * Math.log(1 - random()));
    const angle = 2 * Math.PI * random();
    values[i] = mean + radius * Math.cos(angle);
    values[i + 1] = mean + radius * Math.sin(angle);
  }
  return values;
}

/** FNV-1a over the characters, 32 bits. */
function hash(text: string): number {
  let state = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) state = Math.imul(state ^ text.charCodeAt(i), 0x01000193);
  return state >>> 0;
}
