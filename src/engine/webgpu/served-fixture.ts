/** @file The engine's test fixture in a browser. */
import { type EngineFixture, readFixture } from "../engine-fixture.ts";

let fixture: Promise<EngineFixture> | undefined;

/** The shipped files from the test server, once. Short histories come first: the suite spends most of its time on the first slate. */
export function readServedFixture(): Promise<EngineFixture> {
  fixture ??= readFixture(async (path) => {
    const response = await fetch(`/${path.replace(/^public\//, "")}`);
    if (!response.ok) throw new Error(`${path} is not served (${response.status})`);
    return new Uint8Array(await response.arrayBuffer());
  }).then((read) => ({
    ...read,
    slates: read.slates.toSorted((a, b) => a.history.length - b.history.length),
  }));
  return fixture;
}
