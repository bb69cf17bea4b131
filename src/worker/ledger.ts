/** @file The model's own answers behind the figures of one prediction, kept for whoever wants to compute the figures again. */
import type { EffectMatrix } from "../attribution/effect.ts";
import type { EvidenceParts } from "../attribution/evidence.ts";
import type { ItemId } from "../core/ids.ts";

type Kept<Part extends keyof EvidenceParts> = NonNullable<EvidenceParts[Part]>;

/** What makes a map the map it is. */
export type MapIdentity = Pick<
  EffectMatrix,
  "history" | "candidates" | "question" | "value" | "method" | "pairs"
>;

/** Holds what was said about the history that was asked about last; another history makes it forget. */
export class Ledger {
  #history: readonly ItemId[] = [];
  #slate: Kept<"slate"> | null = null;
  #channels: Kept<"channels"> | null = null;
  #counterfactual: Kept<"counterfactual"> | null = null;
  #whatIf: Kept<"whatIf"> | null = null;
  readonly #maps = new Map<string, Kept<"effects">>();
  readonly #audits = new Map<string, Kept<"audit">>();
  readonly #strips = new Map<string, Kept<"strips">>();

  forget(): void {
    this.#slate = this.#channels = this.#counterfactual = this.#whatIf = null;
    for (const parts of [this.#maps, this.#audits, this.#strips]) parts.clear();
  }

  keepSlate(history: readonly ItemId[], slate: Kept<"slate">): void {
    this.#turnTo(history);
    this.#slate = slate;
  }

  keepMap(map: Kept<"effects">): void {
    this.#turnTo(map.shown.history);
    this.#maps.set(keyOf(map.shown), map);
  }

  keepAudit(of: EffectMatrix, audit: Kept<"audit">): void {
    this.#turnTo(of.history);
    this.#audits.set(keyOf(of), audit);
  }

  keepChannels(history: readonly ItemId[], channels: Kept<"channels">): void {
    this.#turnTo(history);
    this.#channels = channels;
  }

  keepStrips(history: readonly ItemId[], question: EffectMatrix["question"], strips: Kept<"strips">): void {
    this.#turnTo(history);
    this.#strips.set(question, strips);
  }

  keepCounterfactual(history: readonly ItemId[], found: Kept<"counterfactual">): void {
    this.#turnTo(history);
    this.#counterfactual = found;
  }

  keepWhatIf(history: readonly ItemId[], answer: Kept<"whatIf">): void {
    this.#turnTo(history);
    this.#whatIf = answer;
  }

  /** All that was said about the prediction that a map explains; null where the map's own answers are gone. */
  partsOf(map: MapIdentity): Omit<EvidenceParts, "model" | "scene" | "question"> | null {
    const effects = isSame(map.history, this.#history) ? this.#maps.get(keyOf(map)) : undefined;
    if (effects === undefined) return null;
    const strips = this.#strips.get(map.question);
    const isWhole = (candidates: readonly ItemId[] | undefined) =>
      candidates !== undefined && isSame(candidates, map.candidates);
    return {
      slate: this.#slate,
      effects,
      channels: isWhole(this.#channels?.shown.candidates) ? this.#channels : null,
      strips: isWhole(strips?.shown.map(({ item }) => item)) ? (strips ?? null) : null,
      audit: this.#audits.get(keyOf(map)) ?? null,
      counterfactual: this.#counterfactual,
      whatIf: this.#whatIf,
    };
  }

  #turnTo(history: readonly ItemId[]): void {
    if (isSame(history, this.#history)) return;
    this.forget();
    this.#history = history;
  }
}

function keyOf({ candidates, question, value, method, pairs }: MapIdentity): string {
  return JSON.stringify([candidates, question, value ?? "verdict", method, pairs ?? null]);
}

function isSame(one: readonly ItemId[], other: readonly ItemId[]): boolean {
  return one.length === other.length && one.every((item, i) => item === other[i]);
}
