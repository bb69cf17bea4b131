import { describe, expect, test } from "vitest";
import { itemId } from "../core/ids.ts";
import { rememberScores } from "./remembered-scores.ts";
import type { ScoreFn, SlateQuery, SlateScores } from "./score-fn.ts";

const query = (item: number, over: Partial<SlateQuery> = {}): SlateQuery => ({
  history: [itemId(item)],
  candidates: [itemId(1)],
  ...over,
});

/** Answers with a number of its own to every question, the last one first. */
function makeScore() {
  const asked: SlateQuery[] = [];
  const score: ScoreFn = async (queries, _signal, onScored) => {
    const answers = queries.map((each): SlateScores => {
      const value = [asked.push(each)];
      return { verdict: value, sasrec: value, shown: value, probability: value, gate: value };
    });
    for (const i of [...answers.keys()].reverse()) onScored?.(i, answers[i]!);
    return answers;
  };
  return { asked, score };
}
const verdicts = (answers: readonly SlateScores[]) => answers.map(({ verdict }) => verdict[0]);

describe("a remembered answer", () => {
  test("is not asked for again, within a call or later", async () => {
    const { asked, score } = makeScore();
    const remembered = rememberScores(score);
    expect(verdicts(await remembered([query(5), query(6), query(5)]))).toEqual([1, 2, 1]);
    expect(verdicts(await remembered([query(7), query(6)]))).toEqual([3, 2]);
    expect(verdicts(await remembered([query(5)]))).toEqual([1]);
    expect(asked).toHaveLength(3);
  });

  test("is another one where the prompt is told another persona or other examples", async () => {
    const { asked, score } = makeScore();
    const remembered = rememberScores(score);
    const persona = { likes: ["horror"], dislikes: [] };
    const against = { likes: [], dislikes: ["horror"] };
    const examples = { liked: [itemId(2)], disliked: [] };
    await remembered([
      query(5),
      query(5, { persona }),
      query(5, { persona: against }),
      query(5, { examples }),
    ]);
    expect(asked).toHaveLength(4);
    await remembered([query(5, { persona: { ...persona } })]);
    expect(asked).toHaveLength(4);
  });

  test("is heard at every place that asks for it, with the others", async () => {
    const remembered = rememberScores(makeScore().score);
    await remembered([query(6)]);
    const heard: [number, number | undefined][] = [];
    await remembered([query(5), query(6), query(5), query(7)], undefined, (i, { verdict }) =>
      heard.push([i, verdict[0]]),
    );
    expect(heard).toEqual([
      [1, 1],
      [3, 3],
      [0, 2],
      [2, 2],
    ]);
  });

  test("is forgotten, the oldest first, when there are too many", async () => {
    const { asked, score } = makeScore();
    const remembered = rememberScores(score, 2);
    await remembered([query(5), query(6), query(7)]);
    await remembered([query(6), query(7)]);
    expect(asked).toHaveLength(3);
    await remembered([query(5)]);
    expect(asked).toHaveLength(4);
  });

  test.for<Partial<SlateQuery>>([
    { candidates: [itemId(2)] },
    { promptItems: 1 },
    { heldGate: [1] },
    { gateHistory: [] },
    { behaviour: false },
    { mutedText: [0] },
    { mutedBehaviour: [0] },
  ])("is of that very question: %j is another", async (over) => {
    const { asked, score } = makeScore();
    const remembered = rememberScores(score);
    await remembered([query(5), query(5, over)]);
    expect(asked).toHaveLength(2);
  });

  test("is not kept of a call that failed", async () => {
    const { asked, score } = makeScore();
    let fails = true;
    const remembered = rememberScores(async (...args) => {
      const answers = await score(...args);
      if (fails) throw new Error("lost");
      return answers;
    });
    await expect(remembered([query(5)])).rejects.toThrow("lost");
    fails = false;
    expect(verdicts(await remembered([query(5)]))).toEqual([2]);
    expect(asked).toHaveLength(2);
  });
});
