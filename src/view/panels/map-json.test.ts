import { expect, test } from "vitest";
import { itemId } from "../../core/ids.ts";
import type { Explanation } from "../../state/explanation-state.ts";
import { fixtureMatrix } from "../../state/fixtures/effects.ts";
import { fixtureFilmsByItem } from "../../state/fixtures/films.ts";
import { fixtureAudit } from "../../state/fixtures/inquiries.ts";
import { mapJson } from "./map-json.ts";

const matrix = { ...fixtureMatrix([3, 4].map(itemId), [1, 2].map(itemId)), seed: 1, pairs: 4 };
const explanation: Explanation = {
  origin: "computed",
  question: "total",
  value: "verdict",
  method: "shapley",
  history: matrix.history,
  candidates: matrix.candidates,
  films: fixtureFilmsByItem,
  rows: matrix.rows,
  matrix,
  done: 2,
  total: 2,
};

test("a saved map has every number as computed, the names of its films, its draws and its audit", () => {
  const saved = JSON.parse(mapJson(explanation, fixtureAudit(matrix)));
  expect(saved).toMatchObject({
    schema: "becausal-map/1",
    method: "shapley",
    seed: 1,
    pairs: 4,
    fullVerdict: matrix.fullVerdict,
    audit: { passed: true },
  });
  expect(saved.history[0]).toEqual({ item: 3, movieId: 541, title: "Blade Runner", year: 1982 });
  expect(saved.rows).toEqual(JSON.parse(JSON.stringify(matrix.rows)));
});
test("a map that was stopped is saved as far as it came", () => {
  const saved = JSON.parse(mapJson({ ...explanation, matrix: null, rows: matrix.rows.slice(1) }, null));
  expect(saved).toMatchObject({ fullVerdict: null, audit: null });
  expect(saved.rows).toHaveLength(1);
});
