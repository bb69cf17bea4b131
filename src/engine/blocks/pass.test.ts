import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type ItemId, itemId, tokenId } from "../../core/ids.ts";
import { InvariantError } from "../../core/invariant.ts";
import { seededRandom } from "../../core/rng.ts";
import { packPrompt } from "../../prompt/packed-prompt.ts";
import type { Slot } from "../../prompt/slot.ts";
import { planPass } from "./pass.ts";
import type { PassPrompt } from "./prompt-forest.ts";
import {
  countPaths,
  historyPrompt,
  itemLength,
  OPENING,
  passPrompt,
  pathTo,
  QUESTION,
} from "./prompts-fixture.ts";

const config = { width: 2, headDim: 4, ropeBase: 100 };
const embedding = { row: (token: number) => Float32Array.of(token, 0) };
const behaviour = {
  embed: (item: ItemId) => Float32Array.of(item, 1),
  nullBehaviour: Float32Array.of(0, 2),
};
const plan = (prompts: readonly PassPrompt[]) => planPass(prompts, config, embedding, behaviour);

/** Every read sees what its own prompt would show it, under its own gate, and no row is there for nothing. */
function checkLaw(prompts: readonly PassPrompt[]): void {
  const pass = plan(prompts);
  expect(pass.rows).toBe(countPaths(prompts));
  const rank = (pass.gate?.length ?? 0) / pass.rows;
  let read = 0;
  for (const [p, prompt] of prompts.entries()) {
    for (const t of prompt.readRows) {
      const row = pass.readRows[pass.reads[read++]!]!;
      expect(pass.promptRows[p]![t]).toBe(row);
      const seen = Array.from({ length: row + 1 }, (_, j) => j).filter((j) => row < pass.ends[j]!);
      expect(
        seen.map((j) =>
          [pass.embeddings, pass.cos, pass.sin].flatMap((table) => [...table.subarray(2 * j, 2 * j + 2)]),
        ),
      ).toEqual(
        pathTo(prompt, t).map(([token, item, position]) => [
          ...(item === -1 ? [token, 0] : item === -2 ? [0, 2] : [item, 1]),
          ...[1, 0.1].map((frequency) => Math.fround(Math.cos(position * frequency))),
          ...[1, 0.1].map((frequency) => Math.fround(Math.sin(position * frequency))),
        ]),
      );
      for (const j of seen)
        expect([...(pass.gate?.subarray(rank * j, rank * (j + 1)) ?? [])]).toEqual([
          ...(prompt.gateRow ?? []),
        ]);
    }
  }
  expect(pass.reads.length).toBe(read);
  expect([...pass.readRows]).toEqual([...new Set(pass.readRows)].sort((a, b) => a - b));
}

/** Few different slots, so that prompts often begin alike. */
const slot: fc.Arbitrary<Slot> = fc.oneof(
  fc.nat(2).map((token): Slot => ({ kind: "text", token: tokenId(token), source: null })),
  fc.nat(1).map((item): Slot => ({ kind: "behaviour", item: itemId(item), source: null })),
  fc.constant<Slot>({ kind: "behaviour", item: null, source: null }),
);
const packed = fc
  .record({
    prefix: fc.array(slot, { maxLength: 6 }),
    branches: fc.array(fc.array(slot, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 4 }),
  })
  .map(({ prefix, branches }) =>
    packPrompt({ prefix, branches: branches.map((slots) => ({ item: itemId(0), slots })) }),
  );
const gates = fc.constantFrom([1, 1], [1, 1.5], [0.5, 1]);

describe("a pass", () => {
  test("shows every read its own prompt, and computes no path twice", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(packed, gates), { minLength: 1, maxLength: 6 }), (prompts) =>
        checkLaw(prompts.map(([prompt, gate]) => passPrompt(prompt, gate))),
      ),
      { numRuns: 300 },
    );
  });

  test("does so for any read positions, and computes nothing that no read depends on", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(packed, fc.infiniteStream(fc.nat(2))), { minLength: 1, maxLength: 4 }),
        (prompts) => {
          const asked = prompts.map(([prompt, chance]): PassPrompt => {
            const some = Array.from(prompt.tokens.keys()).filter(() => chance.next().value === 0);
            return { packed: prompt, gateRow: null, readRows: Int32Array.from(some) };
          });
          fc.pre(asked.some(({ readRows }) => readRows.length > 0));
          checkLaw(asked);
        },
      ),
      { numRuns: 300 },
    );
  });

  test("keeps apart what stands at different rotary positions", () => {
    const prompt = historyPrompt([1], [2]);
    const shifted = { ...prompt, position: prompt.position.map((position) => position + 1) };
    checkLaw([passPrompt(prompt, [1]), passPrompt(shifted, [1])]);
    expect(plan([passPrompt(prompt, [1]), passPrompt(shifted, [1])]).rows).toBe(2 * prompt.tokens.length);
  });

  test("without anything to read, or with gates of two ranks, is a bug", () => {
    const prompt = historyPrompt([1], [2]);
    expect(() => plan([])).toThrow(InvariantError);
    expect(() => plan([{ ...passPrompt(prompt, [1]), readRows: new Int32Array() }])).toThrow(InvariantError);
    expect(() => plan([passPrompt(prompt, [1]), passPrompt(prompt, [1, 1])])).toThrow(/same rank/);
    expect(() => plan([{ ...passPrompt(prompt, [1]), readRows: Int32Array.of(99) }])).toThrow(
      /no position 99/,
    );
  });
});

describe("a prompt's rows", () => {
  const candidates = [31, 32, 33];
  const history = Array.from({ length: 10 }, (_, i) => i);
  const lengthOf = (items: readonly number[]) => items.reduce((sum, item) => sum + itemLength(item), 0);
  const branches = lengthOf(candidates);
  const whole = OPENING + lengthOf(history) + QUESTION + branches;
  const without = history.map((_, k) => historyPrompt(history.toSpliced(k, 1), candidates));
  const full = historyPrompt(history, candidates);

  test("are its positions where it shares nothing", () => {
    expect(plan([passPrompt(full, [1])]).rows).toBe(whole);
    expect(plan([passPrompt(full, [1])]).ends).toHaveLength(whole);
    expect(plan([passPrompt(historyPrompt([], candidates), null)]).rows).toBe(OPENING + QUESTION + branches);
  });

  test("are none where another asks the same, in any order of the candidates", () => {
    const other = historyPrompt(history, candidates.toReversed());
    const prompts = [full, full, other].map((prompt) => passPrompt(prompt, [1, 2]));
    checkLaw(prompts);
    expect(plan(prompts).rows).toBe(whole);
    expect(plan(prompts).readRows).toHaveLength(3);
  });

  test("are what comes after the removed item where the gate is held", () => {
    const held = [full, ...without].map((prompt) => passPrompt(prompt, [1]));
    const afterwards = history.map((k) => lengthOf(history.slice(k + 1)) + QUESTION + branches);
    const rows = whole + afterwards.reduce((sum, count) => sum + count, 0);
    checkLaw(held);
    expect(plan(held).rows).toBe(rows);
    const random = seededRandom(5);
    for (let n = 0; n < 5; n++) expect(plan(held.toSorted(() => random() - 0.5)).rows).toBe(rows);
  });

  test("are all its own where the gate is free", () => {
    const free = [full, ...without].map((prompt, i) => passPrompt(prompt, [1, i]));
    checkLaw(free);
    expect(plan(free).rows).toBe(11 * whole - lengthOf(history));
  });
});
