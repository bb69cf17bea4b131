import { createContext, type JSX, type ReactNode, useContext } from "react";
import { useStore } from "zustand";
import { present } from "../core/invariant.ts";
import type { LearningIntentions, LearningState } from "../state/learning-state.ts";
import type { LearningStore } from "../state/learning-store.ts";

const LearningContext = createContext<LearningStore | null>(null);

/** Hands what is learned on this device to the panels below. */
export function LearningProvider({
  store,
  children,
}: {
  readonly store: LearningStore;
  readonly children: ReactNode;
}): JSX.Element {
  return <LearningContext value={store}>{children}</LearningContext>;
}

/** A part of what learning knows; the panel draws anew when it changes. */
export function useLearning<Part>(select: (state: LearningState) => Part): Part {
  return useStore(useTheStore().state, select);
}

/** What a person can ask of learning. */
export function useLearningIntentions(): LearningIntentions {
  return useTheStore().intentions;
}

function useTheStore(): LearningStore {
  return present(useContext(LearningContext), "the learning of the page");
}
