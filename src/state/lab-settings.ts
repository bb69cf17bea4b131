import type { WorldName } from "../adapt/lab/worlds.ts";
import type { LabSettings } from "../worker/lab-protocol.ts";

/** The seed whose first log and first 200 are nearest to what 1,000 logs give: chance makes some of the others look better, and some worse. */
const TYPICAL_SEED = 9;

const SAME = { epsilon: 0.2, moodOnChoice: 1.8, moodOnLike: 1.6, seed: TYPICAL_SEED };

/** What a world is shown with first. More films take more draws for the same error. */
export const FIRST_SETTINGS: Readonly<Record<WorldName, LabSettings>> = {
  reference: { ...SAME, world: "reference", rounds: 2000 },
  movies: { ...SAME, world: "movies", rounds: 8000 },
};

/** Logs from which each teacher is seen to learn: in a larger world one lesson takes ten times as long. */
export const LESSONS: Readonly<Record<WorldName, number>> = { reference: 40, movies: 10 };

/** Logs of the study on demand. */
export const STUDY_LOGS = 200;
