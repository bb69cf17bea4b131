import { getBackend } from "@tensorflow/tfjs-core";
import { beforeAll, expect, test } from "vitest";
import { type StartedWebgpu, startWebgpu } from "../webgpu/start-webgpu.ts";
import { opSuite } from "./op-suite.ts";

let started: StartedWebgpu;
beforeAll(async () => {
  started = await startWebgpu();
});

test("the suite runs on webgpu, on an adapter that names itself", () => {
  expect(getBackend()).toBe("webgpu");
  expect(started.adapterName).toMatch(/\w/);
});

opSuite("webgpu", 2e-5);
