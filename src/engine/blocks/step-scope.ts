import { Tensor, tidy } from "@tensorflow/tfjs-core";
import { invariant } from "../../core/invariant.ts";
import type { Projected } from "../ops/low-rank/projected.ts";
import type { Pace } from "../pace.ts";

/**
 * The tensors of a computation that lets others run between its steps and may be given up there. `tidy` knows no such pauses: what
 * is still alive at the end is freed by `dispose`.
 */
export class StepScope {
  readonly #pace: Pace;
  readonly #signal: AbortSignal | undefined;
  readonly #alive = new Set<Tensor>();

  constructor(pace: Pace, signal: AbortSignal | undefined) {
    this.#pace = pace;
    this.#signal = signal;
  }

  /** Runs an op of so much work (floating point operations) and waits as the pace asks. Rejects with `cancelled`. */
  async step<T extends Tensor | Projected>(work: number, op: () => T): Promise<T> {
    let result: T | undefined;
    // tidy keeps what its function returns, in containers that it knows the type of.
    const made = tidy(() => {
      result = op();
      if (result instanceof Tensor) return [result];
      return result.inner === null ? [result.x] : [result.x, result.inner];
    });
    for (const tensor of made) this.#alive.add(tensor);
    invariant(result !== undefined, "the op has run");
    const wait = this.#pace.after(work, this.#signal);
    if (wait !== null) await wait;
    return result;
  }

  /** Frees what later steps do not need. */
  drop(...tensors: readonly Tensor[]): void {
    for (const tensor of tensors) {
      this.#alive.delete(tensor);
      tensor.dispose();
    }
  }

  /** Lets a tensor outlive the scope. */
  release<T extends Tensor>(tensor: T): T {
    this.#alive.delete(tensor);
    return tensor;
  }

  dispose(): void {
    this.drop(...this.#alive);
  }
}
