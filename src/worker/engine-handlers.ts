/** @file What the engine worker does for each call of the protocol. Calls come one at a time (`serve.ts`). */
import { leaveOneOut } from "../attribution/leave-one-out.ts";
import { FailureError } from "../core/failure.ts";
import type { ItemId } from "../core/ids.ts";
import { describePrompt } from "../prompt/describe-prompt.ts";
import { packPrompt } from "../prompt/packed-prompt.ts";
import { proposeSlate, recommend } from "../scores/recommend.ts";
import { makeScoreFn } from "../scores/score-slates.ts";
import type { OpenModel, OpenModelFn } from "./open-model.ts";
import type { Calls, EngineInfo, Handlers } from "./protocol.ts";

/** Everything but `load` rejects with `bad-request` while nothing is loaded, and for films that the pack does not have. */
export function makeEngineHandlers(openModel: OpenModelFn, now = () => performance.now()): Handlers {
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
      open = null;
      const model = await openModel(args, context);
      open = { model, args };
      return engineInfo(model);
    },

    async recommend({ history, seen, top }, { signal }) {
      const start = now();
      const model = modelFor(history, seen);
      const { prompts } = model;
      const score = makeScoreFn(model);
      const slate = await recommend({ history, seen, top }, { ...model, score }, signal);
      const prompt = prompts.build({ history, candidates: proposeSlate({ history, seen }, model) });
      return { ...slate, promptTokens: packPrompt(prompt).tokens.length, milliseconds: now() - start };
    },

    async explain({ history, candidates, question }, { signal, onProgress }) {
      const model = modelFor(history, candidates);
      const { prompts, recommenderItems } = model;
      return leaveOneOut(
        { history, candidates, question, promptItems: prompts.historyItems, recommenderItems },
        makeScoreFn(model),
        { signal, onRow: (row, done, total) => onProgress({ row, done, total }) },
      );
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
