/** @file The thread that learns: it works beside the engine's, so that neither waits for the other. */
import { learningHandlers } from "./learning-handlers.ts";
import { learningSchemas } from "./learning-schema.ts";
import { serve } from "./serve.ts";

serve(globalThis, learningSchemas, learningHandlers);
