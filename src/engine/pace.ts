/**
 * @file How long work goes on before a cancel can be heard. An op that has begun cannot be stopped, nor can one that a GPU has been
 * given, so a step between two chances to stop is kept short by what the device is measured to do.
 */
import { orCancelled } from "./or-cancelled.ts";
import { yieldToEvents } from "./yield-to-events.ts";

/** Wanted length of a step. A cancel waits for one at most, so that twice as long is still far from 200 ms. */
const STEP_MS = 50;
/** Work goes on for so long before waiting messages are let in: a turn of the event loop costs some hundredth of it. */
const TURN_MS = 10;
/** What is left of an older, better measurement at each new one: a device may slow down, a single stall says little. */
const MEMORY = 0.9;

export class Pace {
  readonly #drain: (() => Promise<void>) | null;
  readonly #now: () => number;
  /** Work per millisecond; null before the first measurement. */
  #speed: number | null = null;
  /** Done, or given to the queue, since `#stepStart`. */
  #work = 0;
  #stepStart: number | null = null;
  /** Passes that have begun and not ended. */
  #open = 0;
  #lastTurn: number;

  /**
   * `drain` sends what is queued for the device and resolves when the device has done it all; null for a device whose ops are done
   * when they return. Its waits are cut short by an abort.
   */
  constructor(drain: (() => Promise<void>) | null, now: () => number = () => performance.now()) {
    this.#drain = drain;
    this.#now = now;
    this.#lastTurn = now();
  }

  /** Whether ops are queued and done later, so that many of them can pile up. */
  get isQueued(): boolean {
    return this.#drain !== null;
  }

  /** Before a pass: time that went by since the last one is no measurement, unless that one is still under way. */
  begin(): void {
    if (this.#open++ === 0) this.#restart();
  }

  /**
   * After an op of so much work (floating point operations, roughly): null if the next may follow at once, else what to wait for.
   * Rejects with `cancelled`.
   */
  after(work: number, signal: AbortSignal | undefined): Promise<void> | null {
    this.#work += work;
    if (this.#drain !== null && (this.#speed === null || this.#work > this.#speed * STEP_MS))
      return this.#drained(this.#drain, signal);
    return this.#now() - this.#lastTurn < TURN_MS ? null : this.#turn(signal);
  }

  /** After a pass; `isDone` if its result has been read: with no other under way all that was asked is done, which measures the device. */
  end(isDone: boolean): void {
    if (--this.#open === 0 && isDone) this.#measure();
  }

  /** How many rows, of so much work each, one step may take; never 0, infinitely many before the first measurement. */
  rowsPerStep(workPerRow: number): number {
    if (this.#speed === null) return Number.POSITIVE_INFINITY;
    return Math.max(1, Math.floor((this.#speed * STEP_MS) / workPerRow));
  }

  async #drained(drain: () => Promise<void>, signal: AbortSignal | undefined): Promise<void> {
    await orCancelled(drain(), signal);
    this.#measure();
    this.#restart();
    this.#lastTurn = this.#now();
  }

  async #turn(signal: AbortSignal | undefined): Promise<void> {
    await yieldToEvents(signal);
    this.#lastTurn = this.#now();
  }

  #restart(): void {
    this.#work = 0;
    this.#stepStart = this.#now();
  }

  #measure(): void {
    if (this.#stepStart === null || this.#work === 0) return;
    const milliseconds = Math.max(this.#now() - this.#stepStart, 0.001);
    this.#speed = Math.max(this.#work / milliseconds, (this.#speed ?? 0) * MEMORY);
  }
}
