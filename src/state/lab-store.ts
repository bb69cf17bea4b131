/** @file The Lab's own state: one simulated log, what is believed of it and learned from it, and a study of many on demand. */
import { createStore, type StoreApi } from "zustand/vanilla";
import { type Failure, toFailure } from "../core/failure.ts";
import type { LabCall, LabPoint, LabSettings, LabStudy, LessonOfLog } from "../worker/lab-protocol.ts";
import { FIRST_SETTINGS, LESSONS, STUDY_LOGS } from "./lab-settings.ts";
import { type LatestOnly, makeLatestOnly } from "./latest-only.ts";

/** "stopped": by the person, with what was there by then. */
export type LabPhase =
  | { readonly phase: "idle" | "running" | "stopped" | "done" }
  | { readonly phase: "failed"; readonly failure: Failure };

export interface LabState {
  readonly settings: LabSettings;
  /** The log: `points` are of its looks so far, and until the first of them of the log before. */
  readonly run: LabPhase & { readonly points: readonly LabPoint[] };
  readonly learning: LabPhase & { readonly lessons: readonly LessonOfLog[]; readonly logs: number };
  readonly study: LabPhase & { readonly study: LabStudy | null; readonly logs: number };
}

export interface LabStore {
  readonly state: StoreApi<LabState>;
  readonly intentions: {
    /** Simulates the first log; later openings find what is there. */
    open(): Promise<void>;
    /** Other settings, and the log that they give. A study of the old ones is forgotten. */
    change(settings: Partial<LabSettings>): Promise<void>;
    /** The world with the settings that it is shown with first. */
    reset(world: LabSettings["world"]): Promise<void>;
    run(): Promise<void>;
    /** Gives up whatever is under way; what came until then stays. */
    stop(): void;
    repeat(): Promise<void>;
  };
}

type Part = "run" | "learning" | "study";

export function makeLabStore(call: LabCall): LabStore {
  const settings = FIRST_SETTINGS.reference;
  const state = createStore<LabState>(() => ({
    settings,
    run: { phase: "idle", points: [] },
    learning: { phase: "idle", lessons: [], logs: LESSONS[settings.world] },
    study: { phase: "idle", study: null, logs: STUDY_LOGS },
  }));
  const logs = makeLatestOnly();
  const studies = makeLatestOnly();
  const put = <Name extends Part>(part: Name, change: Partial<LabState[Name]>) =>
    state.setState((before) => ({ [part]: { ...before[part], ...change } }) as Pick<LabState, Name>);

  /** Does a part's work unless newer work has taken its place. */
  const work = async (part: Part, turn: ReturnType<LatestOnly["begin"]>, task: () => Promise<void>) => {
    put(part, { phase: "running" });
    try {
      await task();
      if (turn.isNewest()) put(part, { phase: "done" });
    } catch (thrown) {
      if (turn.isNewest()) put(part, { phase: "failed", failure: toFailure(thrown) });
    }
  };

  const run = async () => {
    const turn = logs.begin();
    const asked = state.getState().settings;
    const { signal } = turn;
    const onlyNewest =
      <Progress>(take: (progress: Progress) => void) =>
      (progress: Progress) => {
        if (turn.isNewest()) take(progress);
      };
    // What is learned waits for the log in the same worker, and shows nothing of the log before.
    put("learning", { phase: "idle", lessons: [], logs: LESSONS[asked.world] });
    let points: readonly LabPoint[] = [];
    await work("run", turn, async () => {
      const onProgress = onlyNewest((point: LabPoint) => {
        points = [...points, point];
        put("run", { points });
      });
      await call("run", asked, { signal, onProgress });
    });
    if (!turn.isNewest() || state.getState().run.phase !== "done") return;
    await work("learning", turn, async () => {
      const onProgress = onlyNewest((lesson: LessonOfLog) =>
        put("learning", { lessons: [...state.getState().learning.lessons, lesson] }),
      );
      await call("learn", { settings: asked, logs: LESSONS[asked.world] }, { signal, onProgress });
    });
  };

  const change = async (settings: Partial<LabSettings>) => {
    studies.cancel();
    put("study", { phase: "idle", study: null });
    state.setState((before) => ({ settings: { ...before.settings, ...settings } }));
    await run();
  };

  return {
    state,
    intentions: {
      open: async () => {
        if (state.getState().run.phase === "idle") await run();
      },
      change,
      reset: (world) => change(FIRST_SETTINGS[world]),
      run,
      stop: () => {
        logs.cancel();
        studies.cancel();
        for (const part of ["run", "learning", "study"] as const)
          if (state.getState()[part].phase === "running") put(part, { phase: "stopped" });
      },
      repeat: async () => {
        const turn = studies.begin();
        put("study", { study: null });
        await work("study", turn, async () => {
          const onProgress = (study: LabStudy) => {
            if (turn.isNewest()) put("study", { study });
          };
          const asked = { settings: state.getState().settings, logs: STUDY_LOGS };
          await call("repeat", asked, { signal: turn.signal, onProgress });
        });
      },
    },
  };
}
