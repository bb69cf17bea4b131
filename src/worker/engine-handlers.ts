/** @file What the engine worker does for each call of the protocol. Calls come one at a time (`serve.ts`). */
import { attribute } from "../attribution/attribute.ts";
import { audit } from "../attribution/audit.ts";
import { channelEffects } from "../attribution/channels.ts";
import { type Counterfactual, findCounterfactual } from "../attribution/counterfactual.ts";
import { makeStandIns, type StandInsFn } from "../attribution/counterfactual-items.ts";
import type { EffectMatrix } from "../attribution/effect.ts";
import {
  type EvidenceModel,
  makeEvidence,
  recordScores,
  recordTokenScores,
} from "../attribution/evidence.ts";
import type { Scene } from "../attribution/intervention.ts";
import { standings } from "../attribution/standings.ts";
import { tokenStrips } from "../attribution/token-strip.ts";
import { whatIf } from "../attribution/what-if.ts";
import { FailureError } from "../core/failure.ts";
import type { ItemId } from "../core/ids.ts";
import { present } from "../core/invariant.ts";
import { filmName } from "../model/film.ts";
import { describePrompt } from "../prompt/describe-prompt.ts";
import { packPrompt } from "../prompt/packed-prompt.ts";
import { proposeSlate, recommend } from "../scores/recommend.ts";
import { makeScoreFn } from "../scores/score-slates.ts";
import { makeTokenScoreFn } from "../scores/token-scores.ts";
import { Ledger } from "./ledger.ts";
import type { OpenModel, OpenModelFn } from "./open-model.ts";
import type { Calls, EngineInfo, Handlers } from "./protocol.ts";

/** Which of the models with random weights an audit compares with: the same one for every map, so that the engine keeps it. */
const CONTROL_SEED = 1;

const notFound = {
  outcome: "none",
  edit: null,
  isSmallest: false,
  marginAfter: null,
  after: null,
  closest: null,
} as const satisfies Partial<Counterfactual>;

/** Everything but `load` rejects with `bad-request` while nothing is loaded, and for films that the pack does not have. */
export function makeEngineHandlers(openModel: OpenModelFn, now = () => performance.now()): Handlers {
  const ledger = new Ledger();
  let open: { readonly model: OpenModel; readonly args: Calls["load"]["args"] } | null = null;

  const modelFor = (...lists: (readonly ItemId[])[]): OpenModel => {
    if (open === null) throw refuse("no model is loaded");
    const { behaviour } = open.model;
    const unknown = lists.flat().find((item) => item >= behaviour.items);
    if (unknown !== undefined)
      throw refuse(`item ${unknown} is not one of the pack's ${behaviour.items} films`);
    return open.model;
  };

  return {
    async load(args, context) {
      if (open !== null && isSameLoad(open.args, args)) return engineInfo(open.model);
      // The old model leaves first: two together may not fit into the memory.
      open?.model.engine.dispose();
      ledger.forget();
      open = null;
      const model = await openModel(args, context);
      open = { model, args };
      return engineInfo(model);
    },

    async recommend({ history, seen, top }, { signal }) {
      const start = now();
      const model = modelFor(history, seen);
      const { prompts } = model;
      const { score, answers } = recordScores(makeScoreFn(model));
      const slate = await recommend({ history, seen, top }, { ...model, score }, signal);
      ledger.forget();
      ledger.keepSlate(history, { shown: slate, answers });
      const prompt = prompts.build({ history, candidates: proposeSlate({ history, seen }, model) });
      return { ...slate, promptTokens: packPrompt(prompt).tokens.length, milliseconds: now() - start };
    },

    async explain({ history, candidates, question, method, seed, pairs }, { signal, onProgress }) {
      const model = modelFor(history, candidates);
      const { score, answers } = recordScores(makeScoreFn(model));
      const shown = await attribute(
        {
          scene: sceneOf(model, history, candidates),
          question,
          method,
          seed,
          ...(pairs === undefined ? {} : { pairs }),
        },
        { score, standIns: standInsOf(model) },
        { signal, onProgress },
      );
      ledger.keepMap({ shown, answers });
      return shown;
    },

    async channels({ history, candidates }, { signal, onProgress }) {
      const model = modelFor(history, candidates);
      const { score, answers } = recordScores(makeScoreFn(model));
      const shown = await channelEffects(sceneOf(model, history, candidates), score, {
        signal,
        onItem: (item, done, total) => onProgress({ item, done, total }),
      });
      ledger.keepChannels(history, { shown, answers });
      return shown;
    },

    async strip({ history, candidates, question }, { signal }) {
      const model = modelFor(history, candidates);
      const { tokenizer } = model;
      const { tokenScore, answers } = recordTokenScores(makeTokenScoreFn(model));
      const shown = await tokenStrips(
        sceneOf(model, history, candidates),
        question,
        { tokenScore, decode: (tokens) => tokenizer.decode(tokens) },
        signal,
      );
      ledger.keepStrips(history, question, { shown, answers });
      return shown;
    },

    async audit({ matrix, seed }, { signal, onProgress }) {
      const { history, candidates } = matrix;
      const model = modelFor(history, candidates);
      const control = model.engine.control(CONTROL_SEED);
      const standIns = standInsOf(model);
      const real = recordScores(makeScoreFn(model));
      const random = recordScores(makeScoreFn({ ...model, engine: control, behaviour: control.behaviour }));
      const maps: EffectMatrix[] = [];
      const shown = await audit(
        sceneOf(model, history, candidates),
        matrix,
        {
          score: real.score,
          randomised: random.score,
          now,
          seed,
          remap: async (scene, score, drawn) => {
            const map = await attribute(
              { scene, seed: drawn, ...methodOf(matrix) },
              { score, standIns },
              { signal },
            );
            maps.push(map);
            return map;
          },
        },
        { signal, onProgress: (done, total) => onProgress({ done, total }) },
      );
      // The control is mapped first, then the map is drawn anew.
      const [controlMap, ...redrawn] = maps;
      ledger.keepAudit(matrix, {
        shown,
        answers: real.answers,
        seed,
        controlSeed: CONTROL_SEED,
        controlAnswers: random.answers,
        controlMap: present(controlMap, "the control's map"),
        redrawn,
      });
      return shown;
    },

    async counterfactual(args, { signal, onProgress }) {
      const { history, candidates, seen, target, additions, budget } = args;
      const model = modelFor(history, candidates, seen, additions, [target]);
      if (history.includes(target)) throw refuse(`item ${target} was watched already`);
      const { score, answers } = recordScores(makeScoreFn(model));
      const found = await findCounterfactual(
        {
          scene: sceneOf(model, history, candidates),
          target,
          additions,
          budget,
          slateAfter: (edited) => slateAfter(model, { history, seen }, edited),
        },
        score,
        { signal, onProgress },
      );
      const offered = proposeSlate({ history, seen }, model);
      const slate = [...new Set([...offered, target])];
      const [before] = await score([{ history, candidates: slate }], signal);
      // The search compares with the rivals alone: what leads them and is not offered is no number one, and there is no telling how far it is.
      const isElsewhere = found.outcome === "already-first" && !offered.includes(target);
      const shown: Counterfactual = {
        ...found,
        ...(isElsewhere ? notFound : {}),
        before: standings(slate, present(before, "the slate's scores")),
        forwardPasses: found.forwardPasses + 1,
      };
      ledger.keepCounterfactual(history, { shown, answers, rivals: candidates });
      return shown;
    },

    async whatIf({ history, seen, item }, { signal }) {
      const model = modelFor(history, seen, [item]);
      const slate = proposeSlate({ history, seen }, model);
      const { score, answers } = recordScores(makeScoreFn(model));
      const shown = await whatIf(sceneOf(model, history, slate), item, score, signal);
      ledger.keepWhatIf(history, { shown, answers });
      return shown;
    },

    async evidence(map) {
      const { history, candidates, question } = map;
      const model = modelFor(history, candidates);
      const parts = ledger.partsOf(map);
      if (parts === null) throw refuse("the answers behind this map are gone; compute it again");
      const scene = sceneOf(model, history, candidates);
      const evidence = makeEvidence({ ...parts, model: originOf(model), scene, question }, (item) =>
        filmName(present(model.films[item], `film ${item}`)),
      );
      return `${JSON.stringify(evidence)}\n`;
    },

    async inspect({ history, candidates }) {
      const { prompts, tokenizer, behaviour } = modelFor(history, candidates);
      return {
        ...describePrompt(prompts.build({ history, candidates }), tokenizer, behaviour),
        gate: behaviour.gate(behaviour.state(history)),
      };
    },

    async status() {
      return engineInfo(modelFor());
    },
  };
}

function sceneOf(
  { prompts, recommenderItems }: OpenModel,
  history: readonly ItemId[],
  candidates: readonly ItemId[],
): Scene {
  return { history, candidates, promptItems: prompts.historyItems, recommenderItems };
}

function standInsOf({ films, prompts }: OpenModel): StandInsFn {
  return makeStandIns(films, (item) => prompts.titleTokens(item).length);
}

/** How a map was made, to make another like it. */
function methodOf({ question, method, pairs }: EffectMatrix) {
  return { question, method, ...(pairs === undefined ? {} : { pairs }) };
}

/** What the page would offer after an edit: a film that is taken out of the history may be recommended again. */
function slateAfter(
  model: OpenModel,
  { history, seen }: { readonly history: readonly ItemId[]; readonly seen: readonly ItemId[] },
  edited: readonly ItemId[],
): readonly ItemId[] {
  const removed = new Set(history.filter((item) => !edited.includes(item)));
  return proposeSlate({ history: edited, seen: seen.filter((item) => !removed.has(item)) }, model);
}

function originOf({ engine, beta, origin }: OpenModel): EvidenceModel {
  return { ...origin, beta, backend: engine.backend, device: engine.adapterName };
}

function engineInfo({ engine, behaviour, fallback }: OpenModel): EngineInfo {
  const { weightBytes, peakBytes } = engine.memory();
  const { tokens, milliseconds } = engine.throughput();
  return {
    backend: engine.backend,
    adapterName: engine.adapterName,
    layers: engine.layers,
    experts: behaviour.experts,
    weightBytes,
    peakBytes,
    tokensPerSecond: milliseconds > 0 ? (tokens / milliseconds) * 1000 : null,
    fallback: fallback(),
  };
}

function isSameLoad(one: Calls["load"]["args"], other: Calls["load"]["args"]): boolean {
  return one.baseUrl === other.baseUrl && one.packUrl === other.packUrl && one.backend === other.backend;
}

function refuse(reason: string): FailureError {
  return new FailureError({ kind: "bad-request", reason });
}
