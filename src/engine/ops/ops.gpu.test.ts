import { getBackend } from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type StartedWebgpu, startWebgpu } from "../webgpu/start-webgpu.ts";
import { opSuite } from "./op-suite.ts";

let started: StartedWebgpu;
const errors: string[] = [];
beforeAll(async () => {
  started = await startWebgpu();
  started.device.addEventListener("uncapturederror", ({ error }) => errors.push(error.message));
});

test("the suite runs on webgpu, on an adapter that names itself", () => {
  expect(getBackend()).toBe("webgpu");
  expect(started.adapterName).toMatch(/\w/);
});

opSuite("webgpu", 2e-5);

// A pipeline that does not compile computes zeros and reports here only.
afterAll(async () => {
  await started.device.queue.onSubmittedWorkDone();
  expect(errors).toEqual([]);
});
