/**
 * @file Through which channel an item works: its title as text, or its behaviour vector from the recommender. Two by two: each
 * channel on or muted, in the prompt. The recommender and the gate know the item in all four, so that there is no "total" and "prompt-only" here,
 * and an item with both channels muted is not one that is taken out: "a movie" still stands in its place.
 */
import type { EventIndex, ItemId } from "../core/ids.ts";
import { present } from "../core/invariant.ts";
import type { ScoreFn, SlateScores } from "../scores/score-fn.ts";
import { intervene } from "./intervene.ts";
import { explainedEvents, type Intervention, type Scene } from "./intervention.ts";

/** All nats of verdict log-odds, [candidates]. v10: the text is there and the behaviour muted. */
export interface ChannelValues {
  readonly v11: readonly number[];
  readonly v10: readonly number[];
  readonly v01: readonly number[];
  readonly v00: readonly number[];
  /** T = v11 - v01: what the title does where the behaviour is there. */
  readonly text: readonly number[];
  /** B = v11 - v10: what the behaviour does where the title is there. */
  readonly behaviour: readonly number[];
  /**
   * I = v11 - v10 - v01 + v00: what the two do only together, contained in T and in B. Below zero they say the same thing twice. So T, B and
   * I do not add up: v11 - v00 = T + B - I.
   */
  readonly interaction: readonly number[];
}

export interface ItemChannels extends ChannelValues {
  readonly event: EventIndex;
  readonly item: ItemId;
}

export interface ChannelReport {
  readonly candidates: readonly ItemId[];
  /** One for each item in the prompt, oldest first. */
  readonly items: readonly ItemChannels[];
  /** All explained items muted at once. */
  readonly whole: ChannelValues;
  readonly forwardPasses: number;
}

export interface ChannelOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onItem?: (item: ItemChannels, done: number, total: number) => void;
}

/** Rejects with `cancelled` once the signal aborts. */
export async function channelEffects(
  scene: Scene,
  score: ScoreFn,
  { signal, onItem }: ChannelOptions = {},
): Promise<ChannelReport> {
  const events = explainedEvents(scene);
  // Each group, the items one by one and then all together, is muted in three ways.
  const alternatives = [...events.map((event) => [event]), events].flatMap((group): Intervention[][] => [
    [{ kind: "mute-behaviour", events: group }],
    [{ kind: "mute-text", events: group }],
    [
      { kind: "mute-text", events: group },
      { kind: "mute-behaviour", events: group },
    ],
  ]);
  const channelsOf = (group: number, answers: readonly SlateScores[]): ChannelValues => {
    const v = (at: number) => present(answers[at], "an answer").verdict;
    return channelValues(v(0), v(3 * group + 1), v(3 * group + 2), v(3 * group + 3));
  };
  const itemOf = (at: number, answers: readonly SlateScores[]): ItemChannels => {
    const event = present(events[at], "an event");
    return { event, item: present(scene.history[event], `item ${event}`), ...channelsOf(at, answers) };
  };
  const heard: SlateScores[] = [];
  const answers = await intervene(scene, [[], ...alternatives], score, {
    signal,
    onAnswer: (index, answer) => {
      heard[index] = answer;
      const done = index / 3;
      if (Number.isInteger(done) && done >= 1 && done <= events.length)
        onItem?.(itemOf(done - 1, heard), done, events.length);
    },
  });
  return {
    candidates: scene.candidates,
    items: events.map((_, at) => itemOf(at, answers)),
    whole: channelsOf(events.length, answers),
    forwardPasses: answers.length,
  };
}

function channelValues(
  v11: readonly number[],
  v10: readonly number[],
  v01: readonly number[],
  v00: readonly number[],
): ChannelValues {
  const of = (combine: (v11: number, v10: number, v01: number, v00: number) => number) =>
    v11.map((value, c) =>
      combine(value, present(v10[c], "a value"), present(v01[c], "a value"), present(v00[c], "a value")),
    );
  return {
    v11,
    v10,
    v01,
    v00,
    text: of((both, _text, behaviour) => both - behaviour),
    behaviour: of((both, text) => both - text),
    interaction: of((both, text, behaviour, neither) => both - text - behaviour + neither),
  };
}
