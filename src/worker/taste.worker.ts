/** @file The thread of tastes: inference takes up to a tenth of a second, which would be felt on the page. */
import { makeBrowserFetcher } from "../model/browser-fetcher.ts";
import { loadPreferenceSpace } from "../model/load-preference-space.ts";
import { serve } from "./serve.ts";
import { makeTasteHandlers } from "./taste-handlers.ts";
import { tasteSchemas } from "./taste-schema.ts";

const { caches, location } = globalThis;
const fetcher = makeBrowserFetcher({ fetch, caches, baseUrl: new URL("/", location.href).href });
serve(
  globalThis,
  tasteSchemas,
  makeTasteHandlers((packUrl, signal) => loadPreferenceSpace(fetcher, packUrl, signal)),
);
