import { fitCellMeans } from "../reward-model.ts";
import type { MoodWorld } from "./mood-world.ts";

/** ghat [readers][films] from the rounds that `isUsed` keeps: a mean per reader and film, drawn to the overall mean as by two rounds. */
export function fitWorldRewards(
  { base, moodSide }: MoodWorld,
  { reader, action, reward }: Record<"reader" | "action" | "reward", ArrayLike<number>>,
  isUsed: (round: number) => boolean,
): Float64Array[] {
  const films = moodSide.length;
  const cell = Int32Array.from(
    { length: reader.length },
    (_, i) => (reader[i] as number) * films + (action[i] as number),
  );
  let [count, total] = [0, 0];
  for (let i = 0; i < reward.length; i++) {
    if (!isUsed(i)) continue;
    count++;
    total += reward[i] as number;
  }
  const prior = total / Math.max(1, count);
  const means = fitCellMeans({ cell, reward }, base.length * films, { prior, strength: 2 }, isUsed);
  return base.map((_, at) => means.subarray(at * films, (at + 1) * films));
}
