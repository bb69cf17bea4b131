import { engineSuite } from "../engine-suite.ts";
import { readServedFixture } from "./served-fixture.ts";

// A software adapter takes seconds for a slate, so it checks one; VITE_GOLDEN_SLATES=50 checks them all.
const slates = Number(import.meta.env["VITE_GOLDEN_SLATES"] ?? 1);

engineSuite({
  backend: "webgpu",
  readFixture: readServedFixture,
  verdictTolerance: 0.02,
  slates,
  tokenTolerance: 0.02,
  tokenPrompts: 1,
});
