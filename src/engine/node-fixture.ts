import { readFile } from "node:fs/promises";
import { type EngineFixture, readFixture } from "./engine-fixture.ts";

/** The fixture from disk. BECAUSAL_PACK and BECAUSAL_GOLDEN name other folders, to check a pack before it is shipped. */
export function readNodeFixture(): Promise<EngineFixture> {
  return readFixture(async (path) => new Uint8Array(await readFile(path)), {
    pack: process.env["BECAUSAL_PACK"] ?? "public/packs/movies",
    golden: process.env["BECAUSAL_GOLDEN"] ?? "src/engine/golden",
  });
}
