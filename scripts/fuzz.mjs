// Damages model files at random and reads them: `node scripts/fuzz.mjs [COUNT] [SEED]` (100,000 mutations of each format, seed 4).
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const [count = "100000", seed = "4"] = process.argv.slice(2);
if (!/^\d+$/.test(count) || !/^\d+$/.test(seed)) {
  console.error(`Two whole numbers are expected, COUNT and SEED, not "${process.argv.slice(2).join(" ")}".`);
  process.exit(2);
}
const vitest = fileURLToPath(new URL("../node_modules/vitest/vitest.mjs", import.meta.url));
const { status } = spawnSync(
  process.execPath,
  [vitest, "run", "--project", "unit", "src/model/fuzz.test.ts"],
  { stdio: "inherit", env: { ...process.env, BECAUSAL_FUZZ: count, BECAUSAL_FUZZ_SEED: seed } },
);
process.exit(status ?? 1);
