/** @file What the page asks of the Lab's worker, as a table of calls (`call-table.ts`). No model is needed, and none is waited for. */
import type { Teacher } from "../adapt/lab/learn-in-world.ts";
import type { WorldName } from "../adapt/lab/worlds.ts";
import type { Road, TabularAnswer } from "../evaluate/off-policy/tabular-estimates.ts";
import type { RoadFigures } from "../evaluate/off-policy/tabular-study.ts";
import type { CallOf, HandlersOf } from "./call-table.ts";

/** A world and the chance of a log of it: the same settings give the same figures. */
export interface LabSettings {
  readonly world: WorldName;
  readonly rounds: number;
  /** Share of rounds whose film is drawn by chance. */
  readonly epsilon: number;
  /** Log-odds, as in `MoodWorld`. */
  readonly moodOnChoice: number;
  readonly moodOnLike: number;
  readonly seed: number;
}

/** Least and most of each setting, both allowed. */
export const LAB_LIMITS = {
  rounds: [200, 20_000],
  epsilon: [0, 1],
  moodOnChoice: [0, 3],
  moodOnLike: [0, 3],
  seed: [0, 999_999],
} as const satisfies Record<Exclude<keyof LabSettings, "world">, readonly [number, number]>;

/** Looks at a log while it grows. */
export const LAB_LOOKS = 20;

/** Most logs of one call. */
export const MOST_LOGS = 1000;

/** `taste` goes by what each reader likes, `mood` shows what a good mood chooses. */
export const LAB_POLICIES = ["taste", "mood"] as const;
export type LabPolicy = (typeof LAB_POLICIES)[number];

/** What a log says of a policy, and what is true of it by enumeration. */
export interface PolicyBelief extends TabularAnswer {
  readonly truth: number;
}

/** A log after so many of its rounds. */
export interface LabPoint {
  readonly rounds: number;
  readonly drawn: number;
  readonly beliefs: Readonly<Record<LabPolicy, PolicyBelief>>;
}

/** What a teacher makes of a log: the true value of its policy, and its two weights over the temperature, log-odds between films. */
export interface TaughtPolicy {
  readonly value: number;
  readonly taste: number;
  readonly mood: number;
}

/** By teacher; null where too few rounds are drawn for a teacher that trusts these alone. */
export type LessonOfLog = Readonly<Record<Teacher, TaughtPolicy | null>>;

/** As `RoadFigures`, of the logs that answered; null figures where fewer than two did. */
export interface LabRoadFigures {
  readonly road: Road;
  readonly answered: number;
  readonly figures: Omit<RoadFigures, "road"> | null;
}

export interface LabStudy {
  readonly logs: number;
  /** In the order of `ROADS`. */
  readonly figures: Readonly<Record<LabPolicy, readonly LabRoadFigures[]>>;
  /** Share of the logs that answered in which the policy that is truly better is estimated above the other; null where none did. */
  readonly rankedRight: Readonly<Record<Road, number | null>>;
}

/** Logs of one seed follow one another in its stream, so that the first is the log of `run`. */
interface ManyLogs {
  readonly settings: LabSettings;
  readonly logs: number;
}

export interface LabCalls {
  /** A log, looked at while it grows: `LAB_LOOKS` times. */
  run: { args: LabSettings; reply: readonly LabPoint[]; progress: LabPoint };
  /** What each teacher makes of each of so many logs; progress is one more log. */
  learn: { args: ManyLogs; reply: readonly LessonOfLog[]; progress: LessonOfLog };
  /** How far off each road is over so many logs; progress is the study so far. */
  repeat: { args: ManyLogs; reply: LabStudy; progress: LabStudy };
}

export type LabCall = CallOf<LabCalls>;
export type LabHandlers = HandlersOf<LabCalls>;
