import type { Context } from "../context.ts";
import { makeInquire } from "./inquire.ts";
import { measureEngine } from "./measure-engine.ts";

/** What is drawn at random in an audit, and in the maps it draws anew. */
const SEED = 1;

/**
 * Puts the finished map to the test when the engine has nothing else to do. It takes longer than the map, so everything that a person
 * asks meanwhile goes first, and the audit begins again afterwards.
 */
export interface AuditDesk {
  /** Begins, unless somebody goes first: then as soon as they are done. */
  start(): Promise<void>;
  stop(): void;
  /** The map it was about is gone. */
  forget(): void;
  /** Runs `work` with no audit in its way. */
  letPass(work: () => Promise<void>): Promise<void>;
}

export function makeAuditDesk(context: Context): AuditDesk {
  const { get, call, inquiries, tell } = context;
  const inquire = makeInquire(context, "audit", (_, matrix, options) =>
    call("audit", { matrix, seed: SEED }, options),
  );
  let visitors = 0;
  let isDue = false;

  const start = async (): Promise<void> => {
    const { shown } = get().explanation;
    if (shown === null || shown.matrix === null || shown.origin === "sample") return;
    isDue = visitors > 0;
    if (isDue) return;
    await inquire(shown.matrix);
    if (get().inquiries.audit.phase === "done") await measureEngine(context);
  };
  const stop = (): void => {
    isDue = false;
    inquiries.audit.cancel();
    tell.inquiries.audit({ type: "stopped" });
  };
  const letPass = async (work: () => Promise<void>): Promise<void> => {
    visitors += 1;
    isDue ||= get().inquiries.audit.phase === "running";
    inquiries.audit.cancel();
    try {
      await work();
    } finally {
      visitors -= 1;
      if (visitors === 0 && isDue) void start();
    }
  };
  const forget = (): void => {
    stop();
    tell.inquiries.audit({ type: "forgotten" });
  };
  return { start, stop, forget, letPass };
}
