/** @file What the page knows of learning on this device: the film that chance picked, the log, the versions, and the last verdict on an update. */

import type { SlotRow } from "../adapt/log-row.ts";
import type { StoredRow } from "../adapt/log-storage.ts";
import type { Update } from "../adapt/update.ts";
import type { PolicyVersions } from "../adapt/versions.ts";
import type { Failure } from "../core/failure.ts";
import type { PreferenceSpace } from "../persona/preference-space.ts";
import type { PolicyValues } from "../worker/learning-protocol.ts";

/** The film in the slot of the answer on screen. */
export interface ShownSlot {
  /** Of its row in the log; null while the row is on its way to the disk. */
  readonly key: number | null;
  readonly row: SlotRow;
  /** What was said about it and is on the disk; y alone does not tell a dismissal from ten seconds of silence. */
  readonly reaction: "liked" | "dismissed" | null;
}

export interface LearningState {
  readonly phase: "opening" | "ready" | "failed";
  /** Why there is no log, or what could not be written last; null where all is well. */
  readonly failure: Failure | null;
  /** Share of uniform draws, in [0, 1]; at 0 nothing is drawn, nothing is logged and nothing can be learned. */
  readonly epsilon: number;
  /** Null while there is no answer of this page's own, or at epsilon 0. */
  readonly slot: ShownSlot | null;
  /** As they came. */
  readonly rows: readonly StoredRow[];
  /** What the numbers of theta are weights of, by `filmFeatures`; null until it is read, or where the pack has none. */
  readonly space: PreferenceSpace | null;
  /** Rows of the log that cannot be read; they are kept and exported. */
  readonly unreadable: number;
  readonly versions: PolicyVersions;
  /** Verdicts asked for on this log so far. */
  readonly looks: number;
  readonly proposal:
    | { readonly phase: "none" | "computing" }
    | { readonly phase: "failed"; readonly failure: Failure }
    /** `objective` and `rows` it was made with. */
    | {
        readonly phase: "made";
        readonly update: Update;
        readonly objective: "cpo" | "dr-cpo";
        readonly rounds: number;
        /** It is the version in force now. */
        readonly adopted: boolean;
      };
  readonly values:
    | { readonly phase: "none" | "computing" }
    | { readonly phase: "failed"; readonly failure: Failure }
    | { readonly phase: "made"; readonly values: PolicyValues; readonly rounds: number };
}

/** What a person can ask of learning. None of them rejects: what went wrong is in the state. */
export interface LearningIntentions {
  /** Opens the log and follows the answers of the page. */
  start(): Promise<void>;
  setEpsilon(epsilon: number): void;
  /** About the film of the row `key`; `visibleMs` is how long it was in sight so far. The last word counts. */
  react(reaction: "liked" | "dismissed", visibleMs: number, key: number): Promise<void>;
  /** The film of the row `key` has been in sight so long; that counts where there is no reaction. */
  seen(visibleMs: number, key: number): Promise<void>;
  propose(objective: "cpo" | "dr-cpo"): Promise<void>;
  /** Puts an accepted proposal into force. */
  adopt(): Promise<void>;
  /** Puts the version before into force. */
  undo(): Promise<void>;
  /** What the current policies are worth, by every estimator. */
  value(): Promise<void>;
  /** The log as JSON lines. */
  exportLog(): Promise<string | null>;
  /** The log, its seed, and the versions. */
  erase(): Promise<void>;
}
