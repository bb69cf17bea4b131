import type { ReadTensor } from "../../model/safetensors.ts";
import type { Tokenizer } from "../../model/tokenizer.ts";
import type { TokenEmbedding } from "./token-embedding.ts";

/** `read` gives the pack's tensors. e(" Yes") - e(" No") + verdict_head, [width]: its product with a read-out is the verdict log-odds (docs/formats.md, section 2). */
export function verdictDirection(
  read: ReadTensor,
  tokenizer: Tokenizer,
  embedding: TokenEmbedding,
): Float64Array {
  const trained = read("verdict_head", [embedding.width]);
  const yes = embedding.row(tokenizer.single(" Yes"));
  const no = embedding.row(tokenizer.single(" No"));
  return Float64Array.from(trained, (value, i) => value + (yes[i] ?? Number.NaN) - (no[i] ?? Number.NaN));
}
