/** Shares of uniform draws that a person can choose from; 0 is none. */
const SHARES = [0, 0.05, 0.1, 0.2, 0.3, 0.5];

/** The same, with the one in force among them, whatever it is; ascending. */
export function epsilonShares(inForce: number): readonly number[] {
  return [...new Set([...SHARES, inForce])].toSorted((a, b) => a - b);
}
