/** @file Numbers behind the side-by-side of two recommendations and of two lists, and behind moves in a grid. */
import { describe, expect, test } from "vitest";
import { eventIndex, itemId } from "../../core/ids.ts";
import { standingsOf } from "../gallery/why-fixtures.ts";
import { compareColumns, strongestPreferences } from "./comparison.ts";
import { gridStep } from "./grid-step.ts";
import { heatCells } from "./heat-cells.ts";
import { rankChanges } from "./rank-changes.ts";

const causes = [10, 11, 12, 13].map((id) => ({ id: itemId(id) }));
const cellsOf = (pairs: readonly (readonly [number, number])[]) =>
  heatCells(
    pairs.map((deltaNats, i) => ({
      event: eventIndex(i),
      item: itemId(10 + i),
      deltaNats,
      deltaProbability: deltaNats,
    })),
    [0, 1, 2, 3],
    2,
    1,
  );

describe("two recommendations", () => {
  test("differ by the first effect less the second; a row that is not computed has no difference", () => {
    const cells = cellsOf([
      [0.5, 0.25],
      [-0.5, 0.25],
    ]);
    expect(compareColumns(cells, 0, 1)).toEqual([
      { one: 0.5, other: 0.25, difference: 0.25 },
      { one: -0.5, other: 0.25, difference: -0.75 },
      null,
      null,
    ]);
    expect(compareColumns(cells, 1, 0)[1]?.difference).toBe(0.75);
  });
  test("are told apart by the films with the largest difference either way", () => {
    const rows = compareColumns(
      cellsOf([
        [0.5, 0.25],
        [1, 0.5],
        [-0.5, 0.25],
        [0, 0.25],
      ]),
      0,
      1,
    );
    expect(strongestPreferences(causes, rows)).toEqual({
      first: { item: 11, nats: 0.5 },
      second: { item: 12, nats: 0.75 },
    });
  });
  test("are not told apart by differences that hardly matter", () => {
    const rows = compareColumns(
      cellsOf([
        [2, 1.97],
        [1, 1.04],
      ]),
      0,
      1,
    );
    expect(strongestPreferences(causes, rows)).toEqual({ first: null, second: null });
  });
});

describe("two lists", () => {
  test("give how the first of either moved, in the new order, however they were listed", () => {
    const changes = rankChanges(standingsOf([1, 2, 3, 4, 5]), standingsOf([2, 4, 1, 5, 3]).toReversed(), 3);
    expect(changes.map(({ item, rank, was }) => [item, rank, was])).toEqual([
      [2, 1, 2],
      [4, 2, 4],
      [1, 3, 1],
      [3, 5, 3],
    ]);
    expect(changes[0]).toMatchObject({ probability: 0.2, probabilityBefore: 0.17 });
  });
});

describe("a key in a grid", () => {
  const last = { row: 2, column: 3 };
  const press = (key: string, row: number, column: number, first = -1, ctrlKey = false) =>
    gridStep({ key, ctrlKey }, { row, column }, { row: first, column: first }, last);
  test("moves by one and stops at the ends", () => {
    expect(press("ArrowDown", 0, 0)).toEqual({ row: 1, column: 0 });
    expect(press("ArrowDown", 2, 0)).toEqual({ row: 2, column: 0 });
    expect(press("ArrowRight", 0, 3)).toEqual({ row: 0, column: 3 });
    expect(press("ArrowLeft", 0, 0, 0)).toEqual({ row: 0, column: 0 });
  });
  test("reaches the headings, but not the corner between them", () => {
    expect(press("ArrowUp", 0, 1)).toEqual({ row: -1, column: 1 });
    expect(press("ArrowLeft", 1, 0)).toEqual({ row: 1, column: -1 });
    expect(press("ArrowLeft", -1, 0)).toEqual({ row: -1, column: 0 });
    expect(press("ArrowUp", 0, -1)).toEqual({ row: 0, column: -1 });
  });
  test("goes to the ends with Home and End, of the whole grid with Ctrl", () => {
    expect(press("End", 1, 0)).toEqual({ row: 1, column: 3 });
    expect(press("Home", 1, 2)).toEqual({ row: 1, column: 0 });
    expect(press("End", 1, 0, -1, true)).toEqual(last);
    expect(press("Home", 1, 2, -1, true)).toEqual({ row: 0, column: 0 });
  });
  test("is left alone where it is not the grid's", () => {
    expect(press("Enter", 0, 0)).toBeNull();
    expect(press("Tab", 0, 0)).toBeNull();
  });
});
