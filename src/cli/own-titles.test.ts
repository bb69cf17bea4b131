/** @file A pack without titles on the command line: the shipped one with its titles taken out, and a file that gives them back. */
import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readCatalogue } from "../model/catalogue.ts";
import type { Film } from "../model/film.ts";
import { recommendCommand } from "./recommend.ts";

const shipped = "public/packs/movies";
const TIMEOUT_MS = 120_000;

function itemsText(films: readonly Film[]): string {
  const rows = films.map(({ movieId, title, year, genres }) =>
    [movieId, title, year ?? "", genres.join(" ")].join("\t"),
  );
  return ["item_id:token\tmovie_title:token_seq\trelease_year:token\tclass:token_seq", ...rows, ""].join(
    "\n",
  );
}

describe.skipIf(!existsSync(`${shipped}/manifest.json`))("a pack without titles", () => {
  const folder = mkdtempSync(join(tmpdir(), "becausal-untitled-"));
  const own = join(folder, "own.item");
  const other = join(folder, "other.item");
  afterAll(() => rmSync(folder, { recursive: true }));
  beforeAll(() => {
    const manifest = JSON.parse(readFileSync(`${shipped}/manifest.json`, "utf8"));
    const films = readCatalogue(
      readFileSync(`${shipped}/catalogue.json`),
      "catalogue.json",
      manifest.catalogue.items,
    );
    for (const file of ["adapter.safetensors", "sasrec.safetensors"])
      copyFileSync(`${shipped}/${file}`, join(folder, file));
    const items = films.map(({ id, movieId, popularity }) => ({ id, movieId, popularity }));
    const catalogue = JSON.stringify({ schema: "becausal-catalogue/2", items });
    writeFileSync(join(folder, "catalogue.json"), catalogue);
    manifest.schema = "becausal-pack/2";
    manifest.name = "untitled";
    manifest.catalogue.titles = "needed";
    manifest.catalogue.byteLength = Buffer.byteLength(catalogue);
    manifest.catalogue.sha256 = createHash("sha256").update(catalogue).digest("hex");
    writeFileSync(join(folder, "manifest.json"), JSON.stringify(manifest));
    writeFileSync(own, itemsText(films));
    writeFileSync(
      other,
      itemsText(films.map((film, i) => (i === 7 ? { ...film, title: "Night Train" } : film))),
    );
  });

  const args = ["--history", "Toy Story (1995)", "Aladdin (1992)", "--top", "3", "--json"];
  const answer = async (...more: string[]) => {
    const { recommendations } = JSON.parse(await recommendCommand.run([...args, ...more]));
    return recommendations.map(({ title, verdict }: { title: string; verdict: number }) => [title, verdict]);
  };

  test("answers as the titled one once the titles are given", { timeout: TIMEOUT_MS }, async () => {
    expect(await answer("--pack", folder, "--items", own)).toEqual(await answer("--pack", shipped));
  });

  test("is refused without them, saying what to give", { timeout: TIMEOUT_MS }, async () => {
    await expect(recommendCommand.run([...args, "--pack", folder])).rejects.toThrow(
      /The pack untitled holds no titles.*--items FILE/,
    );
  });

  test("is refused with one title changed", { timeout: TIMEOUT_MS }, async () => {
    await expect(recommendCommand.run([...args, "--pack", folder, "--items", other])).rejects.toMatchObject({
      failure: {
        kind: "file-invalid",
        file: "other.item",
        reason: expect.stringContaining("not those that the pack untitled was trained with"),
      },
    });
  });

  test("a file that lists no films is named", async () => {
    const args = ["--pack", folder, "--items", "package.json"];
    await expect(recommendCommand.run(args)).rejects.toMatchObject({
      failure: { kind: "file-invalid", file: "package.json" },
    });
  });

  test("a pack with titles takes no others", { timeout: TIMEOUT_MS }, async () => {
    await expect(recommendCommand.run([...args, "--pack", shipped, "--items", own])).rejects.toThrow(
      /movies has its own titles; leave --items out/,
    );
  });
});

test("a base that the pack was not trained on is refused by its hash", { timeout: TIMEOUT_MS }, async () => {
  const base = "src/model/fixtures/gguf/llama-q4_1.gguf";
  await expect(recommendCommand.run(["--pack", shipped, "--base", base])).rejects.toMatchObject({
    failure: { kind: "file-invalid", reason: expect.stringContaining("another base") },
  });
});
