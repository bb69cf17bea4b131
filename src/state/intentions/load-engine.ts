import { toFailure } from "../../core/failure.ts";
import type { Context } from "../context.ts";

/** Fetches the weights and starts the engine; asked again after a failure it tries anew. */
export function makeLoadEngine({ call, get, model, tell }: Context, change: () => Promise<void>) {
  return async (): Promise<void> => {
    const { phase } = get().engine;
    if (phase === "loading" || phase === "ready") return;
    tell.engine({ type: "load-started" });
    try {
      const info = await call("load", model, {
        onProgress: (progress) => tell.engine({ type: "load-progressed", progress }),
      });
      tell.engine({ type: "loaded", info });
    } catch (thrown) {
      tell.engine({ type: "load-failed", failure: toFailure(thrown) });
      return;
    }
    await change();
  };
}
