import { createContext, type JSX, type ReactNode, useContext } from "react";
import { useStore } from "zustand";
import { present } from "../../../core/invariant.ts";
import type { EvidenceState, EvidenceStore } from "../../../state/evidence-store.ts";

const EvidenceContext = createContext<EvidenceStore | null>(null);

/** Hands the evidence to the page below. */
export function EvidenceProvider({
  store,
  children,
}: {
  readonly store: EvidenceStore;
  readonly children: ReactNode;
}): JSX.Element {
  return <EvidenceContext value={store}>{children}</EvidenceContext>;
}

export function useEvidence<Part>(select: (state: EvidenceState) => Part): Part {
  return useStore(useTheStore().state, select);
}

export function useEvidenceIntentions(): EvidenceStore["intentions"] {
  return useTheStore().intentions;
}

function useTheStore(): EvidenceStore {
  return present(useContext(EvidenceContext), "the evidence of the page");
}
