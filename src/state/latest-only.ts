/** Numbered work of which only the newest counts: starting the next aborts the one before. */
export interface LatestOnly {
  /** Numbers the work and hands it a signal that aborts once it is no longer the newest. */
  begin(): Turn;
  /** Aborts what is under way; nothing is the newest until the next `begin`. */
  cancel(): void;
}

export interface Turn {
  readonly request: number;
  readonly signal: AbortSignal;
  isNewest(): boolean;
}

export function makeLatestOnly(): LatestOnly {
  let count = 0;
  let controller: AbortController | null = null;
  const cancel = () => {
    controller?.abort();
    controller = null;
  };
  return {
    begin: () => {
      cancel();
      const mine = new AbortController();
      controller = mine;
      count += 1;
      return { request: count, signal: mine.signal, isNewest: () => controller === mine };
    },
    cancel,
  };
}
