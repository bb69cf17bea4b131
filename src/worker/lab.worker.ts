/** @file The Lab's thread: simulated readers and estimates, beside the engine's, so that neither waits for the other. */
import { makeLabHandlers } from "./lab-handlers.ts";
import { labSchemas } from "./lab-schema.ts";
import { serve } from "./serve.ts";

serve(globalThis, labSchemas, makeLabHandlers());
