import { createContext, type JSX, type ReactNode, useContext } from "react";
import { useStore } from "zustand";
import { present } from "../core/invariant.ts";
import type { AppState } from "../state/app-state.ts";
import type { AppStore } from "../state/app-store.ts";

const StoreContext = createContext<AppStore | null>(null);

/** Hands the store to the panels below. */
export function StoreProvider({
  store,
  children,
}: {
  readonly store: AppStore;
  readonly children: ReactNode;
}): JSX.Element {
  return <StoreContext value={store}>{children}</StoreContext>;
}

/** A part of the page's state; the panel draws anew when it changes. */
export function useApp<Part>(select: (state: AppState) => Part): Part {
  return useStore(useTheStore().state, select);
}

/** What a person can ask of the page. */
export function useIntentions(): AppStore["intentions"] {
  return useTheStore().intentions;
}

function useTheStore(): AppStore {
  return present(useContext(StoreContext), "the store of the page");
}
