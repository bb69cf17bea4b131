import { describe, expect, test } from "vitest";
import { fixtureFailures } from "../../state/fixtures/failures.ts";
import { en } from "./en.ts";
import { evidence as evidenceEn } from "./evidence-en.ts";
import { evidence as evidenceJa } from "./evidence-ja.ts";
import { failureDetail, failureWords } from "./failure-words.ts";
import { makeFormats } from "./formats.ts";
import { ja } from "./ja.ts";
import { lab as labEn } from "./lab-en.ts";
import { lab as labJa } from "./lab-ja.ts";
import { languages } from "./language.ts";
import { learn as learnEn } from "./learn-en.ts";
import { learn as learnJa } from "./learn-ja.ts";
import { makeI18n } from "./make-i18n.ts";
import { probabilityWords } from "./probability-words.ts";
import { taste as tasteEn } from "./taste-en.ts";
import { taste as tasteJa } from "./taste-ja.ts";

/** "section.key" -> wording. */
function flat(messages: object, path = ""): readonly (readonly [string, string])[] {
  return Object.entries(messages).flatMap(([key, value]: [string, unknown]) =>
    typeof value === "string" ? [[`${path}${key}`, value] as const] : flat(value as object, `${path}${key}.`),
  );
}

const placeholders = (text: string) => (text.match(/\{\{\w+\}\}|<\w+\/>/g) ?? []).toSorted();

describe.each([
  ["page", en, ja, ["app.name", "engine.webgpu", "engine.wasm"]],
  ["evidence", evidenceEn, evidenceJa, ["minus", "over", "pair"]],
  ["taste", tasteEn, tasteJa, ["summary.withChance"]],
  ["learn", learnEn, learnJa, ["update.methods.cpo", "update.methods.dr-cpo"]],
  ["lab", labEn, labJa, []],
] as const)("wording of the %s", (_, en, ja, sameEverywhere) => {
  test("both languages say the same things", () => {
    expect(flat(ja).map(([key]) => key)).toEqual(flat(en).map(([key]) => key));
  });
  test.for([...flat(en), ...flat(ja)])("%s is not empty", ([, text]) => {
    expect(text.trim()).not.toBe("");
  });
  test.for(flat(en))("%s has the same values in both languages", ([key, text]) => {
    const japanese = Object.fromEntries(flat(ja))[key] ?? "";
    expect(placeholders(japanese)).toEqual(placeholders(text));
  });
  test("Japanese is written in Japanese", () => {
    const latin = flat(ja).filter(([, text]) => !/[\u3040-\u30ff\u4e00-\u9fff]/.test(text));
    expect(latin.map(([key]) => key)).toEqual(sameEverywhere);
  });
});

describe.each(languages)("failures in %s", (language) => {
  test.for(fixtureFailures)("$kind is worded with what it happened to", async (failure) => {
    const { t } = await makeI18n(language);
    const words = failureWords(t, makeFormats(language), failure);
    expect(words).not.toContain("failure.");
    expect(words).not.toContain("{{");
    if ("file" in failure) expect(words).toContain(failure.file);
    // What a driver says is English in every language: it stands apart, marked as such.
    if ("reason" in failure) {
      expect(words).not.toContain(failure.reason);
      expect(failureDetail(failure)).toBe(failure.reason);
    }
  });
});

test("plurals follow the language", async () => {
  const english = await makeI18n("en");
  expect([1, 2].map((count) => english.t("history.count", { count }))).toEqual(["1 film", "2 films"]);
});

describe("numbers", () => {
  const formats = makeFormats("en");
  test("carry a true minus sign, and zero none", () => {
    expect([0.416, -0.416, 0, -0.0001].map(formats.nats)).toEqual(["+0.42", "−0.42", "0.00", "0.00"]);
  });
  test("percentage points are differences of fractions", () => {
    expect(formats.points(-0.0213)).toBe("−2.1");
  });
  test.for([
    [0.97, "almost certain"],
    [0.52, "about 5 in 10"],
    [0.124, "about 1 in 8"],
    [0.0004, "less than 1 in 1,000"],
  ] as const)("%d is %s", async ([probability, words]) => {
    const { t } = await makeI18n("en");
    expect(probabilityWords(t, formats, probability)).toBe(words);
  });
});
