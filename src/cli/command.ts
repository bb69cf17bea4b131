/** One word behind `becausal`. */
export interface Command {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  readonly help: string;
  /** What goes to standard output. Throws a UsageError or rejects with a FailureError. */
  run(args: readonly string[]): Promise<string>;
}
