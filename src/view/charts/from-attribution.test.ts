/** @file Answers of the attribution as the charts take them. */
import { describe, expect, test } from "vitest";
import type { Counterfactual } from "../../attribution/counterfactual.ts";
import { eventIndex, itemId } from "../../core/ids.ts";
import { filmAt, standingsOf } from "../gallery/why-fixtures.ts";
import { channelRows } from "./channel-rows.ts";
import { counterfactualView } from "./counterfactual-view.ts";

const history = [3, 4, 7].map(itemId);
const search: Counterfactual = {
  target: itemId(10),
  outcome: "found",
  edit: { removed: [eventIndex(1), eventIndex(2)], added: [itemId(12)] },
  isSmallest: true,
  isOffered: true,
  marginBefore: -0.4,
  marginAfter: 0.2,
  before: standingsOf([1, 2, 10]),
  after: standingsOf([10, 1, 2]),
  closest: {
    edit: { removed: [eventIndex(0)], added: [] },
    margin: -0.1,
    standings: standingsOf([1, 10, 2]),
  },
  forwardPasses: 17,
};

describe("a search for the smallest edit", () => {
  test("that found one gives films for events, and the target's place before and after", () => {
    expect(counterfactualView(search, history)).toMatchObject({
      phase: "found",
      edit: { removed: [4, 7], added: [12] },
      before: { rank: 3 },
      after: { rank: 1 },
      passes: 17,
    });
  });
  test("that found none gives what came nearest, and whether it ran out of its budget", () => {
    const none = { ...search, outcome: "none", edit: null, after: null } as const;
    expect(counterfactualView(none, history)).toEqual({
      phase: "not-found",
      spent: false,
      isOffered: true,
      nearest: { edit: { removed: [3], added: [] }, rank: 2, shortNats: 0.1 },
      passes: 17,
    });
    expect(counterfactualView({ ...none, outcome: "budget-spent" }, history)).toMatchObject({ spent: true });
  });
  test("gives no distance where the history as it is comes nearer, unless the film is no candidate there", () => {
    const far = {
      edit: { removed: [eventIndex(0)], added: [] },
      margin: -0.5,
      standings: standingsOf([1, 2, 10]),
    };
    const none = { ...search, outcome: "none", closest: far } as const;
    expect(counterfactualView(none, history)).toMatchObject({ nearest: null });
    expect(counterfactualView({ ...none, isOffered: false }, history)).toMatchObject({
      nearest: { rank: 3 },
    });
  });
  test("may be over before it begins", () => {
    expect(counterfactualView({ ...search, outcome: "already-first" }, history)).toEqual({
      phase: "already",
    });
  });
});

test("channels of one candidate are taken from its place, for every film and for all at once", () => {
  const values = (from: number) => {
    const at = (step: number) => [from + step, from + 10 + step];
    return {
      v11: at(0),
      v10: at(1),
      v01: at(2),
      v00: at(3),
      text: at(4),
      behaviour: at(5),
      interaction: at(6),
    };
  };
  const report = {
    items: [{ event: eventIndex(0), item: itemId(3), ...values(100) }],
    whole: values(200),
  };
  const { rows, whole } = channelRows(report, 1, filmAt);
  expect(rows).toEqual([
    { film: filmAt(3), v11: 110, v10: 111, v01: 112, v00: 113, text: 114, behaviour: 115, interaction: 116 },
  ]);
  expect(whole).toMatchObject({ v11: 210, interaction: 216 });
});
