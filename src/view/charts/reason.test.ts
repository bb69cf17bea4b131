import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { eventIndex, type ItemId, itemId } from "../../core/ids.ts";
import { type EffectRow, HARDLY_NATS } from "./heat-cells.ts";
import { type Reason, reasonFor } from "./reason.ts";

/** A column: film 10 + i does deltas[i] nats, with a standard error where one is given. */
function column(deltas: readonly number[], errors?: readonly number[]): readonly EffectRow[] {
  return deltas.map((delta, i) => ({
    event: eventIndex(i),
    item: itemId(10 + i),
    deltaNats: [delta],
    deltaProbability: [delta / 10],
    standardError: errors === undefined ? undefined : [errors[i] ?? 0],
  }));
}

const reason = (...deltas: readonly number[]) => reasonFor(column(deltas), 0);

describe("the reason of a recommendation", () => {
  test("is one film when it makes half of all that speaks for it", () => {
    expect(reason(1, 0.4, 0.2)).toEqual({ kind: "mostly", because: [10], against: [] });
  });
  test("is two films when they make two thirds", () => {
    expect(reason(0.4, 0.5, 0.3)).toEqual({ kind: "mostly", because: [11, 10], against: [] });
  });
  test("is many films when they are even", () => {
    expect(reason(0.3, 0.29, 0.28, 0.27, 0.26)).toMatchObject({ kind: "many", because: [10, 11] });
  });
  test("counts small effects before it says mostly", () => {
    const small = Array.from({ length: 30 }, () => 0.04);
    expect(reason(0.5, ...small)).toMatchObject({ kind: "many", because: [10] });
  });
  test("names what speaks against it from a quarter of the strongest reason, and a second from half of that", () => {
    expect(reason(1, -0.3, -0.1)).toMatchObject({ against: [11] });
    expect(reason(1, -0.3, -0.4)).toMatchObject({ against: [12, 11] });
    expect(reason(1, -0.2)).toMatchObject({ against: [] });
  });
  test("can be that nothing speaks for it", () => {
    expect(reason(-0.4, 0.01)).toEqual({ kind: "against", against: [10] });
  });
  test("is none where effects hardly matter", () => {
    expect(reason(0.04, -0.04)).toEqual({ kind: "flat" });
  });
  test("passes over a film whose effect may be chance", () => {
    expect(reasonFor(column([0.9, 0.5, -0.8], [0.6, 0.1, 0.5]), 0)).toEqual({
      kind: "many",
      because: [11],
      against: [],
    });
    expect(reasonFor(column([0.5, -0.5], [0.3, 0.3]), 0)).toEqual({ kind: "unclear" });
  });

  const columns = fc
    .array(
      fc.record({
        delta: fc.integer({ min: -150, max: 150 }).map((hundredths) => hundredths / 100),
        error: fc.integer({ min: 0, max: 60 }).map((hundredths) => Math.max(0, hundredths - 30) / 100),
      }),
      { maxLength: 12 },
    )
    .map((cells) => ({
      cells,
      said: reasonFor(
        column(
          cells.map(({ delta }) => delta),
          cells.map(({ error }) => error),
        ),
        0,
      ),
    }));
  const named = (said: Reason, key: "because" | "against"): readonly ItemId[] =>
    key in said ? (said as unknown as Record<typeof key, readonly ItemId[]>)[key] : [];

  test("names no film that the numbers do not support", () => {
    fc.assert(
      fc.property(columns, ({ cells, said }) => {
        const cell = (item: ItemId) => cells[item - 10]!;
        for (const item of named(said, "because"))
          expect(cell(item).delta).toBeGreaterThanOrEqual(Math.max(HARDLY_NATS, 2 * cell(item).error));
        for (const item of named(said, "against"))
          expect(-cell(item).delta).toBeGreaterThanOrEqual(Math.max(HARDLY_NATS, 2 * cell(item).error));
      }),
    );
  });
  test("passes over no film that weighs more, unless it may be chance", () => {
    fc.assert(
      fc.property(columns, ({ cells, said }) => {
        for (const [key, sign] of [
          ["because", 1],
          ["against", -1],
        ] as const) {
          const items = named(said, key);
          if (items.length === 0) continue;
          const least = Math.min(...items.map((item) => sign * cells[item - 10]!.delta));
          const stronger = cells.filter(
            ({ delta, error }, i) =>
              sign * delta > least && sign * delta >= 2 * error && !items.includes(itemId(10 + i)),
          );
          expect(stronger).toEqual([]);
        }
      }),
    );
  });
  test("says mostly only of films that make most of all that speaks for it", () => {
    fc.assert(
      fc.property(columns, ({ cells, said }) => {
        if (said.kind !== "mostly") return;
        const total = cells.reduce((sum, { delta }) => sum + Math.max(0, delta), 0);
        const share = said.because.reduce((sum, item) => sum + cells[item - 10]!.delta, 0) / total;
        expect(share).toBeGreaterThanOrEqual((said.because.length === 1 ? 1 / 2 : 2 / 3) - 1e-9);
      }),
    );
  });
  test("says that nothing clearly speaks for it only where nothing does", () => {
    fc.assert(
      fc.property(columns, ({ cells, said }) => {
        if (said.kind !== "against" && said.kind !== "unclear" && said.kind !== "flat") return;
        const clear = cells.filter(({ delta, error }) => delta >= Math.max(HARDLY_NATS, 2 * error));
        expect(clear).toEqual([]);
      }),
    );
  });
});
