/** @file Command lines into typed options; what is called wrongly is said in one sentence. */
import { type ParseArgsConfig, parseArgs } from "node:util";
import type { BackendName } from "../engine/engine.ts";
import { MOST_THREADS } from "../engine/wasm/wasm-runtime.ts";

/** The command line itself is wrong. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

export const BACKEND_HELP = `  --backend wasm|webgpu  where the model runs (default wasm; webgpu needs the package "webgpu" and a GPU)
  --threads N            threads of the WASM backend, 1 to ${MOST_THREADS} (default: one per core)
  --tiles FILE           on webgpu: tiles measured by \`node bench/webgpu.mjs --tiles print\` (default: by rule)`;

/** What {@link BACKEND_HELP} explains, for `parse`. */
export const BACKEND_OPTIONS = {
  backend: { type: "string", default: "wasm" },
  threads: { type: "string" },
  tiles: { type: "string" },
} as const;

export const PACK_HELP = `  --pack FOLDER          another pack than the shipped one
  --items FILE           titles for a pack that may not hold them (ml-100k): your own ml-100k.item or u.item
  --base FILE            the GGUF that the pack was trained on, where that is not the shipped base`;

/** What {@link PACK_HELP} explains, for `parse`. */
export const PACK_OPTIONS = {
  pack: { type: "string" },
  items: { type: "string" },
  base: { type: "string" },
} as const;

/** node:util's parser with its errors as {@link UsageError}s. */
export function parse<Config extends ParseArgsConfig>(config: Config): ReturnType<typeof parseArgs<Config>> {
  try {
    return parseArgs(config);
  } catch (thrown) {
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    // The parser adds a sentence on how to escape positionals, which helps nobody here.
    throw new UsageError(message.split(". ")[0] ?? message);
  }
}

export function wholeOption(name: string, value: string, least: number, most: number): number {
  const number = Number(value);
  if (!/^\d+$/.test(value) || number < least || number > most)
    throw new UsageError(`--${name} is a whole number from ${least} to ${most}, not "${value}"`);
  return number;
}

export function choiceOption<Choice extends string>(
  name: string,
  value: string,
  choices: readonly Choice[],
): Choice {
  const choice = choices.find((each) => each === value);
  if (choice === undefined) throw new UsageError(`--${name} is ${choices.join(" or ")}, not "${value}"`);
  return choice;
}

export function backendOption(value: string): BackendName {
  return choiceOption("backend", value, ["wasm", "webgpu"]);
}

/** Undefined where the option is absent: the engine then takes one thread per core. */
export function threadsOption(value: string | undefined): number | undefined {
  return value === undefined ? undefined : wholeOption("threads", value, 1, MOST_THREADS);
}

/** Where the model runs, as {@link BACKEND_OPTIONS} choose it. */
export interface DeviceChoice {
  readonly backend: BackendName;
  /** Of the WASM backend; undefined: one per core. */
  readonly threads: number | undefined;
  /** A file of tiles for WebGPU; undefined: by rule. */
  readonly tiles: string | undefined;
}

export function deviceOption(values: {
  readonly backend: string;
  readonly threads?: string | undefined;
  readonly tiles?: string | undefined;
}): DeviceChoice {
  const backend = backendOption(values.backend);
  if (values.tiles !== undefined && backend !== "webgpu")
    throw new UsageError("--tiles is for --backend webgpu");
  return { backend, threads: threadsOption(values.threads), tiles: values.tiles };
}

/** A parsed word of the command line, as `tokens: true` gives it. */
export type ArgumentToken =
  | { readonly kind: "option"; readonly name: string; readonly value?: string | undefined }
  | { readonly kind: "positional"; readonly value: string }
  | { readonly kind: "option-terminator" };

/**
 * Values of the repeatable options `names`, in order; words behind one count as further values: `--history A B --history C`.
 * A word behind any other option is a UsageError.
 */
export function listOptions<Name extends string>(
  names: readonly Name[],
  tokens: readonly ArgumentToken[],
): Record<Name, string[]> {
  const entries = names.map((name): [Name, string[]] => [name, []]);
  const lists = new Map<string, string[]>(entries);
  let current: string[] | undefined;
  for (const token of tokens) {
    if (token.kind === "option") {
      current = lists.get(token.name);
      if (token.value !== undefined) current?.push(token.value);
    } else if (token.kind === "positional") {
      if (current === undefined) throw new UsageError(`"${token.value}" belongs to no option`);
      current.push(token.value);
    }
  }
  return Object.fromEntries(entries) as Record<Name, string[]>;
}
