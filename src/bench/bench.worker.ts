/** @file The benchmark's own thread. The page ends it after one run, so that every run starts with fresh memory. */
import * as v from "valibot";
import { toFailure } from "../core/failure.ts";
import { wasmFiles } from "../engine/wasm/wasm-files.ts";
import { makeBrowserFetcher } from "../model/browser-fetcher.ts";
import type { FromWorker } from "../worker/call-table.ts";
import { requestSchema } from "./bench-message.ts";
import { runBench } from "./run-bench.ts";

const send = (message: FromWorker) => globalThis.postMessage(message);

globalThis.onmessage = async ({ data }: MessageEvent<unknown>) => {
  const id = 0;
  try {
    const { options, folders } = v.parse(requestSchema, data);
    const { fetch, location } = globalThis;
    // No cache of our own: a load is a load, whichever run it is.
    const fetcher = makeBrowserFetcher({
      fetch,
      caches: undefined,
      baseUrl: new URL("/", location.href).href,
    });
    const reply = await runBench(options, { fetcher, folders, wasmFiles }, (stage, done) =>
      send({ kind: "progress", id, progress: { stage, done } }),
    );
    send({ kind: "reply", id, reply });
  } catch (thrown) {
    send({ kind: "failure", id, failure: toFailure(thrown) });
  }
};
