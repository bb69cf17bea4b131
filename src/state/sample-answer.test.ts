import { describe, expect, test } from "vitest";
import { fixtureSampleAnswer } from "./fixtures/assets.ts";
import { readSampleAnswer } from "./sample-answer.ts";
import { readSampleHistories } from "./sample-histories.ts";

const bytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
const read = (value: unknown) => readSampleAnswer(bytes(value), "answer.json");

describe("the stored sample answer", () => {
  test("is read as it was written", () => {
    expect(read(fixtureSampleAnswer)).toEqual(fixtureSampleAnswer);
  });
  test("is refused when the matrix explains other films", () => {
    const { matrix } = fixtureSampleAnswer;
    const candidates = [...matrix.candidates].reverse();
    expect(() => read({ ...fixtureSampleAnswer, matrix: { ...matrix, candidates } })).toThrow(/answer\.json/);
  });
  test("is refused when a film is not named", () => {
    expect(() => read({ ...fixtureSampleAnswer, films: fixtureSampleAnswer.films.slice(5) })).toThrow(
      /names every film/,
    );
  });
  test("is refused when a row is short", () => {
    const { matrix } = fixtureSampleAnswer;
    const rows = matrix.rows.map((row) => ({ ...row, deltaNats: row.deltaNats.slice(1) }));
    expect(() => read({ ...fixtureSampleAnswer, matrix: { ...matrix, rows } })).toThrow(
      /one value per candidate/,
    );
  });
});

test("sample histories without films are refused", () => {
  const histories = [{ id: "a", name: { en: "A", ja: "あ" }, movieIds: [] }];
  expect(() =>
    readSampleHistories(bytes({ schema: "becausal-sample-histories/1", histories }), "histories.json"),
  ).toThrow(/histories\.json/);
});
