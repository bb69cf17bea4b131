// The bare base model against another runtime's answers (fixtures/next-token-reference.json says how they were made).
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { machine, root, saveResult } from "./machine.mjs";

const MODEL = join(root, ".models", "SmolLM2-135M-Instruct.Q4_1.gguf");
const MARGIN = 0.05;
const TOLERANCE = 0.03;

/** Prints a line per text and returns whether the backend keeps to ids, top-1 and tolerance. */
export function benchNextToken(backend) {
  if (!existsSync(MODEL)) {
    console.log("next-token: skipped, the published file is not here. `npm run model:full` fetches it.\n");
    return true;
  }
  const reference = JSON.parse(
    readFileSync(new URL("fixtures/next-token-reference.json", import.meta.url), "utf8"),
  );
  const where = machine();
  let adapter = null;
  const cases = reference.cases.map(({ text, ids, next }) => {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [
        "bin/becausal.mjs",
        "next-token",
        "--text",
        text,
        "--model",
        MODEL,
        "--backend",
        backend,
        "--top",
        "1000",
        "--json",
      ],
      { cwd: root, encoding: "utf8", maxBuffer: 2 ** 26 },
    );
    if (status !== 0) throw new Error(`next-token failed on ${backend}: ${stderr.trim()}`);
    const answer = JSON.parse(stdout);
    adapter = answer.adapter;
    const probability = new Map(answer.next.map(({ id, p }) => [id, p]));
    const margin = next[0].p - next[1].p;
    return {
      text,
      sameIds: answer.ids.join() === ids.join(),
      margin,
      sameTop: answer.next[0].id === next[0].id,
      largestDifference: Math.max(...next.map(({ id, p }) => Math.abs((probability.get(id) ?? 0) - p))),
    };
  });
  const pass = cases.every(
    ({ sameIds, margin, sameTop, largestDifference }) =>
      sameIds && (sameTop || margin <= MARGIN) && largestDifference <= TOLERANCE,
  );
  console.log(`next-token on ${backend} (${adapter}), 30 layers, against another runtime`);
  console.table(
    cases.map(({ text, sameIds, margin, sameTop, largestDifference }) => ({
      text: text.replace(/\s+/g, " ").slice(0, 32),
      "same ids": sameIds,
      "same top-1": sameTop,
      margin: margin.toFixed(3),
      "max |dp|": largestDifference.toFixed(4),
    })),
  );
  console.log(
    `${pass ? "PASS" : "FAIL"}: ids equal, top-1 equal where the margin is over ${MARGIN}, every |dp| <= ${TOLERANCE}\n`,
  );
  saveResult(`next-token-${backend}`, {
    backend,
    adapter,
    machine: where,
    tolerance: TOLERANCE,
    pass,
    cases,
  });
  return pass;
}
