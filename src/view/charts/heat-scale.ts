/**
 * @file Colour of an effect. Zero is always the neutral colour; orange is for, blue against: the pair stays apart for every kind of
 * colour blindness and in grey the strength still shows. The sign is never told by colour alone.
 */
import { scaleLinear, scalePow } from "d3-scale";

export interface HeatColour {
  readonly background: string;
  readonly ink: string;
}

export interface ThemedColour {
  readonly light: HeatColour;
  readonly dark: HeatColour;
}

/** From as much against as the scale holds, over zero, to as much for. */
const positions = [-1, -0.5, 0, 0.5, 1];
const lightStops = ["#21508f", "#86b1dd", "#eef0ee", "#f0a868", "#a8430d"];
const darkStops = ["#8fbef2", "#2d6099", "#262a2e", "#9a5218", "#ffb06b"];

const lightBackground = scaleLinear<string>().domain(positions).range(lightStops).clamp(true);
const darkBackground = scaleLinear<string>().domain(positions).range(darkStops).clamp(true);

/** Ends the scale can have, in nats: round, so that colours hold still while rows come in. */
const ends = [0.1, 0.25, 0.5, 1, 1.5, 2, 3, 4, 6, 8, 10, 12, 16];

/** The end of the zero-centred scale, in nats: the least round one that holds every effect. */
export function heatEnd(deltaNats: readonly number[]): number {
  const peak = Math.max(0, ...deltaNats.map((delta) => Math.abs(delta)));
  return ends.find((end) => end >= peak) ?? Math.ceil(peak);
}

/**
 * Shade grows as a power of the effect's size: one film of a history often weighs ten times the others, whose differences would vanish
 * on a linear scale, while a square root makes much of nothing. The legend names the values.
 */
const EXPONENT = 0.65;

function shadeScale(end: number) {
  return scalePow().exponent(EXPONENT).domain([-end, 0, end]).range([-1, 0, 1]).clamp(true);
}

/** Where an effect stands between the ends of the scale, -1 to 1. */
export function heatShade(deltaNats: number, end: number): number {
  return shadeScale(end)(deltaNats);
}

/** The effect that has a shade: the inverse of {@link heatShade}. */
export function shadeNats(shade: number, end: number): number {
  return shadeScale(end).invert(shade);
}

/** Colours of a shade (-1 to 1), for a light and a dark page. */
export function heatColour(shade: number): ThemedColour {
  const light = lightBackground(shade);
  const dark = darkBackground(shade);
  return {
    light: { background: light, ink: betterInk(light) },
    dark: { background: dark, ink: betterInk(dark) },
  };
}

const greyLight = scaleLinear<string>().domain([0, 1]).range(["#f1f1f1", "#a2a2a2"]).clamp(true);
const greyDark = scaleLinear<string>().domain([0, 1]).range(["#262626", "#6a6a6a"]).clamp(true);

/** Colours of a map that failed its audit: strength only, no colour that could be taken for a finding. */
export function greyColour(shade: number): ThemedColour {
  const [light, dark] = [greyLight(Math.abs(shade)), greyDark(Math.abs(shade))];
  return {
    light: { background: light, ink: betterInk(light) },
    dark: { background: dark, ink: betterInk(dark) },
  };
}

/** Background and ink of a themed colour as style, for whichever appearance the page has. */
export function themedStyle({ light, dark }: ThemedColour): {
  readonly backgroundColor: string;
  readonly color: string;
} {
  return {
    backgroundColor: `light-dark(${light.background}, ${dark.background})`,
    color: `light-dark(${light.ink}, ${dark.ink})`,
  };
}

// Only black and white together reach 4.5 : 1 on every background.
const darkInk = "#000000";
const lightInk = "#ffffff";

function betterInk(background: string): string {
  return contrast(background, darkInk) >= contrast(background, lightInk) ? darkInk : lightInk;
}

/** WCAG contrast ratio of two sRGB colours, 1 to 21. */
export function contrast(one: string, other: string): number {
  const [low = 0, high = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

/** Linear-light channels, 0 to 1, of "#rrggbb" or "rgb(r, g, b)". */
export function linearChannels(colour: string): readonly [number, number, number] {
  const parts = colour.startsWith("#")
    ? [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16))
    : (colour.match(/[\d.]+/g) ?? []).map(Number);
  const [r = 0, g = 0, b = 0] = parts.map((part) => {
    const c = part / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  return [r, g, b];
}

function luminance(colour: string): number {
  const [r, g, b] = linearChannels(colour);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
