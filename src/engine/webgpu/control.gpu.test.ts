import { controlSuite } from "../control-suite.ts";
import { readServedFixture } from "./served-fixture.ts";

controlSuite({ backend: "webgpu", readFixture: readServedFixture, short: true });
