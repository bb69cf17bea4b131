/** What long work says of itself while it runs. */
export interface Progress {
  /** `done` of `total` of this kind of work. */
  tell(what: string, done: number, total: number): void;
  /** The line goes. */
  end(): void;
}

interface Terminal {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** Milliseconds between two lines: a terminal over a slow connection keeps up. */
const PAUSE_MS = 100;
/** Below this share of the work its pace is a guess. */
const LEAST_SHARE = 0.02;

/** One line that is written over, with the time left at the pace so far; nothing where `to` is no terminal. */
export function makeProgress(
  to: Terminal = process.stderr,
  now: () => number = () => performance.now(),
): Progress {
  if (to.isTTY !== true) return { tell: () => {}, end: () => {} };
  let current = { what: "", first: 0, start: now() };
  let lastTold = Number.NEGATIVE_INFINITY;
  return {
    tell(what, done, total) {
      // What was done before this line first heard of it, as after a resume, says nothing about the pace.
      if (what !== current.what) current = { what, first: done, start: now() };
      if (now() - lastTold < PAUSE_MS) return;
      lastTold = now();
      const share = (done - current.first) / Math.max(1, total - current.first);
      const left = ((now() - current.start) * (1 - share)) / share;
      const time = share >= LEAST_SHARE ? `, ${timeText(left)} left` : "";
      to.write(`\r\u001b[K${what}: ${done} of ${total}${time}`);
    },
    end: () => {
      to.write("\r\u001b[K");
    },
  };
}

/** "45 s", "3 min 05 s", "2 h 10 min". */
export function timeText(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  const two = (value: number) => `${value}`.padStart(2, "0");
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60
    ? `${minutes} min ${two(seconds % 60)} s`
    : `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`;
}
