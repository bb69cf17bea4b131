/**
 * @file What the log and the versions have acknowledged survives the death of the whole browser at any moment. BECAUSAL_KILLS says how many moments;
 * the same seed gives the same ones.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as after } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { expect, test } from "@playwright/test";
import { build } from "vite";
import { browserArgs, findBrowser } from "../scripts/find-browser.mjs";
import { invariant, present } from "../src/core/invariant.ts";
import { seededRandom } from "../src/core/rng.ts";
import type { Found, Told } from "./learning-log-writer.ts";

const KILLS = Number(process.env["BECAUSAL_KILLS"] ?? 12);
/** A profile's log grows with every opening, and reading it takes longer. */
const KILLS_PER_PROFILE = 10;
/** The latest moment of a kill, after the page has begun to write. */
const LATEST_MS = 700;

test(`nothing that was acknowledged is lost when the browser is killed at ${KILLS} moments`, async () => {
  test.setTimeout(60_000 + KILLS * 20_000);
  const random = seededRandom(20_261);
  const server = await serveWriter();
  const totals = { kills: 0, rows: 0, outcomes: 0, versions: 0, lost: 0, unreadable: 0 };
  try {
    while (totals.kills < KILLS) {
      const profile = await mkdtemp(join(tmpdir(), "becausal-log-"));
      try {
        const url = server.nextProfile();
        for (let opening = 0; opening <= KILLS_PER_PROFILE; opening += 1) {
          const browser = openBrowser(profile, url);
          try {
            const found = await server.found();
            totals.lost += lost(server.acknowledged, found);
            totals.unreadable += found.unreadable;
            if (opening === KILLS_PER_PROFILE || totals.kills === KILLS) break;
            await after(random() * LATEST_MS);
            totals.kills += 1;
          } finally {
            await kill(browser);
          }
        }
        totals.rows += server.acknowledged.rows.size;
        totals.outcomes += server.acknowledged.outcomes.size;
        totals.versions += server.acknowledged.versions.size;
      } finally {
        await rm(profile, { recursive: true, force: true, maxRetries: 5 });
      }
    }
  } finally {
    server.close();
  }
  console.log(
    `${totals.kills} kills: ${totals.rows} rows, ${totals.outcomes} outcomes and ${totals.versions} versions acknowledged, ${totals.lost} lost`,
  );
  expect(totals.rows).toBeGreaterThan(KILLS);
  expect({ lost: totals.lost, unreadable: totals.unreadable }).toEqual({ lost: 0, unreadable: 0 });
});

/** Everything that pages of one profile have told. */
interface Acknowledged {
  readonly rows: Map<number, number>;
  readonly outcomes: Map<number, number>;
  readonly versions: Set<number>;
}

/** How much of it is not there any more, or not as it was. */
function lost({ rows, outcomes, versions }: Acknowledged, found: Told): number {
  const foundRows = new Map(found.rows);
  const foundOutcomes = new Map(found.outcomes);
  const foundVersions = new Set(found.versions);
  return (
    [...rows].filter(([key, counter]) => foundRows.get(key) !== counter).length +
    [...outcomes].filter(([key, visibleMs]) => foundOutcomes.get(key) !== visibleMs).length +
    [...versions].filter((version) => !foundVersions.has(version)).length
  );
}

function openBrowser(profile: string, url: string): ChildProcess {
  const args = ["--headless=new", ...browserArgs, `--user-data-dir=${profile}`, "--no-first-run", url];
  // A group of its own, so that every process of the browser dies in the same moment.
  return spawn(present(findBrowser(), "a browser"), args, { detached: true, stdio: "ignore" });
}

async function kill(browser: ChildProcess): Promise<void> {
  const gone = once(browser, "exit");
  process.kill(-present(browser.pid, "the browser's process"), "SIGKILL");
  await gone;
}

/** The writing page and what it tells, on one origin for all openings. */
async function serveWriter() {
  const script = await buildWriter();
  const acknowledged: Acknowledged = { rows: new Map(), outcomes: new Map(), versions: new Set() };
  let tellFound: (found: Found) => void = () => undefined;
  let profiles = 0;
  const pathOf = () => `/${profiles}/`;
  const server = createServer(async (request, response) => {
    if (request.method === "POST") {
      const chunks: Buffer[] = [];
      // The browser may die in the middle of a message: then nothing was told.
      const isWhole = await readInto(request, chunks);
      if (isWhole) {
        const told = JSON.parse(Buffer.concat(chunks).toString("utf8")) as Partial<Found>;
        // What a page of the profile before still had on the way is of another log.
        if (request.url === `${pathOf()}found`) tellFound(told as Found);
        if (request.url === `${pathOf()}acknowledged`) {
          for (const [key, counter] of told.rows ?? []) acknowledged.rows.set(key, counter);
          for (const [key, visibleMs] of told.outcomes ?? []) acknowledged.outcomes.set(key, visibleMs);
          for (const version of told.versions ?? []) acknowledged.versions.add(version);
        }
      }
      response.end();
      return;
    }
    const isScript = request.url === "/writer.js";
    response.setHeader("Content-Type", isScript ? "text/javascript" : "text/html");
    response.end(isScript ? script : '<!doctype html><script type="module" src="/writer.js"></script>');
  });
  const origin = await listen(server);
  return {
    acknowledged,
    /** What the next page finds. */
    found: () =>
      new Promise<Found>((resolve) => {
        tellFound = resolve;
      }),
    /** Where the pages of a new profile are; what those of the one before told is forgotten. */
    nextProfile: () => {
      profiles += 1;
      for (const kind of Object.values(acknowledged)) kind.clear();
      return `${origin}${pathOf()}`;
    },
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

async function readInto(request: AsyncIterable<Buffer>, chunks: Buffer[]): Promise<boolean> {
  try {
    for await (const chunk of request) chunks.push(chunk);
    return true;
  } catch {
    return false;
  }
}

async function listen(server: Server): Promise<string> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  invariant(typeof address === "object" && address !== null, "the server has an address");
  return `http://127.0.0.1:${address.port}`;
}

async function buildWriter(): Promise<string> {
  const built = await build({
    configFile: false,
    logLevel: "warn",
    publicDir: false,
    build: {
      write: false,
      target: "es2023",
      modulePreload: false,
      rollupOptions: { input: fileURLToPath(new URL("learning-log-writer.ts", import.meta.url)) },
    },
  });
  invariant("output" in built, "one build");
  const [chunk] = built.output;
  return chunk.code;
}
