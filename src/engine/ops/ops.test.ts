import { getBackend } from "@tensorflow/tfjs-core";
import { beforeAll, expect, test } from "vitest";
import { startWasm } from "../wasm/start-wasm.ts";
import { opSuite } from "./op-suite.ts";

beforeAll(async () => {
  await startWasm();
}, 60_000);

test("the suite runs on wasm", () => {
  expect(getBackend()).toBe("wasm");
});

opSuite("wasm", 1e-4);
