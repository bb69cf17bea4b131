// How long the readers of rating files take.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readDataset } from "../src/cli/evaluate/dataset.ts";
import { Problems } from "../src/evaluate/problems.ts";

const FORMATS = [
  ["t.inter", "user_id:token\titem_id:token\trating:float\ttimestamp:float\n", "\t"],
  ["ratings.csv", "userId,movieId,rating,timestamp\n", ","],
] as const;

/** Milliseconds to read `rows` ratings of each format, and to do no more with the same file than cut it into lines, fields and numbers. */
export async function readingTimes(rows: number) {
  const times = [];
  for (const [file, head, separator] of FORMATS) {
    const folder = mkdtempSync(join(tmpdir(), "becausal-rows-"));
    try {
      const path = join(folder, file);
      const lines = Array.from({ length: rows }, (_, i) =>
        [i % 943, i % 1682, 1 + (i % 5), 8e8 + i].join(separator),
      );
      writeFileSync(path, `${head}${lines.join("\n")}\n`);
      let start = performance.now();
      const { ratings } = await readDataset(folder, new Problems());
      const readMs = performance.now() - start;
      start = performance.now();
      const bare = readFileSync(path, "utf8")
        .split("\n")
        .map((line) => line.split(separator).map(Number));
      const bareMs = performance.now() - start;
      times.push({ file, rows: ratings.user.length, lines: bare.length, readMs, bareMs });
    } finally {
      rmSync(folder, { recursive: true });
    }
  }
  return times;
}
