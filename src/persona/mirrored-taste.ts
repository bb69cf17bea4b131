import type { Persona } from "./persona.ts";
import type { PreferenceSpace } from "./preference-space.ts";

/** The reverse of a taste in every direction [directions]: as far from the training users' mean, on its other side; 2 · mean − u. */
export function mirroredTaste({ prior }: PreferenceSpace, { taste }: Pick<Persona, "taste">): Float64Array {
  return taste.map((value, d) => 2 * (prior.mean[d] ?? 0) - value);
}
