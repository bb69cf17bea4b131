import { type RefObject, useEffect, useRef } from "react";

export interface TimeInSight {
  /** Changes when something else stands there: its time is counted anew, from `before`. Null: nothing is counted. */
  readonly key: number | null;
  /** Milliseconds that it was in sight before. */
  readonly before: number;
  /** Told once it has been in sight so long, in milliseconds. */
  readonly enough: number;
  /** Told its whole time in sight when it leaves, when the tab is hidden, and when it is enough. */
  readonly tell: (visibleMs: number, key: number) => void;
}

/**
 * Counts how long an element is in sight: at least half of it, in a tab that is shown. Returns what asks for the time so far, milliseconds.
 */
export function useTimeInSight(
  element: RefObject<Element | null>,
  { key, before, enough, tell }: TimeInSight,
): () => number {
  const told = useRef({ before, tell });
  told.current = { before, tell };
  const read = useRef(() => before);
  useEffect(() => {
    const target = element.current;
    if (key === null || target === null) return;
    let total = told.current.before;
    let since: number | null = null;
    let inSight = false;
    let timer: ReturnType<typeof setTimeout> | undefined;

    const soFar = () => Math.round(total + (since === null ? 0 : performance.now() - since));
    const say = () => told.current.tell(soFar(), key);
    const waitForEnough = () => {
      const left = enough - soFar();
      if (left > 0) timer = setTimeout(onTimer, left);
    };
    const onTimer = () => {
      // Timers may come a little early.
      if (soFar() < enough) waitForEnough();
      else say();
    };
    const update = () => {
      const counts = inSight && document.visibilityState === "visible";
      if (counts === (since !== null)) return;
      if (counts) {
        since = performance.now();
        waitForEnough();
      } else {
        clearTimeout(timer);
        total = soFar();
        since = null;
        say();
      }
    };
    const observer = new IntersectionObserver(
      (entries) => {
        inSight = (entries.at(-1)?.intersectionRatio ?? 0) >= 0.5;
        update();
      },
      { threshold: [0, 0.5] },
    );
    observer.observe(target);
    document.addEventListener("visibilitychange", update);
    read.current = soFar;
    return () => {
      inSight = false;
      update();
      observer.disconnect();
      document.removeEventListener("visibilitychange", update);
    };
  }, [key, enough, element]);
  return () => read.current();
}
