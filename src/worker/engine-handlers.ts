/** @file What the engine worker does for each call of the protocol. Calls come one at a time (`serve.ts`). */
import { makeStandIns } from "../attribution/counterfactual-items.ts";
import { type EvidenceModel, makeEvidence, recordScores } from "../attribution/evidence.ts";
import type { Scene } from "../attribution/intervention.ts";
import {
  askAudit,
  askChannels,
  askCounterfactual,
  askEffects,
  askStrips,
  askWhatIf,
  type Questioned,
} from "../attribution/questions.ts";
import { FailureError } from "../core/failure.ts";
import type { ItemId } from "../core/ids.ts";
import { present } from "../core/invariant.ts";
import { filmName } from "../model/film.ts";
import { describePrompt } from "../prompt/describe-prompt.ts";
import { packPrompt } from "../prompt/packed-prompt.ts";
import { proposeSlate, recommend } from "../scores/recommend.ts";
import { makeScoreFn } from "../scores/score-slates.ts";
import { makeTokenScoreFn } from "../scores/token-scores.ts";
import { checkTold, toldScore } from "../scores/told.ts";
import { Ledger } from "./ledger.ts";
import type { OpenModel, OpenModelFn } from "./open-model.ts";
import type { Calls, EngineInfo, Handlers } from "./protocol.ts";

/** Which of the models with random weights an audit compares with: the same one for every map, so that the engine keeps it. */
const CONTROL_SEED = 1;

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

    async recommend({ history, seen, top, told: toldAside }, { signal }) {
      const start = now();
      const told = toldAside ?? {};
      const { liked = [], disliked = [] } = told.examples ?? {};
      const model = modelFor(history, seen, liked, disliked);
      const { prompts } = model;
      checkTold(told, { name: model.origin.pack.name, pieces: model.pieces });
      const { score, answers } = recordScores(makeScoreFn(model));
      const slate = await recommend(
        { history, seen, top },
        { ...model, score: toldScore(score, told) },
        signal,
      );
      if (toldAside === undefined) {
        ledger.forget();
        ledger.keepSlate(history, { shown: slate, answers });
      }
      const candidates = proposeSlate({ history, seen }, model);
      const items = told.examples === undefined ? prompts.historyItems : 0;
      const prompt = prompts.build({ history, candidates, ...told, items });
      return { ...slate, promptTokens: packPrompt(prompt).tokens.length, milliseconds: now() - start };
    },

    async explain({ history, candidates, ...how }, { signal, onProgress }) {
      const model = modelFor(history, candidates);
      const scene = sceneOf(model, history, candidates);
      const map = await askEffects({ scene, ...how }, questioned(model), { signal, onProgress });
      ledger.keepMap(map);
      return map.shown;
    },

    async channels({ history, candidates }, { signal, onProgress }) {
      const model = modelFor(history, candidates);
      const channels = await askChannels(sceneOf(model, history, candidates), questioned(model), {
        signal,
        onItem: (item, done, total) => onProgress({ item, done, total }),
      });
      ledger.keepChannels(history, channels);
      return channels.shown;
    },

    async strip({ history, candidates, question }, { signal }) {
      const model = modelFor(history, candidates);
      const scene = sceneOf(model, history, candidates);
      const strips = await askStrips(scene, question, questioned(model), signal);
      ledger.keepStrips(history, question, strips);
      return strips.shown;
    },

    async audit({ matrix, seed }, { signal, onProgress }) {
      const { history, candidates } = matrix;
      const model = modelFor(history, candidates);
      const scene = sceneOf(model, history, candidates);
      const report = await askAudit(
        {
          scene,
          map: matrix,
          answers: ledger.partsOf(matrix)?.effects.answers ?? [],
          seed,
          controlSeed: CONTROL_SEED,
          now,
        },
        questioned(model),
        { signal, onProgress: (done, total) => onProgress({ done, total }) },
      );
      ledger.keepAudit(matrix, report);
      return report.shown;
    },

    async counterfactual({ history, seen, target, additions, budget }, { signal, onProgress }) {
      const model = modelFor(history, seen, additions, [target]);
      if (history.includes(target)) throw refuse(`item ${target} was watched already`);
      const scene = sceneOf(model, history, []);
      const found = await askCounterfactual({ scene, seen, target, additions, budget }, questioned(model), {
        signal,
        onProgress,
      });
      ledger.keepCounterfactual(history, found);
      return found.shown;
    },

    async whatIf({ history, seen, item }, { signal }) {
      const model = modelFor(history, seen, [item]);
      const answer = await askWhatIf(
        { scene: sceneOf(model, history, []), seen, item },
        questioned(model),
        signal,
      );
      ledger.keepWhatIf(history, answer);
      return answer.shown;
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

function questioned(model: OpenModel): Questioned {
  const { engine, films, prompts, tokenizer, beta } = model;
  return {
    beta,
    score: makeScoreFn(model),
    tokenScore: makeTokenScoreFn(model),
    controlScore: (seed) => {
      const control = engine.control(seed);
      return makeScoreFn({ ...model, engine: control, behaviour: control.behaviour });
    },
    standIns: makeStandIns(films, (item) => prompts.titleTokens(item).length),
    decode: (tokens) => tokenizer.decode(tokens),
    slateOf: (history, seen) => proposeSlate({ history, seen }, model),
  };
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
