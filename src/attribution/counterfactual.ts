/**
 * @file The smallest edit of the history that makes a film number one. Every edit is really run; nothing is concluded from effects, which
 * only decide what is tried first.
 *
 * The question is what the history tells the model, and not what follows if it is forgotten that a film was watched: a film that an edit takes
 * out stays off the slate like everything else that was seen, or it would come back and lead. Other than in attribution, an older item moves into
 * the prompt when one is taken out, as on the page.
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
  /** `candidates` are the whole slate that the unedited history is offered, and the target, which may be none of it. */
  readonly scene: Scene;
  readonly target: ItemId;
  /** Films that may be added. Left out are those in the history, and those before the target: watched, they would merely leave the slate. */
  readonly additions?: readonly ItemId[];
  /** Most questions to the model. */
  readonly budget: number;
  /** Most removals and additions together. Default 4. */
  readonly mostEdits?: number;
  /**
   * The slate that a history would be offered, without any film that was seen. The target is number one only of a slate that it is on.
   * Default: the scene's candidates, whatever the history.
   */
  readonly slateOf?: (history: readonly ItemId[]) => readonly ItemId[];
}

/** The target on the whole slate that an edit would be offered. */
export interface EditOutcome {
  readonly edit: HistoryEdit;
  /** Nats of shown score between the target and the best other film; above 0 the target is first. */
  readonly margin: number;
  readonly standings: readonly Standing[];
}

export interface Counterfactual {
  readonly target: ItemId;
  /** "already-first": the empty edit. "budget-spent": edits within the allowed size were left untried. "none": no edit that was tried does it. */
  readonly outcome: "already-first" | "found" | "budget-spent" | "none";
  readonly edit: HistoryEdit | null;
  /** True: every smaller edit of these removals and additions was tried and failed. */
  readonly isSmallest: boolean;
  /** Whether the target is on the slate of the unedited history. */
  readonly isOffered: boolean;
  /** Nats of shown score between the target and the best other film of the slate, without and with the edit. */
  readonly marginBefore: number;
  readonly marginAfter: number | null;
  /** Of the whole slate of the unedited history, and the target. */
  readonly before: readonly Standing[];
  /** Of the slate that the edit was verified on. */
  readonly after: readonly Standing[] | null;
  /** Of the edits that were asked about on their whole slate the one with the largest margin, found or not; null where there is none. */
  readonly closest: EditOutcome | null;
  readonly forwardPasses: number;
}

export interface CounterfactualProgress {
  /** Questions asked, of the budget. */
  readonly passes: number;
  readonly budget: number;
  /** Size of the edits that are being tried; 0 for the history as it is. */
  readonly size: number;
  /** The best margin of an edit so far against the films that lead, nats; null before the first. */
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
/** Films that lead at first, which an edit must get the target past before it is asked about on its whole slate, at several times the cost. */
const LEADERS = 8;
/** Edits of a failed search that are asked about on their whole slates. */
const CLOSEST = 3;

/**
 * Edits are tried by size, of one size the most promising first, by what those that they build on did and what the added part did alone; single
 * edits, and edits of one size within the budget, by removals first. All single edits are tried; beyond, each size gets an equal part of what is
 * left of the budget, for edits that build on the {@link BEAM} best of the size before.
 *
 * An edit is first held against the films that lead, which can only flatter it. If it leads them it is asked about by itself, on the whole slate that
 * it would be offered, and is returned only if the target is first there; a film that is in its way then joins those that lead. So no
 * edit that would do is lost. What is found is tried without each of its parts. Rejects with `bad-request` where the target is no candidate,
 * and with `cancelled`.
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
  const isOffered = trials.isOffered(scene.history);
  const report = (
    outcome: Counterfactual["outcome"],
    found: Measured | null = null,
    isSmallest = false,
  ): Counterfactual => ({
    target,
    outcome,
    edit: found === null ? null : trials.historyEdit(found.edit),
    isSmallest,
    isOffered,
    marginBefore: unedited.margin,
    marginAfter: found?.margin ?? null,
    before: unedited.standings,
    after: found?.standings ?? null,
    closest: trials.closest === null ? null : trials.outcomeOf(trials.closest),
    forwardPasses: trials.passes,
  });
  if (isOffered && unedited.margin >= LEAST_MARGIN) return report("already-first", unedited, true);

  const actions = trials.actions.length;
  const largest = Math.min(mostEdits, actions);
  const promises = new Promises(unedited.margin);
  let isComplete = true;
  let isCut = false;
  let beam: Tried[] = [{ edit: [], margin: unedited.margin }];
  for (let size = 1; size <= largest; size++) {
    const edits = promises.sorted(extensions(beam, actions));
    const share = size === 1 ? edits.length : Math.ceil(trials.spare / (largest - size + 1));
    const tried: Tried[] = [];
    for (const isRemoval of [true, false]) {
      const group = edits.slice(0, share).filter((edit) => trials.isRemoval(edit) === isRemoval);
      for (let next = 0; next < group.length && trials.spare > 0; ) {
        const chunk = group.slice(next, next + Math.min(CHUNK, trials.spare));
        next += chunk.length;
        const found = await trials.run(chunk);
        tried.push(...found);
        promises.hear(found);
        const first = await trials.firstOf(found);
        if (first !== null) return report("found", await trials.shrink(first), isComplete);
      }
    }
    isCut ||= tried.length < edits.length;
    isComplete &&= tried.length === combinations(actions, size);
    beam = tried.sort(byMargin).slice(0, BEAM);
  }
  await trials.measureClosest();
  return report(isCut ? "budget-spent" : "none");
}

/** What an edit may be expected to do, from those that were tried. */
class Promises {
  readonly #margins = new Map<string, number>();
  readonly #unedited: number;

  constructor(unedited: number) {
    this.#unedited = unedited;
    this.#margins.set("", unedited);
  }

  hear(tried: readonly Tried[]): void {
    for (const { edit, margin } of tried) this.#margins.set(edit.join(), margin);
  }

  /** The most promising first; of equals in their own order. */
  sorted(edits: readonly Edit[]): Edit[] {
    const promises = new Map(edits.map((edit) => [edit, this.#promise(edit)]));
    return [...edits].sort((a, b) => (promises.get(b) ?? 0) - (promises.get(a) ?? 0));
  }

  /** The best of: the margin of all parts but one, and what that one did alone. */
  #promise(edit: Edit): number {
    const sums = edit.flatMap((action) => {
      const rest = this.#margins.get(edit.filter((other) => other !== action).join());
      const alone = this.#margins.get(String(action));
      return rest === undefined || alone === undefined ? [] : [rest + alone - this.#unedited];
    });
    return Math.max(Number.NEGATIVE_INFINITY, ...sums);
  }
}

/** Runs edits and keeps count. */
class Trials {
  readonly actions: Action[];
  passes = 0;
  /** The largest margin on a whole slate. */
  closest: Measured | null = null;
  #best: number | null = null;
  #size = 0;
  /** Margins against the leaders, by edit. */
  readonly #tried = new Map<string, Tried>();
  readonly #measured = new Set<string>();
  readonly #leaders = new Set<ItemId>();
  readonly #request: CounterfactualRequest;
  readonly #score: ScoreFn;
  readonly #options: CounterfactualOptions;

  constructor(request: CounterfactualRequest, score: ScoreFn, options: CounterfactualOptions) {
    this.actions = explainedEvents(request.scene).map((event) => ({ kind: "remove", event }));
    this.#request = request;
    this.#score = score;
    this.#options = options;
  }

  /** Questions that may still be asked about edits: one is kept for a whole slate. */
  get spare(): number {
    return Math.max(0, this.#left - 1);
  }

  get #left(): number {
    return Math.max(0, this.#request.budget - this.passes);
  }

  isRemoval(edit: Edit): boolean {
    return edit.every((action) => this.actions[action]?.kind === "remove");
  }

  isOffered(history: readonly ItemId[]): boolean {
    return this.#slateOf(history).includes(this.#request.target);
  }

  historyEdit(edit: Edit): HistoryEdit {
    const actions = edit.map((action) => present(this.actions[action], "an action"));
    return {
      removed: actions.flatMap((action) => (action.kind === "remove" ? [action.event] : [])),
      added: actions.flatMap((action) => (action.kind === "add" ? [action.item] : [])),
    };
  }

  outcomeOf({ edit, margin, standings: places }: Measured): EditOutcome {
    return { edit: this.historyEdit(edit), margin, standings: places };
  }

  /** The history as it is. What leads is known after it, and so is what may be added. */
  async start(): Promise<Measured> {
    const { scene, target, additions = [] } = this.#request;
    const [scores] = await this.#ask([this.#query([], scene.candidates)]);
    const unedited = this.#measure([], scene.candidates, scores);
    const ranked = [...unedited.standings].sort((a, b) => a.rank - b.rank).map(({ item }) => item);
    const before = new Set(ranked.slice(0, ranked.indexOf(target) + 1));
    for (const item of ranked.filter((each) => each !== target).slice(0, LEADERS)) this.#leaders.add(item);
    const isFree = (item: ItemId) => !scene.history.includes(item) && !before.has(item);
    for (const item of new Set(additions)) if (isFree(item)) this.actions.push({ kind: "add", item });
    return unedited;
  }

  /** Edits of one size, against the films that lead. One that leaves the target off the slate fails without a question. */
  async run(edits: readonly Edit[]): Promise<Tried[]> {
    this.#size = present(edits[0], "an edit").length;
    const asked = edits.flatMap((edit) => {
      const slate = this.#slateAfter(edit);
      if (!slate.includes(this.#request.target)) return [];
      return [{ edit, slate: [...slate.filter((item) => this.#leaders.has(item)), this.#request.target] }];
    });
    const answers = await this.#ask(asked.map(({ edit, slate }) => this.#query(edit, slate)));
    const margins = new Map(
      asked.map(({ edit, slate }, i) => [edit, this.#measure(edit, slate, answers[i]).margin]),
    );
    return edits.map((edit) => {
      const tried = { edit, margin: margins.get(edit) ?? Number.NEGATIVE_INFINITY };
      this.#tried.set(edit.join(), tried);
      this.#best = Math.max(tried.margin, this.#best ?? Number.NEGATIVE_INFINITY);
      return tried;
    });
  }

  /** The best of the edits that makes the target number one of its whole slate; null where none does, or no question is left. */
  async firstOf(tried: readonly Tried[]): Promise<Measured | null> {
    for (const { edit, margin } of [...tried].sort(byMargin)) {
      if (margin < LEAST_MARGIN || this.#left === 0) return null;
      const measured = await this.#onWholeSlate(edit);
      if (measured.margin >= LEAST_MARGIN) return measured;
    }
    return null;
  }

  /** A part of an edit that does as well, if there is one. */
  async shrink(found: Measured): Promise<Measured> {
    const parts = found.edit
      .map((action) => found.edit.filter((other) => other !== action))
      .filter((edit) => edit.length > 0 && !this.#tried.has(edit.join()));
    const asked = parts.slice(0, this.spare);
    const first = asked.length === 0 ? null : await this.firstOf(await this.run(asked));
    return first === null ? found : this.shrink(first);
  }

  /** Asks about the edits that come nearest on their whole slates, as long as they may be nearer than what was asked about so. */
  async measureClosest(): Promise<void> {
    const tried = [...this.#tried.values()].filter(({ margin }) => Number.isFinite(margin)).sort(byMargin);
    const waiting = tried.filter(({ edit }) => !this.#measured.has(edit.join())).slice(0, CLOSEST);
    for (const { edit, margin } of waiting) {
      if (this.#left === 0 || (this.closest !== null && margin <= this.closest.margin)) return;
      await this.#onWholeSlate(edit);
    }
  }

  async #onWholeSlate(edit: Edit): Promise<Measured> {
    this.#measured.add(edit.join());
    const slate = this.#slateAfter(edit);
    const [scores] = await this.#ask([this.#query(edit, slate)]);
    const measured = this.#measure(edit, slate, scores);
    if (this.closest === null || measured.margin > this.closest.margin) this.closest = measured;
    const place = present(
      measured.standings.find(({ item }) => item === this.#request.target),
      "the target's place",
    );
    for (const { item, rank } of measured.standings)
      if (rank < place.rank && rank <= LEADERS) this.#leaders.add(item);
    return measured;
  }

  #slateOf(history: readonly ItemId[]): readonly ItemId[] {
    const { scene, slateOf } = this.#request;
    return slateOf?.(history) ?? scene.candidates;
  }

  #slateAfter(edit: Edit): readonly ItemId[] {
    const { history } = this.#query(edit, this.#request.scene.candidates);
    return this.#slateOf(history).filter((item) => !history.includes(item));
  }

  #query(edit: Edit, candidates: readonly ItemId[]): SlateQuery {
    const { removed, added } = this.historyEdit(edit);
    return applyInterventions({ ...this.#request.scene, candidates, refill: true }, [
      { kind: "remove", events: removed },
      ...added.map((item) => ({ kind: "add", item }) as const),
    ]);
  }

  #measure(edit: Edit, slate: readonly ItemId[], answer: SlateScores | undefined): Measured {
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
          margin: this.#best !== null && Number.isFinite(this.#best) ? this.#best : null,
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
  /** Nats of shown score between the target and the best of the others; infinite where there is no other, or the target is not offered. */
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
