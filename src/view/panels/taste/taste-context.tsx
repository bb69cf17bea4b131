import { createContext, type JSX, type ReactNode, useContext } from "react";
import { useStore } from "zustand";
import { present } from "../../../core/invariant.ts";
import type { TasteState } from "../../../state/taste-state.ts";
import type { TasteStore } from "../../../state/taste-store.ts";

const TasteContext = createContext<TasteStore | null>(null);

/** Hands the taste to the page below. */
export function TasteProvider({
  store,
  children,
}: {
  readonly store: TasteStore;
  readonly children: ReactNode;
}): JSX.Element {
  return <TasteContext value={store}>{children}</TasteContext>;
}

export function useTaste<Part>(select: (state: TasteState) => Part): Part {
  return useStore(useTheStore().state, select);
}

export function useTasteIntentions(): TasteStore["intentions"] {
  return useTheStore().intentions;
}

function useTheStore(): TasteStore {
  return present(useContext(TasteContext), "the taste of the page");
}
