/** @file The evidence page's own state: the published figures, and the person's own results, which are kept nowhere but here. */
import { createStore, type StoreApi } from "zustand/vanilla";
import { type Failure, FailureError, toFailure } from "../core/failure.ts";
import { type EvaluationResult, readResultFile } from "../evaluate/result-file.ts";
import { type EvidenceSummary, readEvidenceSummary } from "./evidence-summary.ts";

/** A result without its cases: what the page shows. */
export type OwnResult = Omit<EvaluationResult, "cases" | "popularity">;

export interface OwnRun {
  /** Tells runs apart; counts up. */
  readonly key: number;
  readonly file: string;
  readonly result: OwnResult;
}

export interface EvidenceState {
  readonly summary:
    | { readonly phase: "idle" | "loading" }
    | { readonly phase: "failed"; readonly failure: Failure }
    | { readonly phase: "ready"; readonly summary: EvidenceSummary };
  /** In the order in which they were opened. */
  readonly runs: readonly OwnRun[];
  readonly opening: boolean;
  /** Files of the last opening that could not be read. */
  readonly refused: readonly Failure[];
}

export interface EvidenceStore {
  readonly state: StoreApi<EvidenceState>;
  readonly intentions: {
    /** Fetches the published figures unless they are here. */
    loadSummary(): Promise<void>;
    openResults(files: readonly ResultSource[]): Promise<void>;
    closeRun(key: number): void;
  };
}

/** As much of a `File` as is needed. */
export interface ResultSource {
  readonly name: string;
  readonly size: number;
  arrayBuffer(): Promise<ArrayBuffer>;
}

/** More than any data set of today's protocols writes; a larger file would stall the page. */
const MOST_BYTES = 256 * 2 ** 20;

export function makeEvidenceStore(fetchFile: typeof fetch, summaryUrl: string): EvidenceStore {
  const state = createStore<EvidenceState>(() => ({
    summary: { phase: "idle" },
    runs: [],
    opening: false,
    refused: [],
  }));
  let opened = 0;
  return {
    state,
    intentions: {
      loadSummary: async () => {
        const { phase } = state.getState().summary;
        if (phase === "loading" || phase === "ready") return;
        state.setState({ summary: { phase: "loading" } });
        try {
          const summary = await fetchSummary(fetchFile, summaryUrl);
          state.setState({ summary: { phase: "ready", summary } });
        } catch (thrown) {
          state.setState({ summary: { phase: "failed", failure: toFailure(thrown) } });
        }
      },
      openResults: async (files) => {
        state.setState({ opening: true, refused: [] });
        for (const file of files)
          try {
            const result = await readResult(file);
            opened += 1;
            const run = { key: opened, file: file.name, result };
            state.setState(({ runs }) => ({ runs: [...runs, run] }));
          } catch (thrown) {
            state.setState(({ refused }) => ({ refused: [...refused, toFailure(thrown)] }));
          }
        state.setState({ opening: false });
      },
      closeRun: (key) => state.setState(({ runs }) => ({ runs: runs.filter((run) => run.key !== key) })),
    },
  };
}

async function fetchSummary(fetchFile: typeof fetch, url: string): Promise<EvidenceSummary> {
  const response = await fetchFile(url).catch(() => null);
  const bytes = response?.ok ? await response.arrayBuffer().catch(() => null) : null;
  if (bytes === null)
    throw new FailureError({ kind: "file-missing", file: url, status: response?.status ?? null });
  return readEvidenceSummary(new Uint8Array(bytes), url);
}

async function readResult(file: ResultSource): Promise<OwnResult> {
  if (file.size > MOST_BYTES)
    throw new FailureError({
      kind: "file-invalid",
      file: file.name,
      reason: `it has ${file.size} bytes, more than the ${MOST_BYTES} that this page reads`,
    });
  const bytes = await file.arrayBuffer().catch((thrown: unknown) => {
    throw new FailureError({
      kind: "file-invalid",
      file: file.name,
      reason: `the browser cannot read it: ${thrown}`,
    });
  });
  const { cases: _, popularity: __, ...result } = readResultFile(new Uint8Array(bytes), file.name);
  return result;
}
