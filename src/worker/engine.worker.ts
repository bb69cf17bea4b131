/** @file The engine's thread: everything heavy happens here, so that the page stays responsive. */
import { wasmFiles } from "../engine/wasm/wasm-files.ts";
import { makeBrowserFetcher } from "../model/browser-fetcher.ts";
import { makeEngineHandlers } from "./engine-handlers.ts";
import { callSchemas } from "./message-schema.ts";
import { makeOpenModel } from "./open-model.ts";
import { serve } from "./serve.ts";

const { caches, location } = globalThis;
const fetcher = makeBrowserFetcher({ fetch, caches, baseUrl: new URL("/", location.href).href });
serve(globalThis, callSchemas, makeEngineHandlers(makeOpenModel(fetcher, wasmFiles)));
