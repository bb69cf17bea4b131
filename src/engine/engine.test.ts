import { engineSuite } from "./engine-suite.ts";
import { readNodeFixture } from "./node-fixture.ts";

engineSuite({
  backend: "wasm",
  readFixture: readNodeFixture,
  verdictTolerance: 0.01,
  // Activations are rounded to 16 bits relative to the largest of their 32 neighbours.
  residualTolerance: 2e-4,
  slates: 50,
  tokenTolerance: 0.01,
  tokenPrompts: 3,
});
