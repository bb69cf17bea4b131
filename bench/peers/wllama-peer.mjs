// wllama takes the GGUF file as it is, and prompts as text: its core fails on a list of tokens. Its server-like core reuses the longest common prefix of a prompt with the one before it, so
// the slate is 20 requests in a row.
import { LoggerWithoutDebug, Wllama } from "/node_modules/@wllama/wllama/esm/index.js";

export function wllamaPeer() {
  let wllama = null;
  const ask = async (prompt, reuse) => {
    const { choices, usage, timings } = await wllama.createCompletion({
      prompt,
      max_tokens: 1,
      temperature: 0,
      logprobs: 1,
      cache_prompt: reuse,
    });
    return { choice: choices[0], usage, timings };
  };
  const likeliest = ({ choice }) => {
    const [entry] = choice.logprobs?.content ?? [];
    return {
      token: entry?.id ?? null,
      text: choice.text,
      probability: Math.exp(entry?.logprob ?? Number.NaN),
    };
  };
  return {
    async load({ model, threads }) {
      const start = performance.now();
      wllama = new Wllama(
        { default: "/node_modules/@wllama/wllama/esm/wasm/wllama.wasm" },
        { suppressNativeLog: true, logger: LoggerWithoutDebug },
      );
      const file = await (await fetch(model)).blob();
      await wllama.loadModel([file], {
        n_threads: threads,
        n_gpu_layers: 0,
        n_ctx: 2048,
        n_batch: 512,
        n_parallel: 1,
      });
      return { loadMs: performance.now() - start, threads: wllama.getNumThreads() };
    },
    async prefill({ text }) {
      const start = performance.now();
      const reply = await ask(text, false);
      const ms = performance.now() - start;
      return { ms, answer: likeliest(reply), tokens: reply.usage.prompt_tokens };
    },
    async slate(prefix, continuations) {
      // Something else first, or the last slate's cache would be reused.
      await ask("0", false);
      const start = performance.now();
      const answers = [];
      for (const { text } of continuations) answers.push(likeliest(await ask(prefix.text + text, true)));
      return [{ way: "sequential", ms: performance.now() - start, answers }];
    },
  };
}
