import { expect, test } from "vitest";
import { itemId, tokenId } from "../core/ids.ts";
import type { TokenScoreFn } from "../scores/token-scores.ts";
import { type EvidenceParts, makeEvidence, recordScores, recordTokenScores } from "./evidence.ts";
import { leaveOneOut } from "./leave-one-out.ts";
import { additive, items, sceneOf, toyScore } from "./toy-fixture.ts";
import { whatIf } from "./what-if.ts";

const scene = sceneOf([1, 2, 3], [10, 11]);
const model: EvidenceParts["model"] = {
  pack: { name: "toy", adapterSha256: "a", sasrecSha256: "b", catalogueSha256: "c" },
  base: { sha256: "d", layers: 2 },
  beta: 0.5,
  backend: "wasm",
  device: "a toy",
};

async function partsOf(over: Partial<EvidenceParts> = {}): Promise<EvidenceParts> {
  const { score, answers } = recordScores(toyScore(additive));
  const shown = await leaveOneOut({ ...scene, question: "total" }, score);
  return {
    model,
    scene,
    question: "total",
    slate: null,
    effects: { shown, answers },
    channels: null,
    strips: null,
    audit: null,
    counterfactual: null,
    whatIf: null,
    ...over,
  };
}
const nameOf = (item: number) => `Film ${item}`;

test("the bundle holds every question with what the model said, in the order of asking", async () => {
  const { effects } = makeEvidence(await partsOf(), nameOf);
  expect(effects.answers.map(({ history }) => history)).toEqual(
    [
      [1, 2, 3],
      [2, 3],
      [1, 3],
      [1, 2],
    ].map((each) => items(...each)),
  );
  const [whole, ...without] = effects.answers;
  for (const [row, { deltaNats }] of effects.shown.rows.entries())
    for (const c of scene.candidates.keys())
      expect(whole!.verdict[c]! - without[row]!.verdict[c]!).toBe(deltaNats[c]);
});

test("an answer leaves out the scene's candidates and what follows from the rest, and keeps any others", async () => {
  const { score, answers } = recordScores(toyScore(additive));
  const shown = await whatIf({ ...scene, candidates: items(10, 11, 12) }, itemId(11), score);
  const { effects, whatIf: asked } = makeEvidence(await partsOf({ whatIf: { shown, answers } }), nameOf);
  for (const answer of effects.answers)
    expect(Object.keys(answer).sort()).toEqual(["gate", "history", "promptItems", "sasrec", "verdict"]);
  for (const { candidates } of asked!.answers) expect(candidates).toEqual(items(10, 12));
});

test("every item that is mentioned has its name, also one that only an edit brought in", async () => {
  const { score, answers } = recordScores(toyScore(additive));
  const shown = await whatIf({ ...scene, candidates: items(10, 12) }, itemId(7), score);
  const { films } = makeEvidence(await partsOf({ whatIf: { shown, answers } }), nameOf);
  expect(films).toEqual(Object.fromEntries([1, 2, 3, 7, 10, 11, 12].map((item) => [item, `Film ${item}`])));
});

test("the bundle survives JSON unchanged", async () => {
  const evidence = makeEvidence(await partsOf(), nameOf);
  expect(JSON.parse(JSON.stringify(evidence))).toEqual(evidence);
});

test("a recorder hands on answers, signal and news, and keeps nothing of a call that failed", async () => {
  const { score, answers } = recordScores(toyScore(additive));
  const heard: number[] = [];
  const query = { history: items(1), candidates: items(10) };
  const scores = await score([query, query], undefined, (i) => heard.push(i));
  expect(scores).toHaveLength(2);
  expect(heard).toEqual([0, 1]);
  expect(answers).toHaveLength(2);
  const cancelled = new AbortController();
  cancelled.abort();
  await expect(score([query], cancelled.signal)).rejects.toMatchObject({ failure: { kind: "cancelled" } });
  expect(answers).toHaveLength(2);
});

test("titles are recorded token by token", async () => {
  const told = [[{ token: tokenId(5), logProbNats: -1.5 }]];
  const inner: TokenScoreFn = async (queries) => queries.map(() => told);
  const { tokenScore, answers } = recordTokenScores(inner);
  await tokenScore([{ history: items(1), candidates: items(10) }]);
  expect(answers).toEqual([{ history: items(1), candidates: items(10), titles: told }]);
});
