import { present } from "../core/invariant.ts";
import type { Random } from "../core/rng.ts";

/** A new array in an order that is each as likely as any other (Fisher and Yates). */
export function shuffled<T>(values: readonly T[], random: Random): T[] {
  const order = [...values];
  for (let i = order.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    const [one, other] = [present(order[i], "a value"), present(order[j], "a value")];
    order[i] = other;
    order[j] = one;
  }
  return order;
}
