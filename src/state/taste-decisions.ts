/** @file Decisions about directions, kept on this device: a small text, written whole with every change. */
import * as v from "valibot";
import { type Failure, FailureError, toFailure } from "../core/failure.ts";
import { jsonOrNull, parseValue } from "../core/schema.ts";
import { decisionListSchema, readDecisions, writeDecisions } from "../persona/decisions.ts";
import type { Overrides } from "../persona/persona.ts";

const SCHEMA = "becausal-taste-decisions/1";
const documentSchema = v.object({ schema: v.literal(SCHEMA), decisions: decisionListSchema });

/** One named text of the browser's storage. Reading and writing throw where the browser refuses. */
export interface TextStorage {
  read(): string | null;
  write(text: string): void;
  /** Where a text that could not be read is put, so that nothing writes over it. */
  setAside(text: string): void;
  /** Calls the listener after another tab has written. */
  subscribe(listener: () => void): void;
}

export interface KeptDecisions {
  readonly overrides: Overrides;
  /** A stored text that could not be read, whole or in part; null when it could. */
  readonly damaged: string | null;
  /** Storage that refused; null when it did not. */
  readonly failure: Failure | null;
}

/** Reads what is kept. A text that is damaged is set aside as it is; what can be read of it counts. */
export function keptDecisions(storage: TextStorage): KeptDecisions {
  try {
    const text = storage.read();
    if (text === null) return { overrides: new Map(), damaged: null, failure: null };
    const document = parseValue(jsonOrNull(text), documentSchema, "the document");
    const { overrides, unusable } =
      typeof document === "string"
        ? { overrides: new Map(), unusable: null }
        : readDecisions(document.decisions);
    const damaged = unusable?.length === 0 ? null : text;
    if (damaged !== null) storage.setAside(damaged);
    return { overrides, damaged, failure: null };
  } catch (thrown) {
    return { overrides: new Map(), damaged: null, failure: refused("Reading your decisions", thrown) };
  }
}

/** Keeps the decisions; the failure where the browser refuses, null where they are kept. */
export function keepDecisions(storage: TextStorage, overrides: Overrides): Failure | null {
  try {
    storage.write(JSON.stringify({ schema: SCHEMA, decisions: writeDecisions(overrides) }));
    return null;
  } catch (thrown) {
    return refused("Keeping your decisions", thrown);
  }
}

/** The browser's own: `name` in localStorage, and `name-set-aside` beside it. */
export function browserText(name: string): TextStorage {
  return {
    read: () => localStorage.getItem(name),
    write: (text) => localStorage.setItem(name, text),
    setAside: (text) => localStorage.setItem(`${name}-set-aside`, text),
    subscribe: (listener) => addEventListener("storage", ({ key }) => key === name && listener()),
  };
}

function refused(operation: string, thrown: unknown): Failure {
  if (thrown instanceof FailureError) return toFailure(thrown);
  const reason = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
  return { kind: "storage-failed", operation, reason };
}
