import { describe, expect, test } from "vitest";
import type { ItemEffects } from "../../attribution/effect.ts";
import { eventIndex, itemId } from "../../core/ids.ts";
import { fixtureFilms } from "../../state/fixtures/films.ts";
import { effectWord, heatCells } from "./heat-cells.ts";
import {
  contrast,
  greyColour,
  heatColour,
  heatEnd,
  heatShade,
  linearChannels,
  shadeNats,
} from "./heat-scale.ts";
import { posterArt } from "./poster-art.ts";
import { titleParts } from "./title-parts.ts";

const row = (event: number, ...deltaNats: readonly number[]): ItemEffects => ({
  event: eventIndex(event),
  item: itemId(10 + event),
  deltaNats,
  deltaProbability: deltaNats.map((delta) => delta / 10),
  deltaShown: deltaNats,
});

describe("cells", () => {
  test("stand in the row of their event, whatever order rows came in", () => {
    const cells = heatCells([row(2, 0.5), row(0, -0.5)], [0, 1, 2], 1, 1);
    expect(cells.map(([cell]) => cell?.deltaNats ?? null)).toEqual([-0.5, null, 0.5]);
  });
  test("have a sign that agrees with the printed number", () => {
    const glyphs = heatCells([row(0, 0.2, -0.2, 0.004, -0.004, 0)], [0], 5, 1)[0]?.map((cell) => cell?.glyph);
    expect(glyphs).toEqual(["+", "−", "·", "·", "·"]);
  });
  test("carry the standard error of an estimate, and doubt what lies within two of zero", () => {
    const estimated = { ...row(0, 0.3, -0.3, 0.3), standardError: [0.1, 0.2, 0.15] };
    const cells = heatCells([estimated], [0], 3, 1)[0];
    expect(cells?.map((cell) => [cell?.standardError, cell?.unsure])).toEqual([
      [0.1, false],
      [0.2, true],
      [0.15, false],
    ]);
    expect(heatCells([row(0, 0.01)], [0], 1, 1)[0]?.[0]).toMatchObject({
      standardError: null,
      unsure: false,
    });
  });
  test.for([
    [0.7, "forStrongly"],
    [0.3, "forClearly"],
    [0.1, "forLittle"],
    [-0.01, "hardly"],
    [-0.1, "againstLittle"],
    [-0.3, "againstClearly"],
    [-2, "againstStrongly"],
  ] as const)("%d nats: %s", ([delta, word]) => {
    expect(effectWord(delta)).toBe(word);
  });
});

const steps = Array.from({ length: 9 }, (_, i) => -1 + i / 4);

describe("the colour scale", () => {
  test("ends at a round number that holds every effect", () => {
    expect([[], [0.02], [0.3, -0.51], [-20.2]].map(heatEnd)).toEqual([0.1, 0.1, 1, 21]);
  });
  test("keeps sign and order, and its legend names the value of every shade", () => {
    const values = [-12, -3, -0.1, 0, 0.1, 3, 12];
    const shades = values.map((delta) => heatShade(delta, 12));
    expect(shades).toEqual([...shades].sort((a, b) => a - b));
    expect(shades.map(Math.sign)).toEqual(values.map(Math.sign));
    expect([shades[0], shades[6]]).toEqual([-1, 1]);
    for (const delta of values) expect(heatShade(-delta, 12)).toBeCloseTo(-heatShade(delta, 12));
    for (const shade of steps) expect(heatShade(shadeNats(shade, 12), 12)).toBeCloseTo(shade);
  });
  test("is neutral at zero and clamped beyond its ends", () => {
    for (const theme of ["light", "dark"] as const) {
      const [r, g, b] = linearChannels(heatColour(0)[theme].background);
      expect(Math.max(r, g, b) - Math.min(r, g, b)).toBeLessThan(0.03);
      expect(heatColour(3)[theme]).toEqual(heatColour(1)[theme]);
    }
  });
  test.for([heatColour, greyColour])("keeps its numbers readable at every shade (WCAG AA)", (colour) => {
    for (let shade = -1; shade <= 1; shade += 0.01)
      for (const { background, ink } of Object.values(colour(shade)))
        expect(contrast(background, ink)).toBeGreaterThanOrEqual(4.5);
  });
  test("has no colour at all for a map that failed its audit, only strength", () => {
    for (const theme of ["light", "dark"] as const) {
      for (const shade of steps) {
        const [r, g, b] = linearChannels(greyColour(shade)[theme].background);
        expect([r, g]).toEqual([g, b]);
        expect(greyColour(-shade)).toEqual(greyColour(shade));
      }
      expect(contrast(greyColour(0)[theme].background, greyColour(1)[theme].background)).toBeGreaterThan(2);
    }
  });
  test.for(["none", "protan", "deutan", "tritan"] as const)(
    "tells for from against at every strength and every step from the next (%s)",
    (vision) => {
      for (const theme of ["light", "dark"] as const) {
        const lab = steps.map((shade) => seen(heatColour(shade)[theme].background, vision));
        const distance = (i: number, j: number) =>
          Math.hypot(...[0, 1, 2].map((axis) => (lab[i]?.[axis] ?? 0) - (lab[j]?.[axis] ?? 0)));
        for (const i of [0, 1, 2, 3]) expect(distance(i, 8 - i)).toBeGreaterThanOrEqual(10);
        for (let i = 0; i < 8; i += 1) expect(distance(i, i + 1)).toBeGreaterThanOrEqual(7);
      }
    },
  );
});

/** Severe colour-vision deficiency in linear RGB (Machado, Oliveira & Fernandes 2009), then CIELAB under D65. */
function seen(colour: string, vision: "none" | "protan" | "deutan" | "tritan"): readonly number[] {
  const matrices = {
    none: [1, 0, 0, 0, 1, 0, 0, 0, 1],
    protan: [0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998],
    deutan: [0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.01182, 0.04294, 0.968881],
    tritan: [1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602, 0.004733, 0.691367, 0.3039],
  };
  const times = (m: readonly number[], v: readonly number[]) =>
    [0, 1, 2].map((i) => [0, 1, 2].reduce((sum, j) => sum + (m[3 * i + j] ?? 0) * (v[j] ?? 0), 0));
  const rgb = times(matrices[vision], linearChannels(colour)).map((c) => Math.min(1, Math.max(0, c)));
  const xyz = times([0.4124, 0.3576, 0.1805, 0.2126, 0.7152, 0.0722, 0.0193, 0.1192, 0.9505], rgb);
  const [x = 0, y = 0, z = 0] = xyz.map((value, i) => {
    const t = value / ([0.95047, 1, 1.08883][i] ?? 1);
    return t > 0.008856 ? Math.cbrt(t) : 7.787 * t + 16 / 116;
  });
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

describe("posters", () => {
  test("are the same for the same film and differ between films", () => {
    const [one, other] = fixtureFilms;
    expect(posterArt(one!)).toEqual(posterArt({ ...one! }));
    expect(posterArt(one!)).not.toEqual(posterArt(other!));
  });
  test("keep every word of the title and stay on the sheet", () => {
    for (const film of fixtureFilms) {
      const { lines, fontUnits } = posterArt(film);
      expect(lines.join(" ")).toBe(titleParts(film.title).name);
      expect(fontUnits * lines.length).toBeLessThan(95);
    }
  });
});

test.for([
  ["Seven (a.k.a. Se7en)", "Seven", "a.k.a. Se7en"],
  [
    "Birdman: Or (The Unexpected Virtue of Ignorance)",
    "Birdman: Or (The Unexpected Virtue of Ignorance)",
    null,
  ],
  ["(500) Days of Summer", "(500) Days of Summer", null],
  ["Toy Story", "Toy Story", null],
  ["Paprika (Papurika) (Paprika)", "Paprika", "Papurika"],
] as const)("%s is called %s", ([title, name, alias]) => {
  expect(titleParts(title)).toEqual({ name, alias });
});
