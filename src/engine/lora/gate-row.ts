import { invariant } from "../../core/invariant.ts";
import type { Gate } from "../engine.ts";

/**
 * Gate weights as the factors of the adapter's ranks: expert k owns the ranks k rank/K to (k + 1) rank/K - 1 (iLoRA, Kong et al.
 * 2024). The adapter's scale is multiplied in. [rank]
 */
export function gateRow(gate: Gate, rank: number, scale: number): Float32Array<ArrayBuffer> {
  invariant(
    gate.length > 0 && rank % gate.length === 0,
    `${gate.length} gate weights do not divide rank ${rank}`,
  );
  const ranksPerExpert = rank / gate.length;
  return Float32Array.from({ length: rank }, (_, i) => scale * (gate[Math.floor(i / ranksPerExpert)] ?? 0));
}
