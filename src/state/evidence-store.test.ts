import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { fixtureResult } from "../evaluate/fixtures/small-result.ts";
import { resultFileText } from "../evaluate/result-file.ts";
import { makeEvidenceStore, type ResultSource } from "./evidence-store.ts";

const published = readFileSync(new URL("../../public/evidence/summary.json", import.meta.url));
const URL_OF_SUMMARY = "/evidence/summary.json";

const source = (name: string, text: string): ResultSource => {
  const bytes = new TextEncoder().encode(text);
  return { name, size: bytes.length, arrayBuffer: async () => bytes.slice().buffer };
};
const noFetch = async () => new Response(null, { status: 404 });

describe("the published figures", () => {
  test("are fetched once", async () => {
    const asked: string[] = [];
    const { state, intentions } = makeEvidenceStore(async (url) => {
      asked.push(String(url));
      return new Response(published);
    }, URL_OF_SUMMARY);
    await Promise.all([intentions.loadSummary(), intentions.loadSummary()]);
    await intentions.loadSummary();
    expect(state.getState().summary.phase).toBe("ready");
    expect(asked).toEqual([URL_OF_SUMMARY]);
  });

  test("that cannot be fetched are named, and another try is made on demand", async () => {
    let status = 404;
    const { state, intentions } = makeEvidenceStore(
      async () => new Response(status === 200 ? published : null, { status }),
      URL_OF_SUMMARY,
    );
    await intentions.loadSummary();
    expect(state.getState().summary).toEqual({
      phase: "failed",
      failure: { kind: "file-missing", file: URL_OF_SUMMARY, status: 404 },
    });
    status = 200;
    await intentions.loadSummary();
    expect(state.getState().summary.phase).toBe("ready");
  });

  test("that are damaged are refused", async () => {
    const { state, intentions } = makeEvidenceStore(async () => new Response("{"), URL_OF_SUMMARY);
    await intentions.loadSummary();
    expect(state.getState().summary).toMatchObject({ phase: "failed", failure: { kind: "file-invalid" } });
  });
});

describe("own results", () => {
  const good = resultFileText(fixtureResult("windows", 12));

  test("are kept without their cases, in the order of opening, until closed", async () => {
    const { state, intentions } = makeEvidenceStore(noFetch, URL_OF_SUMMARY);
    await intentions.openResults([source("a.json", good), source("b.json", good)]);
    const { runs, refused, opening } = state.getState();
    expect(runs.map(({ key, file }) => [key, file])).toEqual([
      [1, "a.json"],
      [2, "b.json"],
    ]);
    expect(Object.keys(runs[0]?.result ?? {})).not.toContain("cases");
    expect([refused, opening]).toEqual([[], false]);
    intentions.closeRun(1);
    expect(state.getState().runs.map(({ file }) => file)).toEqual(["b.json"]);
  });

  test("a damaged file is named with what is wrong; the good ones beside it are opened", async () => {
    const { state, intentions } = makeEvidenceStore(noFetch, URL_OF_SUMMARY);
    const bad = good.replace('"becausal-evaluation/1"', '"becausal-evaluation/9"');
    await intentions.openResults([
      source("bad.json", bad),
      source("text.json", "no JSON"),
      source("a.json", good),
    ]);
    const { runs, refused } = state.getState();
    expect(runs.map(({ file }) => file)).toEqual(["a.json"]);
    expect(refused).toMatchObject([
      { kind: "file-invalid", file: "bad.json" },
      { kind: "file-invalid", file: "text.json", reason: "it is not JSON" },
    ]);
  });

  test("a file beyond the limit is refused unread", async () => {
    const { state, intentions } = makeEvidenceStore(noFetch, URL_OF_SUMMARY);
    const arrayBuffer = () => Promise.reject(new Error("it was read"));
    await intentions.openResults([{ name: "huge.json", size: 2 ** 40, arrayBuffer }]);
    expect(state.getState().refused).toMatchObject([
      { kind: "file-invalid", file: "huge.json", reason: expect.stringContaining("more than") },
    ]);
  });

  test("a file that the browser cannot read is named", async () => {
    const { state, intentions } = makeEvidenceStore(noFetch, URL_OF_SUMMARY);
    const arrayBuffer = () => Promise.reject(new Error("gone"));
    await intentions.openResults([{ name: "gone.json", size: 1, arrayBuffer }]);
    expect(state.getState().refused).toMatchObject([{ kind: "file-invalid", file: "gone.json" }]);
  });
});
