/**
 * @file The smallest edit of the history that makes a film number one. Every edit is really run; nothing is concluded from effects, which
 * only decide what is tried first.
 *
 * Other than in attribution, edits are those of a user on the page: an older item moves into the prompt when one is taken out.
 */
import { FailureError } from "../core/failure.ts";
import type { EventIndex, ItemId } from "../core/ids.ts";
import { present } from "../core/invariant.ts";
import type { ScoreFn, SlateQuery, SlateScores } from "../scores/score-fn.ts";
import { combinations } from "./deletion.ts";
import { ask } from "./intervene.ts";
import { applyInterventions, explainedEvents, type Scene } from "./intervention.ts";
import { type Standing, standings } from "./standings.ts";

export interface HistoryEdit {
  readonly removed: readonly EventIndex[];
  /** Watched last, in this order. */
  readonly added: readonly ItemId[];
}

export interface CounterfactualRequest {
  /** `candidates` are the rivals that every edit is tried against, the target among them. */
  readonly scene: Scene;
  readonly target: ItemId;
  /** Films that may be added. Those in the history and among the candidates are left out: a rival that is watched would merely leave the slate. */
  readonly additions?: readonly ItemId[];
  /** Most questions to the model. */
  readonly budget: number;
  /** Most removals and additions together. Default 4. */
  readonly mostEdits?: number;
  /**
   * The slate that the edited history would be offered. An edit counts only if the target is on it and number one of it, which takes one
   * more question. Default: the scene's candidates.
   */
  readonly slateAfter?: (history: readonly ItemId[]) => readonly ItemId[];
}

export interface Counterfactual {
  readonly target: ItemId;
  /** "already-first": the empty edit. "budget-spent": edits within the allowed size were left untried. "none": no edit that was tried does it. */
  readonly outcome: "already-first" | "found" | "budget-spent" | "none";
  readonly edit: HistoryEdit | null;
  /** True: every smaller edit of these removals and additions was tried and failed against the scene's candidates. */
  readonly isSmallest: boolean;
  /** Nats of shown score between the target and the best other candidate, without and with the edit; above 0 the target is first. */
  readonly marginBefore: number;
  readonly marginAfter: number | null;
  readonly before: readonly Standing[];
  /** Of the slate that the edit was verified on. */
  readonly after: readonly Standing[] | null;
  /** The edit with the largest margin among those tried, found or not; null where none was tried. */
  readonly closest: { readonly edit: HistoryEdit; readonly margin: number } | null;
  readonly forwardPasses: number;
}

export interface CounterfactualProgress {
  /** Questions asked, of the budget. */
  readonly passes: number;
  readonly budget: number;
  /** Size of the edits that are being tried; 0 for the history as it is. */
  readonly size: number;
  /** The best margin of an edit so far, nats; null before the first. */
  readonly margin: number | null;
}

export interface CounterfactualOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: CounterfactualProgress) => void) | undefined;
}

/** Nats. What is number one by less may not be on another backend. */
const LEAST_MARGIN = 1e-3;
/** Edits of a size that are built upon. Pairs are all tried as long as no more than one single edit is left out, which 12 removals are not. */
const BEAM = 12;
/** Edits tried together: fewer would idle a fast device, more would go on after a find. */
const CHUNK = 8;
const MOST_EDITS = 4;

/**
 * Edits are tried by size, removals alone before those with additions, the most promising first by what their parts did alone. All single edits
 * are tried, then those that build on the {@link BEAM} best of the size before. What is found is asked once more, by itself, and is returned only
 * if the target is first again. Rejects with `bad-request` where the target is no candidate, and with `cancelled`.
 */
export async function findCounterfactual(
  request: CounterfactualRequest,
  score: ScoreFn,
  options: CounterfactualOptions = {},
): Promise<Counterfactual> {
  const { scene, target, mostEdits = MOST_EDITS } = request;
  if (!scene.candidates.includes(target))
    throw new FailureError({ kind: "bad-request", reason: `item ${target} is none of the candidates` });
  const trials = new Trials(request, score, options);
  const unedited = await trials.start();
  const report = (
    outcome: Counterfactual["outcome"],
    found: Measured | null = null,
    isSmallest = false,
  ): Counterfactual => ({
    target,
    outcome,
    edit: found === null ? null : trials.historyEdit(found.edit),
    isSmallest,
    marginBefore: unedited.margin,
    marginAfter: found?.margin ?? null,
    before: unedited.standings,
    after: found?.standings ?? null,
    closest:
      trials.best === null
        ? null
        : { edit: trials.historyEdit(trials.best.edit), margin: trials.best.margin },
    forwardPasses: trials.passes,
  });
  if (unedited.margin >= LEAST_MARGIN) return report("already-first", unedited, true);

  const actions = trials.actions.length;
  const gains = new Map<number, number>();
  const promise = (edit: Edit) => edit.reduce((sum, action) => sum + (gains.get(action) ?? 0), 0);
  let isComplete = true;
  let beam: Tried[] = [{ edit: [], margin: unedited.margin }];
  for (let size = 1; size <= Math.min(mostEdits, actions); size++) {
    const edits = extensions(beam, actions).sort((a, b) => promise(b) - promise(a));
    const tried: Tried[] = [];
    for (const isRemoval of [true, false]) {
      const group = edits.filter((edit) => trials.isRemoval(edit) === isRemoval);
      for (let next = 0; next < group.length; ) {
        // One question is kept for the verification.
        const chunk = group.slice(next, next + Math.max(0, Math.min(CHUNK, trials.left - 1)));
        if (chunk.length === 0) return report("budget-spent");
        next += chunk.length;
        const found = await trials.run(chunk);
        tried.push(...found);
        if (size === 1)
          for (const { edit, margin } of found)
            gains.set(present(edit[0], "the action"), margin - unedited.margin);
        for (const { edit, margin } of found.sort(byMargin)) {
          if (margin < LEAST_MARGIN) break;
          if (trials.left === 0) return report("budget-spent");
          const verified = await trials.verify(edit);
          if (verified !== null) return report("found", verified, isComplete);
        }
      }
    }
    isComplete &&= tried.length === combinations(actions, size);
    beam = tried.sort(byMargin).slice(0, BEAM);
  }
  return report("none");
}

/** Runs edits and keeps count. */
class Trials {
  readonly actions: readonly Action[];
  passes = 0;
  best: Tried | null = null;
  #size = 0;
  readonly #request: CounterfactualRequest;
  readonly #score: ScoreFn;
  readonly #options: CounterfactualOptions;

  constructor(request: CounterfactualRequest, score: ScoreFn, options: CounterfactualOptions) {
    const { scene, additions = [] } = request;
    const isNew = (item: ItemId) => !scene.history.includes(item) && !scene.candidates.includes(item);
    this.actions = [
      ...explainedEvents(scene).map((event) => ({ kind: "remove", event }) as const),
      ...[...new Set(additions)].filter(isNew).map((item) => ({ kind: "add", item }) as const),
    ];
    this.#request = request;
    this.#score = score;
    this.#options = options;
  }

  /** Questions that may still be asked. */
  get left(): number {
    return Math.max(0, this.#request.budget - this.passes);
  }

  isRemoval(edit: Edit): boolean {
    return edit.every((action) => this.actions[action]?.kind === "remove");
  }

  historyEdit(edit: Edit): HistoryEdit {
    const actions = edit.map((action) => present(this.actions[action], "an action"));
    return {
      removed: actions.flatMap((action) => (action.kind === "remove" ? [action.event] : [])),
      added: actions.flatMap((action) => (action.kind === "add" ? [action.item] : [])),
    };
  }

  /** The history as it is. */
  async start(): Promise<Measured> {
    const [scores] = await this.#ask([this.#query([])]);
    return this.#measured([], this.#request.scene.candidates, scores);
  }

  /** Edits of one size, against the scene's candidates. */
  async run(edits: readonly Edit[]): Promise<Tried[]> {
    this.#size = present(edits[0], "an edit").length;
    const answers = await this.#ask(edits.map((edit) => this.#query(edit)));
    return edits.map((edit, i) => {
      const { margin } = this.#measured(edit, this.#request.scene.candidates, answers[i]);
      if (this.best === null || margin > this.best.margin) this.best = { edit, margin };
      return { edit, margin };
    });
  }

  /** Null: not number one after all, of the slate that is then offered or when asked again. */
  async verify(edit: Edit): Promise<Measured | null> {
    const { scene, target, slateAfter } = this.#request;
    const query = this.#query(edit);
    const slate = slateAfter?.(query.history) ?? scene.candidates;
    if (!slate.includes(target)) return null;
    const [scores] = await this.#ask([{ ...query, candidates: slate }]);
    const verified = this.#measured(edit, slate, scores);
    return verified.margin >= LEAST_MARGIN ? verified : null;
  }

  #query(edit: Edit): SlateQuery {
    const { removed, added } = this.historyEdit(edit);
    return applyInterventions({ ...this.#request.scene, refill: true }, [
      { kind: "remove", events: removed },
      ...added.map((item) => ({ kind: "add", item }) as const),
    ]);
  }

  #measured(edit: Edit, slate: readonly ItemId[], answer: SlateScores | undefined): Measured {
    const scores = present(answer, "the answer to an edit");
    const place = slate.indexOf(this.#request.target);
    const others = scores.shown.filter((_, c) => c !== place);
    const margin = present(scores.shown[place], "a shown score") - Math.max(...others);
    return { edit, margin, standings: standings(slate, scores) };
  }

  #ask(queries: readonly SlateQuery[]): Promise<SlateScores[]> {
    const { signal, onProgress } = this.#options;
    return ask(queries, this.#score, {
      signal,
      onAnswer: () => {
        this.passes++;
        onProgress?.({
          passes: this.passes,
          budget: this.#request.budget,
          size: this.#size,
          margin: this.best?.margin ?? null,
        });
      },
    });
  }
}

type Action =
  | { readonly kind: "remove"; readonly event: EventIndex }
  | { readonly kind: "add"; readonly item: ItemId };

/** Places of actions, ascending. */
type Edit = readonly number[];

interface Tried {
  readonly edit: Edit;
  /** Nats of shown score between the target and the best of the others; infinite where there is no other. */
  readonly margin: number;
}

interface Measured extends Tried {
  readonly standings: readonly Standing[];
}

function byMargin(one: Tried, other: Tried): number {
  return other.margin - one.margin;
}

/** Every edit that has one action more than one of the beam, each once. */
function extensions(beam: readonly Tried[], actions: number): Edit[] {
  const edits = new Map<string, Edit>();
  for (const { edit } of beam)
    for (let action = 0; action < actions; action++) {
      if (edit.includes(action)) continue;
      const extended = [...edit, action].sort((a, b) => a - b);
      edits.set(extended.join(), extended);
    }
  return [...edits.values()];
}
