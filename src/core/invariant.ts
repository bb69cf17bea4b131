/** A broken assumption of this code: never the user's fault, never caught to go on. */
export class InvariantError extends Error {
  override readonly name = "InvariantError";
}

/** Throws an {@link InvariantError} that says what should have held. */
export function invariant(condition: boolean, message: string): asserts condition {
  if (!condition) throw new InvariantError(message);
}

/** The value, or an {@link InvariantError} naming what was missing. For look-ups that cannot miss. */
export function present<T>(value: T | null | undefined, what: string): T {
  invariant(value !== undefined && value !== null, `${what} is missing`);
  return value;
}
