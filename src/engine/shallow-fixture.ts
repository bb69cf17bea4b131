/** @file The shipped base and pack cut down to two layers and a short probe: a model that a software GPU loads and runs in a second. */
import { engine } from "@tensorflow/tfjs-core";
import { itemId } from "../core/ids.ts";
import { readLlamaConfig } from "../model/llama-config.ts";
import type { PackFiles } from "../model/load-parts.ts";
import { makePromptBuilder } from "../prompt/build-prompt.ts";
import { packPrompt } from "../prompt/packed-prompt.ts";
import { type DeviceOptions, startDevice } from "./device.ts";
import type { BackendName, EnginePrompt, VerdictModel } from "./engine.ts";
import type { EngineFixture } from "./engine-fixture.ts";
import { createLlamaEngine } from "./llama-engine.ts";
import { readBehaviourModel } from "./sasrec/behaviour-model.ts";

const LAYERS = 2;

export interface ShallowFixture extends Pick<EngineFixture, "gguf" | "tokenizer"> {
  readonly pack: PackFiles;
  /** A prompt of one film and so many candidates. */
  readonly prompt: (candidates: number) => EnginePrompt;
}

/** The probe's reference is what `backend` computes now: this fixture tests what happens around the numbers, not the numbers. */
export async function makeShallow(
  { gguf, tokenizer, pack }: EngineFixture,
  backend: BackendName,
  options: DeviceOptions = {},
): Promise<ShallowFixture> {
  const { manifest } = pack;
  const builder = makePromptBuilder(tokenizer, pack.films, manifest.prompt);
  const probe = { history: [itemId(0)], candidates: [itemId(1)], tolerance: 1e-2 };
  const cut = (verdictLogOdds: number[]): PackFiles => ({
    ...pack,
    manifest: {
      ...manifest,
      base: { ...manifest.base, layers: LAYERS },
      probe: { ...manifest.probe, ...probe, verdictLogOdds },
    },
  });
  const behaviour = readBehaviourModel(pack, readLlamaConfig(gguf).width);
  const prompt = (history: number, candidates: number): EnginePrompt => {
    const items = Array.from({ length: history }, (_, i) => itemId(i));
    const slate = Array.from({ length: candidates }, (_, i) => itemId(history + i));
    return {
      packed: packPrompt(builder.build({ history: items, candidates: slate })),
      gate: behaviour.gate(behaviour.state(items)),
    };
  };
  const device = await startDevice(backend, options);
  const parts = { gguf, tokenizer, pack: cut([]), behaviour };
  const reference = await createLlamaEngine(device, parts);
  const [verdicts] = await reference.verdicts([prompt(1, 1)]);
  reference.dispose();
  return {
    gguf,
    tokenizer,
    pack: cut([...(verdicts ?? [])]),
    prompt: (candidates) => prompt(1, candidates),
  };
}

export async function verdictsOf(
  loaded: VerdictModel,
  prompt: EnginePrompt,
  signal?: AbortSignal,
): Promise<number[]> {
  const [verdicts = []] = await loaded.verdicts([prompt], signal);
  return [...verdicts];
}

/** As tf.memory() has it, which cannot be asked while there is no backend. */
export function aliveTensors(): { readonly tensors: number; readonly bytes: number } {
  const { numTensors, numBytes } = engine().state;
  return { tensors: numTensors, bytes: numBytes };
}
