import { describe, expect, test } from "vitest";
import { eventIndex, itemId } from "../../core/ids.ts";
import { type EffectRow, heatCells } from "./heat-cells.ts";
import { asGiven, nextOrder, orderColumns, orderRows, sortedBy } from "./heat-order.ts";

const deltas = [[0.1, -0.9, 0.2], [0.5, 0.1, -0.1], null, [-0.4, 0.3, 0.1]];
const rows = deltas.flatMap((deltaNats, i): EffectRow[] =>
  deltaNats === null
    ? []
    : [{ event: eventIndex(i), item: itemId(10 + i), deltaNats, deltaProbability: deltaNats }],
);
const map = {
  causes: [10, 11, 12, 13].map((id) => ({ id: itemId(id) })),
  targets: [20, 21, 22].map((id) => ({ id: itemId(id) })),
  cells: heatCells(rows, [0, 1, 2, 3], 3, 1),
};
const by = (of: number, direction: "descending" | "ascending") =>
  ({ by: "effect", of: itemId(of), direction }) as const;

describe("the order of the map", () => {
  test("is the order watched and the rank where nothing else is asked", () => {
    expect([orderRows(map, asGiven), orderColumns(map, asGiven)]).toEqual([
      [0, 1, 2, 3],
      [0, 1, 2],
    ]);
  });
  test("puts the rows that do most in sum first, whatever their sign", () => {
    expect(orderRows(map, { by: "size" })).toEqual([0, 3, 1, 2]);
  });
  test("sorts rows by their effect on one recommendation, either way, what is not computed last", () => {
    expect(orderRows(map, by(20, "descending"))).toEqual([1, 0, 3, 2]);
    expect(orderRows(map, by(20, "ascending"))).toEqual([3, 0, 1, 2]);
  });
  test("sorts columns by the effect of one watched film, either way", () => {
    expect(orderColumns(map, by(10, "descending"))).toEqual([2, 0, 1]);
    expect(orderColumns(map, by(10, "ascending"))).toEqual([1, 0, 2]);
  });
  test("stays as given for a film that is not on the map, or not computed", () => {
    expect(orderRows(map, by(99, "descending"))).toEqual([0, 1, 2, 3]);
    expect(orderColumns(map, by(12, "ascending"))).toEqual([0, 1, 2]);
  });
  test("turns from most for, over most against, back to as given", () => {
    const film = itemId(20);
    const first = nextOrder(asGiven, film);
    const second = nextOrder(first, film);
    expect([first, second, nextOrder(second, film)].map((order) => sortedBy(order, film))).toEqual([
      "descending",
      "ascending",
      undefined,
    ]);
    expect(nextOrder(second, itemId(21))).toEqual(by(21, "descending"));
  });
});
