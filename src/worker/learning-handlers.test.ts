import { expect, test } from "vitest";
import { ridgeRewards } from "../adapt/film-rewards.ts";
import { linearHead } from "../adapt/head.ts";
import { DEFAULT_CLIMB } from "../adapt/learn.ts";
import { objectiveForLog } from "../adapt/objective.ts";
import { confidenceOfLook, constantRewards, proposeUpdate, type Update } from "../adapt/update.ts";
import { FailureError } from "../core/failure.ts";
import { seededRandom } from "../core/rng.ts";
import { softmax } from "../core/softmax.ts";
import type { OffPolicyReport } from "../evaluate/off-policy/report.ts";
import { learningHandlers } from "./learning-handlers.ts";
import type { LearningCalls, LearningRound } from "./learning-protocol.ts";
import { learningSchemas } from "./learning-schema.ts";
import { type ServingPort, serve } from "./serve.ts";
import { makeWorkerClient, type WorkerPort } from "./worker-client.ts";

const WIDTH = 3;

/** Uniform draws among six films; those with the first feature are liked with 0.9, others with 0.2. The scores know nothing of it. */
function roundsOf(n: number, seed = 1): LearningRound[] {
  const random = seededRandom(seed);
  return Array.from({ length: n }, () => {
    const features = Float64Array.from({ length: 6 * WIDTH }, (_, at) =>
      at % WIDTH === 0 ? (random() < 0.3 ? 1 : 0) : random() - 0.5,
    );
    const action = Math.floor(random() * 6);
    return {
      baseScores: Array.from({ length: 6 }, () => random() - 0.5),
      features,
      action,
      reward: random() < (features[action * WIDTH] === 1 ? 0.9 : 0.2) ? 1 : 0,
      propensities: Array.from({ length: 6 }, () => 1 / 6),
    };
  });
}

/** The worker without its thread: the same messages, cloned as between threads. */
function client() {
  const { port1, port2 } = new MessageChannel();
  serve(port2 as ServingPort, learningSchemas, learningHandlers);
  const worker: WorkerPort = Object.assign(port1, {
    terminate: () => port1.close(),
    onerror: null,
  });
  return makeWorkerClient<LearningCalls>("learning", learningSchemas, () => worker);
}

const ask = { width: WIDTH, current: [], objective: "cpo", look: 1 } as const;

function decided(update: Update): Exclude<Update, { kind: "not-enough-data" }> {
  if (update.kind === "not-enough-data") throw new Error(update.kind);
  return update;
}

function estimates(report: OffPolicyReport | null): ReadonlyMap<string, number> {
  if (report?.kind !== "estimated") throw new Error(report?.kind ?? "no report");
  return new Map(report.estimates.map(({ name, value }) => [name, value]));
}

test("a proposal crosses to the worker and back", async () => {
  const { call, close } = client();
  const update = decided(await call("propose", { ...ask, rounds: roundsOf(400) }));
  expect(update.kind).toBe("accepted");
  expect(update.theta).toBeInstanceOf(Float64Array);
  expect(update.theta[0]).toBeGreaterThan(0.5);
  for (const rows of [0, 5])
    expect(await call("propose", { ...ask, rounds: roundsOf(rows) })).toEqual({
      kind: "not-enough-data",
      rows,
      effectiveSize: 0,
    });
  close();
});

test("what CPO and DR-CPO differ in is the reward model", async () => {
  const rounds = roundsOf(300);
  const head = linearHead(WIDTH);
  const settings = {
    objective: objectiveForLog(rounds.length),
    climb: DEFAULT_CLIMB,
    leastEffectiveSize: 50,
    confidence: confidenceOfLook(3),
  };
  const context = { signal: new AbortController().signal, onProgress: () => undefined as never };
  for (const [objective, rewards] of [
    ["cpo", constantRewards(rounds)],
    ["dr-cpo", ridgeRewards(rounds, WIDTH)],
  ] as const) {
    const update = await learningHandlers.propose({ ...ask, rounds, objective, look: 3 }, context);
    expect(update).toEqual(proposeUpdate(rounds, head, head.start(), rewards, settings));
  }
});

test("a later look at the same log asks for more", async () => {
  const { call, close } = client();
  const rounds = roundsOf(300);
  const [first, tenth] = await Promise.all(
    [1, 10].map(async (look) => decided(await call("propose", { ...ask, rounds, look })).figures),
  );
  expect(first?.confidence).toBe(confidenceOfLook(1));
  expect(tenth?.confidence).toBe(confidenceOfLook(10));
  expect(tenth!.improvement.value).toBe(first!.improvement.value);
  expect(tenth!.improvement.low).toBeLessThan(first!.improvement.low);
  close();
});

test("nothing is proposed over what is in force already", async () => {
  const { call, close } = client();
  const rounds = roundsOf(400);
  const { theta } = decided(await call("propose", { ...ask, rounds }));
  const again = await call("propose", { ...ask, rounds, current: [...theta], look: 2 });
  expect(again.kind).toBe("not-better");
  close();
});

test("the policies are worth what their probabilities give", async () => {
  const { call, close } = client();
  const rounds = roundsOf(400);
  const current = [2, 0, 0];
  const { trained, current: inForce } = await call("value", { rounds, width: WIDTH, current });
  const ipsOf = (pi: (round: LearningRound) => readonly number[]) =>
    rounds.reduce((sum, round) => sum + (pi(round)[round.action]! / (1 / 6)) * round.reward, 0) /
    rounds.length;
  expect(estimates(trained).get("IPS")).toBeCloseTo(
    ipsOf(({ baseScores }) => softmax([...baseScores])),
    12,
  );
  expect(estimates(inForce).get("IPS")).toBeCloseTo(
    ipsOf(({ baseScores, features }) =>
      softmax(baseScores.map((score, a) => score + 2 * features[a * WIDTH]!)),
    ),
    12,
  );
  expect(estimates(inForce).get("DR")).toBeGreaterThan(estimates(trained).get("DR")!);
  const untaught = await call("value", { rounds, width: WIDTH, current: [] });
  expect(untaught.current).toBeNull();
  close();
});

test("the reward model behind a value has not seen the round's own reward", async () => {
  const { call, close } = client();
  // A feature for every round: a model that saw it could know its reward by heart.
  const n = 120;
  const rounds = roundsOf(n, 4).map((round, i) => {
    const features = new Float64Array(6 * n);
    for (let a = 0; a < 6; a++) features[a * n + i] = a === round.action ? 20 : 0;
    return { ...round, features };
  });
  const { trained } = await call("value", { rounds, width: n, current: [] });
  const directWith = (isUsed: (i: number) => (j: number) => boolean) =>
    rounds.reduce((sum, { baseScores }, i) => {
      const ghat = ridgeRewards(rounds, n)(isUsed(i))(i);
      return sum + softmax([...baseScores]).reduce((all, p, a) => all + p * ghat[a]!, 0);
    }, 0) / n;
  expect(estimates(trained).get("DM")).toBeCloseTo(
    directWith((i) => (j) => j % 5 !== i % 5),
    10,
  );
  expect(Math.abs(directWith(() => () => true) - estimates(trained).get("DM")!)).toBeGreaterThan(1e-3);
  close();
});

test("no rounds are not enough to value anything", async () => {
  const { call, close } = client();
  const values = await call("value", { rounds: [], width: WIDTH, current: [] });
  expect(values.trained).toMatchObject({ kind: "not-enough-data", overlap: { n: 0, effectiveSize: 0 } });
  close();
});

const [round] = roundsOf(1);
test.for([
  ["features of another width", { rounds: [{ ...round!, features: new Float64Array(5) }] }],
  [
    "a feature that is no number",
    { rounds: [{ ...round!, features: new Float64Array(18).fill(Number.NaN) }] },
  ],
  ["a score that is no number", { rounds: [{ ...round!, baseScores: Array(6).fill(Number.NaN) }] }],
  ["a film that could not be drawn", { rounds: [{ ...round!, action: 6 }] }],
  ["probabilities that do not sum to 1", { rounds: [{ ...round!, propensities: Array(6).fill(0.1) }] }],
  ["a reward beyond 1", { rounds: [{ ...round!, reward: 1.5 }] }],
  ["a theta of another width", { current: [1] }],
  ["no look", { look: 0 }],
] as const)("%s is refused at the border", async ([, wrong]) => {
  const { call, close } = client();
  const refused = await call("propose", { ...ask, rounds: roundsOf(20), ...wrong }).catch(
    (error: unknown) => error,
  );
  expect(refused).toBeInstanceOf(FailureError);
  expect((refused as FailureError).failure.kind).toBe("bad-request");
  close();
});
