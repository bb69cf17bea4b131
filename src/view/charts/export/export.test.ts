import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type CsvCell, toCsv } from "../../../core/csv.ts";
import { eventIndex, itemId } from "../../../core/ids.ts";
import { fixtureMap } from "../../gallery/why-fixtures.ts";
import { makeFormats } from "../../i18n/formats.ts";
import { makeI18n } from "../../i18n/make-i18n.ts";
import { heatCells } from "../heat-cells.ts";
import { exportWords } from "./export-words.ts";
import { heatmapCsv } from "./heatmap-csv.ts";
import { type HeatmapPicture, heatmapSvg } from "./heatmap-svg.ts";
import { escapeXml, wrapText } from "./markup.ts";

/** Reads RFC 4180, as a spreadsheet does before it looks at the cells. */
function parseCsv(csv: string): string[][] {
  const rows: string[][] = [[]];
  for (const [, cell = "", end = ""] of csv.matchAll(/("(?:[^"]|"")*"|[^",\r\n]*)(,|\r\n)/g)) {
    rows.at(-1)?.push(cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell);
    if (end === "\r\n") rows.push([]);
  }
  return rows.slice(0, -1);
}

describe("CSV", () => {
  test("quotes commas, quotes and line breaks, and ends every row with CRLF", () => {
    expect(toCsv([["a,b", 'say "x"', "two\nlines", "plain"]])).toBe(
      '"a,b","say ""x""","two\nlines",plain\r\n',
    );
  });
  test.for(["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "\nx", "＝1"])(
    "puts an apostrophe before text that would run: %j",
    (text) => {
      expect(parseCsv(toCsv([[text]]))).toEqual([[`'${text}`]]);
    },
  );
  test("keeps numbers numbers, negative ones too, and writes no NaN", () => {
    expect(toCsv([[-0.5, 1e-7, 0, null, Number.NaN]])).toBe("-0.5,1e-7,0,,\r\n");
  });
  test("comes back as it went in, whatever the text, and never begins as a formula", () => {
    const cell: fc.Arbitrary<CsvCell> = fc.oneof(
      fc.string({ unit: "grapheme" }),
      fc.string({ unit: fc.constantFrom("=", "-", '"', ",", "\r", "\n", "\t", "a") }),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
    );
    fc.assert(
      fc.property(fc.array(fc.array(cell, { minLength: 2, maxLength: 2 }), { minLength: 1 }), (rows) => {
        const back = parseCsv(toCsv(rows));
        expect(back).toHaveLength(rows.length);
        for (const [r, row] of rows.entries())
          for (const [c, sent] of row.entries()) {
            const got = back[r]?.[c] ?? "";
            if (typeof sent === "number") expect(Number(got)).toBe(sent === 0 ? 0 : sent);
            else expect(got.replace(/^'/, "")).toBe(sent?.replace(/^'/, ""));
            if (typeof sent === "string") expect(got).not.toMatch(/^[=+\-@\t\r\n]/);
          }
      }),
    );
  });
});

const map = fixtureMap([3, 4, 0], [1, 2, 10, 13], true);
const picture: HeatmapPicture = { ...map, trusted: true };
const words = async (language: "en" | "ja" = "en") => exportWords((await makeI18n(language)).t, language);
const formats = makeFormats("en");

describe("the heatmap as CSV", () => {
  test("has one line per computed cell, with numbers as computed", async () => {
    const [head, ...lines] = parseCsv(heatmapCsv(map, await words()));
    expect(head).toHaveLength(6);
    expect(lines).toHaveLength(12);
    const cell = map.cells[1]?.[2];
    const line = lines.find(([cause, target]) => cause === "Alien" && target === "The Terminator");
    expect(line?.slice(2).map(Number)).toEqual([
      3,
      cell?.deltaNats,
      cell?.standardError,
      100 * (cell?.deltaProbability ?? 0),
    ]);
  });
  test("leaves out what is not computed", async () => {
    const some = { ...map, cells: map.cells.slice(0, 1) };
    expect(parseCsv(heatmapCsv(some, await words()))).toHaveLength(1 + 4);
  });
});

/** Contents of every text element. */
const texts = (svg: string) =>
  [...svg.matchAll(/<(?:text|tspan)[^>]*>([^<]*)<\/(?:text|tspan)>/g)].map(([, content]) => content);

describe("the heatmap as SVG", () => {
  test("shows every number of the map, signed, with its standard error", async () => {
    const shown = texts(heatmapSvg(picture, formats, await words()));
    for (const cell of map.cells.flat()) {
      if (cell === null) throw new Error("a cell is missing");
      expect(shown).toContain(`${cell.glyph}${formats.size(cell.deltaNats)}`);
      expect(shown).toContain(`±${formats.size(cell.standardError ?? 0)}`);
    }
    expect(shown).toEqual(expect.arrayContaining(["Blade Runner", "Alien", "Toy Story", "The Matrix"]));
  });
  test("stands alone: nothing to fetch, no style, no script, generic fonts", async () => {
    for (const language of ["en", "ja"] as const) {
      const svg = heatmapSvg(picture, makeFormats(language), await words(language));
      expect(svg).not.toMatch(/href|url\(|<style|<script|<image|<foreignObject|var\(|light-dark/);
      expect(svg).not.toMatch(/NaN|undefined|Infinity/);
      const families = [...svg.matchAll(/font-family="([^"]*)"/g)].map(([, family]) => family);
      for (const family of families) expect(family).toMatch(/(^|, )(sans-serif|serif)$/);
    }
  });
  test("escapes titles", async () => {
    const hostile = { ...map.causes[0]!, title: `<script>alert("1")</script> & 'x'\u0000` };
    const svg = heatmapSvg({ ...picture, causes: [hostile] }, formats, await words());
    expect(svg).not.toContain("<script");
    expect(svg).toContain("&lt;script");
    expect(svg).not.toContain("\u0000");
  });
  test("is grey and says so where the map failed its audit", async () => {
    const svg = heatmapSvg({ ...picture, trusted: false }, formats, await words());
    expect(texts(svg).join(" ")).toContain("did not pass its audit");
    for (const [, r, g, b] of svg.matchAll(/<rect[^>]* rx="2" fill="rgb\((\d+), (\d+), (\d+)\)"/g))
      expect([r, g]).toEqual([g, b]);
    expect([...svg.matchAll(/<rect[^>]* rx="2" fill="rgb/g)]).toHaveLength(12);
  });
  test("leaves the place of a pending cell empty", async () => {
    const cells = heatCells(
      [{ event: eventIndex(0), item: itemId(3), deltaNats: [0.5], deltaProbability: [0.1] }],
      [0, 1, 2],
      4,
      1,
    );
    const svg = heatmapSvg({ ...picture, cells }, formats, await words());
    expect([...svg.matchAll(/stroke-dasharray="1 4"/g)]).toHaveLength(11);
    expect(texts(svg)).toContain("+0.50");
  });
});

describe("text in a picture", () => {
  test("breaks at spaces and is cut with an ellipsis", () => {
    expect(wrapText("Star Wars: Episode V - The Empire Strikes Back", 8, 2)).toEqual([
      "Star Wars:",
      "Episode V - The…",
    ]);
    expect(wrapText("Supercalifragilistic", 5, 3)).toEqual(["Supercali…"]);
    expect(wrapText("Alien", 8, 2)).toEqual(["Alien"]);
  });
  test("counts full-width characters twice", () => {
    expect(wrapText("千と千尋の神隠し", 5, 1)).toEqual(["千と千尋…"]);
  });
  test("keeps nothing that XML cannot hold", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(escapeXml(text).replace(/[\t\n\r\u007f-\u009f]/g, "")).not.toMatch(
          /[<>"'\p{Surrogate}\p{Cc}]/u,
        );
      }),
    );
    expect(escapeXml("a\ud800b\u0007c&")).toBe("abc&amp;");
  });
});
