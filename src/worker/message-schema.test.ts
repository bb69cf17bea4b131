import * as v from "valibot";
import { describe, expect, test } from "vitest";
import { itemId } from "../core/ids.ts";
import { fixtureMatrix } from "../state/fixtures/effects.ts";
import {
  fixtureAudit,
  fixtureChannels,
  fixtureCounterfactual,
  fixtureStrips,
  fixtureWhatIf,
} from "../state/fixtures/inquiries.ts";
import { callSchemas } from "./message-schema.ts";
import type { CallName } from "./protocol.ts";

const history = [3, 4, 0].map(itemId);
const candidates = [1, 2].map(itemId);
const matrix = fixtureMatrix(history, candidates);
const explain = { history, candidates, question: "total", method: "shapley", seed: 1 };
const search = { history, seen: history, target: 1, additions: [7], budget: 10 };

const slate = { history, seen: history, top: 5 };
const toldExamples = (films: number) => ({
  ...slate,
  told: { examples: { liked: Array(films).fill(1), disliked: [] } },
});
const toldLikes = (phrases: number) => ({
  ...slate,
  told: { persona: { likes: Array(phrases).fill("war"), dislikes: [] } },
});

const takes = (name: CallName, args: unknown) => v.safeParse(callSchemas[name].args, args).success;

describe("what a call takes", () => {
  test.for([
    ["recommend", slate],
    ["recommend", { ...slate, told: {} }],
    ["recommend", { ...slate, told: { persona: { likes: ["horror"], dislikes: [] } } }],
    ["recommend", { ...slate, told: { examples: { liked: [1, 2, 3, 4], disliked: [5] } } }],
    ["explain", explain],
    ["explain", { ...explain, pairs: 4 }],
    ["channels", { history, candidates }],
    ["strip", { history, candidates, question: "prompt-only" }],
    ["audit", { matrix, seed: 1 }],
    ["counterfactual", search],
    ["whatIf", { history, seen: history, item: 9 }],
  ] as const)("%s", ([name, args]) => {
    expect(takes(name, structuredClone(args))).toBe(true);
  });
});

describe("what is refused at the border", () => {
  test.for([
    ["more examples than the prompt has room for", "recommend", toldExamples(5)],
    ["more directions than a prompt speaks of", "recommend", toldLikes(7)],
    ["another method", "explain", { ...explain, method: "attention" }],
    ["no method", "explain", { history, candidates, question: "total", seed: 1 }],
    ["no pairs at all", "explain", { ...explain, pairs: 0 }],
    ["more pairs than all combinations are worth", "explain", { ...explain, pairs: 2000 }],
    ["a seed that is not whole", "explain", { ...explain, seed: 0.5 }],
    ["no candidate", "channels", { history, candidates: [] }],
    [
      "a map with a number that is none",
      "audit",
      { matrix: { ...matrix, fullVerdict: [Number.NaN] }, seed: 1 },
    ],
    ["a search without end", "counterfactual", { ...search, budget: 1e6 }],
    ["a search without a question", "counterfactual", { ...search, budget: 0 }],
    ["more additions than can be tried", "counterfactual", { ...search, additions: Array(101).fill(7) }],
    ["a film that is none", "whatIf", { history, seen: history, item: -1 }],
  ] as const)("%s", ([, name, args]) => {
    expect(takes(name, args)).toBe(false);
  });
});

test("every reply arrives as it was sent", () => {
  const replies = {
    explain: { ...matrix, seed: 1, pairs: 4 },
    channels: fixtureChannels(history, candidates),
    strip: fixtureStrips(candidates),
    audit: fixtureAudit(matrix),
    counterfactual: fixtureCounterfactual(history, candidates, itemId(1)),
    whatIf: fixtureWhatIf(history, history, itemId(9)),
  } as const;
  for (const [name, reply] of Object.entries(replies))
    expect(v.parse(callSchemas[name as keyof typeof replies].reply, structuredClone(reply)), name).toEqual(
      reply,
    );
});
