/** Opens the page: paints the sample, reads the history and fetches catalogue and weights, none waiting for another. */
export function makeStart(steps: {
  readonly paintSample: () => Promise<void>;
  readonly readHistory: () => Promise<void>;
  readonly followHistory: () => void;
  readonly loadCatalogue: () => Promise<void>;
  readonly loadEngine: () => Promise<void>;
}) {
  return async (): Promise<void> => {
    steps.followHistory();
    await Promise.all([steps.paintSample(), steps.readHistory(), steps.loadCatalogue(), steps.loadEngine()]);
  };
}
