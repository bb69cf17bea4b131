/** @file The laws of attribution on the shipped pack, by the engine itself on WASM. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { itemId } from "../core/ids.ts";
import { present } from "../core/invariant.ts";
import { loadEngine } from "../engine/load-engine.ts";
import { readNodeFixture } from "../engine/node-fixture.ts";
import type { Tokenizer } from "../model/tokenizer.ts";
import { makePromptBuilder } from "../prompt/build-prompt.ts";
import type { ScoreFn } from "../scores/score-fn.ts";
import { makeScoreFn } from "../scores/score-slates.ts";
import { makeTokenScoreFn, type TokenScoreFn } from "../scores/token-scores.ts";
import { channelEffects } from "./channels.ts";
import { makeStandIns, type StandInsFn } from "./counterfactual-items.ts";
import type { Scene } from "./intervention.ts";
import { leaveOneOut } from "./leave-one-out.ts";
import { exactShapley } from "./shapley.ts";
import { tokenStrips } from "./token-strip.ts";

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

interface Model {
  readonly score: ScoreFn;
  readonly tokenScore: TokenScoreFn;
  readonly standIns: StandInsFn;
  readonly decode: Tokenizer["decode"];
  readonly scene: Scene;
  dispose(): void;
}
let model: Model;

beforeAll(async () => {
  const fixture = await readNodeFixture();
  const { pack, tokenizer, slates } = fixture;
  const { engine, behaviour: read } = await loadEngine({ ...fixture, backend: "wasm" });
  const behaviour = present(read, "the pack's behaviour model");
  const prompts = makePromptBuilder(tokenizer, pack.films, pack.manifest.prompt);
  const parts = { engine, behaviour, prompts, beta: pack.manifest.fusion.beta };
  const slate = present(slates[0], "a golden slate");
  model = {
    score: makeScoreFn(parts),
    tokenScore: makeTokenScoreFn(parts),
    standIns: makeStandIns(pack.films, (item) => prompts.titleTokens(item).length),
    decode: tokenizer.decode.bind(tokenizer),
    scene: {
      history: slate.history.slice(-4).map(itemId),
      candidates: slate.candidates.slice(0, 2).map(itemId),
      promptItems: pack.manifest.prompt.historyItems,
      recommenderItems: pack.manifest.sasrec.maxLength,
    },
    dispose: () => engine.dispose(),
  };
}, 120_000);
afterAll(() => model.dispose());

test.for(["total", "prompt-only"] as const)(
  "exact Shapley values of four films add up to v(all) - v(none) (%s)",
  async (question) => {
    const { scene, score } = model;
    const { rows, forwardPasses } = await exactShapley({ ...scene, question }, score);
    const [all, none] = await score([
      { history: scene.history, candidates: scene.candidates },
      {
        history: [],
        candidates: scene.candidates,
        ...(question === "prompt-only" ? { gateHistory: scene.history } : {}),
      },
    ]);
    expect(forwardPasses).toBe(16);
    for (const c of scene.candidates.keys()) {
      const whole = present(all?.verdict[c], "v(all)") - present(none?.verdict[c], "v(none)");
      expect(Math.abs(whole)).toBeGreaterThan(1e-2);
      expect(Math.abs(sum(rows.map(({ deltaNats }) => deltaNats[c]!)) - whole)).toBeLessThanOrEqual(1e-4);
    }
  },
);

test("a leave-one-out number is what the page shows when the film is taken out of the history", async () => {
  const { scene, score } = model;
  const { rows } = await leaveOneOut({ ...scene, question: "total" }, score);
  const pages = [scene.history, ...rows.map(({ event }) => scene.history.filter((_, at) => at !== event))];
  const [whole, ...without] = await score(
    pages.map((history) => ({ history, candidates: scene.candidates })),
  );
  for (const [i, { deltaNats, deltaShown }] of rows.entries())
    for (const c of scene.candidates.keys()) {
      expect(Math.abs(whole!.verdict[c]! - without[i]!.verdict[c]! - deltaNats[c]!)).toBeLessThan(1e-4);
      expect(Math.abs(whole!.shown[c]! - without[i]!.shown[c]! - deltaShown[c]!)).toBeLessThan(1e-4);
    }
});

test("both channels of a film move the verdict, and muting a slot alone is not muting its title", async () => {
  const { items, whole } = await channelEffects({ ...model.scene, promptItems: 2 }, model.score);
  for (const { text, behaviour } of [...items, whole]) {
    expect(Math.max(...text.map(Math.abs))).toBeGreaterThan(1e-3);
    expect(Math.max(...behaviour.map(Math.abs))).toBeGreaterThan(1e-3);
    expect(text).not.toEqual(behaviour);
  }
});

test("a title's tokens read as the title and are likelier or less likely by what the history does", async () => {
  const { scene, tokenScore, decode } = model;
  const strips = await tokenStrips(scene, "total", { tokenScore, decode });
  expect(strips.map(({ item }) => item)).toEqual(scene.candidates);
  for (const { tokens, deltaNats } of strips) {
    expect(tokens.map(({ text }) => text).join("")).toMatch(/^ .*\(\d{4}\)$/);
    for (const { logWith, logWithout } of tokens) {
      expect(logWith).toBeLessThan(0);
      expect(logWithout).toBeLessThan(0);
    }
    expect(Math.abs(deltaNats)).toBeGreaterThan(1e-2);
  }
});

test("any film of the catalogue has five stand-ins", () => {
  const { standIns, scene } = model;
  for (const item of scene.history)
    expect(new Set(standIns(item, new Set([...scene.history, ...scene.candidates]), 1)).size).toBe(5);
});
