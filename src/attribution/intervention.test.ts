import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type EventIndex, eventIndex, itemId } from "../core/ids.ts";
import { InvariantError } from "../core/invariant.ts";
import { applyInterventions, explainedEvents, type Intervention, type Scene } from "./intervention.ts";
import { items, promptOf, sceneOf } from "./toy-fixture.ts";

const events = (...indices: number[]): EventIndex[] => indices.map(eventIndex);
const scene = (over: Partial<Scene> = {}) => sceneOf([9, 8, 4, 1, 5], [2, 3], { promptItems: 3, ...over });

test("without interventions the page's own question is asked", () => {
  expect(applyInterventions(scene(), [])).toEqual({
    history: items(9, 8, 4, 1, 5),
    candidates: items(2, 3),
    promptItems: 3,
  });
  expect(applyInterventions(sceneOf([4, 1], [2]), [])).toEqual({
    history: items(4, 1),
    candidates: items(2),
    promptItems: 2,
  });
});

test.for([
  [{ promptItems: 3 }, [2, 3, 4]],
  [{ promptItems: 10 }, [0, 1, 2, 3, 4]],
  [{ promptItems: 3, recommenderItems: 2 }, [3, 4]],
  [{ promptItems: 0 }, []],
] as const)("explained is what stands in the prompt: %j", ([over, explained]) => {
  expect(explainedEvents(scene(over))).toEqual(explained);
});

/** Any scene, with any of its explained items to be taken out. Items are their own events, so that they can be told apart. */
const anyRemoval = fc
  .record({ length: fc.nat(12), promptItems: fc.nat(12), recommenderItems: fc.nat(12) })
  .chain(({ length, ...over }) => {
    const any = sceneOf(
      Array.from({ length }, (_, i) => i),
      [100],
      over,
    );
    return fc.tuple(fc.constant(any), fc.subarray(explainedEvents(any)));
  });

describe("an item that is taken out", () => {
  test("leaves its place free: no older item moves in, neither into the prompt nor into the recommender's sight", () => {
    fc.assert(
      fc.property(anyRemoval, ([any, removed]) => {
        const query = applyInterventions(any, [{ kind: "remove", events: removed }]);
        const seen = any.history.slice(Math.max(0, any.history.length - any.recommenderItems));
        const gone = new Set<number>(removed);
        expect(query.history).toEqual(seen.filter((item) => !gone.has(item)));
        expect(promptOf(query).map(({ item }) => item)).toEqual(
          explainedEvents(any)
            .filter((event) => !gone.has(event))
            .map(itemId),
        );
      }),
    );
  });

  test("makes room where the scene is refilled, as on the page", () => {
    fc.assert(
      fc.property(anyRemoval, ([any, removed]) => {
        const query = applyInterventions({ ...any, refill: true }, [{ kind: "remove", events: removed }]);
        const kept = any.history.filter((_, at) => !removed.includes(eventIndex(at)));
        expect(query).toMatchObject({ history: kept, promptItems: any.promptItems });
      }),
    );
  });

  test("may be context, which costs the prompt no place", () => {
    expect(applyInterventions(scene(), [{ kind: "remove", events: events(0) }])).toMatchObject({
      history: items(8, 4, 1, 5),
      promptItems: 3,
    });
  });
});

test("an emptied history keeps the recommender's older context", () => {
  expect(applyInterventions(scene(), [{ kind: "empty-history" }])).toMatchObject({
    history: items(9, 8),
    promptItems: 0,
  });
});

test("a replaced item stands where the other stood", () => {
  expect(
    applyInterventions(scene(), [{ kind: "replace", event: eventIndex(3), by: itemId(7) }]),
  ).toMatchObject({
    history: items(9, 8, 4, 7, 5),
    promptItems: 3,
  });
});

describe("an added item", () => {
  const add: Intervention = { kind: "add", item: itemId(7) };
  test("comes last", () => {
    expect(applyInterventions(sceneOf([4, 1], [2]), [add, { kind: "add", item: itemId(6) }])).toMatchObject({
      history: items(4, 1, 7, 6),
      promptItems: 4,
    });
  });
  test("pushes the oldest out of a full prompt", () => {
    const query = applyInterventions(scene(), [add]);
    expect(promptOf(query).map(({ item }) => item)).toEqual([1, 5, 7]);
  });
  test("takes a place that another left", () => {
    const query = applyInterventions(scene(), [add, { kind: "remove", events: events(3) }]);
    expect(promptOf(query).map(({ item }) => item)).toEqual([4, 5, 7]);
  });
});

test("channels are muted by event, wherever its item has moved", () => {
  const query = applyInterventions(scene(), [
    { kind: "mute-text", events: events(2, 4) },
    { kind: "mute-behaviour", events: events(4, 3) },
    { kind: "remove", events: events(3) },
  ]);
  expect(promptOf(query)).toEqual([
    { item: 4, text: false, behaviour: true },
    { item: 5, text: false, behaviour: false },
  ]);
});

describe("a gate", () => {
  test("is held at that of the untouched history, as the recommender sees it", () => {
    expect(
      applyInterventions(scene({ recommenderItems: 4 }), [
        { kind: "hold-gate" },
        { kind: "remove", events: events(4) },
      ]),
    ).toMatchObject({ history: items(8, 4, 1), gateHistory: items(8, 4, 1, 5) });
  });
  test("is set to given weights", () => {
    expect(applyInterventions(scene(), [{ kind: "set-gate", gate: [2, 0] }]).heldGate).toEqual([2, 0]);
  });
});

test("the order of interventions means nothing", () => {
  const interventions: Intervention[] = [
    { kind: "remove", events: events(2) },
    { kind: "replace", event: eventIndex(3), by: itemId(7) },
    { kind: "add", item: itemId(6) },
    { kind: "mute-text", events: events(3) },
    { kind: "mute-behaviour", events: events(4) },
    { kind: "hold-gate" },
  ];
  fc.assert(
    fc.property(fc.shuffledSubarray(interventions, { minLength: interventions.length }), (shuffled) => {
      expect(applyInterventions(scene(), shuffled)).toEqual(applyInterventions(scene(), interventions));
    }),
  );
});

test.for<[string, Intervention[]]>([
  ["an event that is none", [{ kind: "remove", events: events(5) }]],
  ["a replacement of none", [{ kind: "replace", event: eventIndex(5), by: itemId(1) }]],
  [
    "two replacements of one",
    [
      { kind: "replace", event: eventIndex(3), by: itemId(1) },
      { kind: "replace", event: eventIndex(3), by: itemId(2) },
    ],
  ],
  ["a gate held and set", [{ kind: "hold-gate" }, { kind: "set-gate", gate: [1] }]],
  [
    "two gates",
    [
      { kind: "set-gate", gate: [1] },
      { kind: "set-gate", gate: [2] },
    ],
  ],
])("%s is a bug", ([, interventions]) => {
  expect(() => applyInterventions(scene(), interventions)).toThrow(InvariantError);
});
