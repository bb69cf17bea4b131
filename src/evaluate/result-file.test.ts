import { expect, test } from "vitest";
import { type EvaluationCase, readResultFile, resultFileText } from "./result-file.ts";
import { DRAWN_CASES, FULL_CASES, resultOf } from "./result-fixture.ts";

const drawn = resultOf(DRAWN_CASES, { protocol: "llara", modes: ["popularity", "sasrec", "fused"] });
const full = resultOf(FULL_CASES, { protocol: "full", modes: ["popularity", "sasrec", "hybrid"] });
const read = (text: string) => readResultFile(new TextEncoder().encode(text), "result.json");
const withFirst = (change: Partial<EvaluationCase>, of = drawn) =>
  resultFileText({ ...of, cases: of.cases.map((each, i) => (i === 0 ? { ...each, ...change } : each)) });

test.each([drawn, full])("a result is read as it was written", (result) => {
  expect(read(resultFileText(result))).toEqual(result);
});

test("a case has a line", () => {
  expect(
    resultFileText(drawn)
      .split("\n")
      .filter((line) => line.startsWith('{"id"')),
  ).toHaveLength(3);
});

test.for([
  ["it is not JSON", "{"],
  ["schema", resultFileText(drawn).replace("becausal-evaluation/1", "becausal-evaluation/9")],
  ["case b-4, draw 0 stands there twice", withFirst({ id: "b-4", user: "b" })],
  ["names a film beyond the catalogue", withFirst({ history: [6] })],
  ["has 3 scores of sasrec for 4 candidates", withFirst({ scores: { sasrec: [1, 2, 3] } })],
  ["marks a candidate that it does not have", withFirst({ watched: [4] })],
  ["does not fit the protocol llara", withFirst({ catalogue: { sasrec: { rank: 0, top: [] } } })],
  ["lacks SASRec's rank", withFirst({ catalogue: {} }, full)],
  ["settings.resamples", resultFileText(drawn).replace(/"resamples":\s*\d+/, `"resamples": 100001`)],
  ["lacks its target among the candidates", withFirst({ target: 5 })],
  ["cases.0.scores.sasrec.0", withFirst({ scores: { sasrec: [Number.NaN, 2, 3, 4] } })],
] as const)("refused by name: %s", ([reason, text]) => {
  expect(() => read(text)).toThrow(reason);
});
