import type { AuditReport } from "../../attribution/audit.ts";
import type { Explanation } from "../../state/explanation-state.ts";
import { useApp } from "../store-context.tsx";

/** The finished audit of exactly this map; null while there is none. */
export function useAuditOf({ matrix }: Explanation): AuditReport | null {
  const audit = useApp((state) => state.inquiries.audit);
  return audit.phase === "done" && audit.subject === matrix ? audit.result : null;
}
