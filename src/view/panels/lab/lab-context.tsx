import { createContext, type JSX, type ReactNode, useContext } from "react";
import { useStore } from "zustand";
import { present } from "../../../core/invariant.ts";
import type { LabState, LabStore } from "../../../state/lab-store.ts";

const LabContext = createContext<LabStore | null>(null);

/** Hands the Lab to the page below. */
export function LabProvider({
  store,
  children,
}: {
  readonly store: LabStore;
  readonly children: ReactNode;
}): JSX.Element {
  return <LabContext value={store}>{children}</LabContext>;
}

export function useLab<Part>(select: (state: LabState) => Part): Part {
  return useStore(useTheStore().state, select);
}

export function useLabIntentions(): LabStore["intentions"] {
  return useTheStore().intentions;
}

function useTheStore(): LabStore {
  return present(useContext(LabContext), "the Lab of the page");
}
