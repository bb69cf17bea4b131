import { engineSuite } from "./engine-suite.ts";
import { readNodeFixture } from "./node-fixture.ts";

engineSuite({ backend: "wasm", readFixture: readNodeFixture, verdictTolerance: 0.01, slates: 50 });
