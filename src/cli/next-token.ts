import { basename, join, resolve } from "node:path";
import { FailureError } from "../core/failure.ts";
import type { GgufFile } from "../model/gguf.ts";
import { checkLlamaHead, MODEL_HEAD_BYTES, readLlamaModel } from "../model/llama-model.ts";
import { loadBaseFiles } from "../model/load-parts.ts";
import { readTokenizer, type Tokenizer } from "../model/tokenizer.ts";
import type { Command } from "./command.ts";
import { deviceFor } from "./device-for.ts";
import { diskFetcher, readDisk, readHead } from "./disk-fetcher.ts";
import { BASE_FOLDER } from "./open-recommender.ts";
import { packageRoot } from "./package-root.ts";
import { percent, textTable } from "./text-table.ts";
import { BACKEND_HELP, BACKEND_OPTIONS, deviceOption, parse, UsageError, wholeOption } from "./usage.ts";

export const nextTokenCommand: Command = {
  name: "next-token",
  summary: "the bare base model's next token, for comparison with other runtimes",
  help: `Usage: becausal next-token --text TEXT [options]

  --text TEXT            what the model continues; no begin-of-sequence token is added
  --top N                how many tokens to show (default 10)
  --model FILE           a GGUF file (Llama architecture; Q4_0, Q4_1, Q8_0, F16, F32) instead of the embedded base
${BACKEND_HELP}
  --json                 machine-readable`,

  async run(args) {
    const { values } = parse({
      args: [...args],
      options: {
        text: { type: "string" },
        top: { type: "string", default: "10" },
        model: { type: "string" },
        ...BACKEND_OPTIONS,
        json: { type: "boolean", default: false },
      },
    });
    const { text } = values;
    if (text === undefined || text === "") throw new UsageError("--text is needed");
    const top = wholeOption("top", values.top, 1, 1000);
    const device = deviceOption(values);
    const { gguf, tokenizer } = await openModel(values.model);
    // Only now: a file that is refused costs no start of the engine's libraries.
    const { loadEngine } = await import("../engine/load-engine.ts");
    const { engine } = await loadEngine({
      gguf,
      pack: null,
      tokenizer,
      ...(await deviceFor(device)),
    });
    const ids = tokenizer.encode(text);
    const next = await engine.nextToken(ids, top).finally(() => engine.dispose());
    if (!next.every(({ probability }) => Number.isFinite(probability)))
      throw new FailureError({
        kind: "model-unsupported",
        file: gguf.file,
        reason:
          "its answer is not a number, so its weights are larger than f32 can compute with; convert it anew",
      });
    if (values.json) {
      const { adapterName, layers } = engine;
      return JSON.stringify(
        {
          text,
          ids,
          next: next.map(({ token, text: tokenText, probability }) => ({
            id: token,
            token: tokenText,
            p: probability,
          })),
          model: gguf.file,
          layers,
          backend: engine.backend,
          adapter: adapterName,
        },
        null,
        1,
      );
    }
    return textTable(
      [
        ["token", "id", "probability"],
        ...next.map(({ token, text: tokenText, probability }) => [
          JSON.stringify(tokenText),
          `${token}`,
          percent(probability),
        ]),
      ],
      ["left", "right", "right"],
    );
  },
};

async function openModel(
  path: string | undefined,
): Promise<{ readonly gguf: GgufFile; readonly tokenizer: Tokenizer }> {
  if (path === undefined) {
    const { gguf } = await loadBaseFiles(diskFetcher, join(packageRoot(), BASE_FOLDER));
    return { gguf, tokenizer: readTokenizer(gguf) };
  }
  const file = basename(path);
  const { head, fileBytes } = await readHead(resolve(path), MODEL_HEAD_BYTES);
  checkLlamaHead(head, file, fileBytes);
  return readLlamaModel(await readDisk(resolve(path)), file);
}
