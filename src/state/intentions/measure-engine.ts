import type { Context } from "../context.ts";

/** Reads the engine's own figures, once it has nothing else to do. */
export async function measureEngine({ call, tell }: Pick<Context, "call" | "tell">): Promise<void> {
  const info = await call("status", {}).catch(() => null);
  if (info !== null) tell.engine({ type: "measured", info });
}
