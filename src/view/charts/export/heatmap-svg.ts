/**
 * @file The heatmap as a picture that stands alone: made from the data and not from the page, in light colours, without scripts, styles
 * or anything to fetch.
 */
import type { Film } from "../../../model/film.ts";
import type { Formats } from "../../i18n/formats.ts";
import type { HeatmapProps } from "../Heatmap.tsx";
import type { HeatCell } from "../heat-cells.ts";
import { greyColour, heatColour, shadeNats } from "../heat-scale.ts";
import { titleParts } from "../title-parts.ts";
import type { ExportWords } from "./export-words.ts";
import { escapeXml, wrapText } from "./markup.ts";

export interface HeatmapPicture extends Pick<HeatmapProps, "causes" | "targets" | "cells"> {
  /** End of the colour scale, nats. */
  readonly end: number;
  /** False where the map failed its audit: the picture is grey and says so. */
  readonly trusted: boolean;
}

const MARGIN = 24;
const CAUSE_WIDTH = 190;
const CELL_WIDTH = 78;
const CELL_HEIGHT = 38;
const GAP = 2;
const HEAD_HEIGHT = 82;
const TITLE_HEIGHT = 60;
const LEGEND_HEIGHT = 74;
const ink = "#16191c";
const soft = "#565c61";
const legendShades = [-1, -0.75, -0.5, -0.25, 0, 0.25, 0.5, 0.75, 1];

/** A standalone SVG document of the heatmap: names, cells with sign and number, legend, title. Sizes in CSS pixels. */
export function heatmapSvg(picture: HeatmapPicture, formats: Formats, words: ExportWords): string {
  const { causes, targets, cells, trusted } = picture;
  const width = 2 * MARGIN + CAUSE_WIDTH + Math.max(6, targets.length) * (CELL_WIDTH + GAP);
  const mapTop = MARGIN + TITLE_HEIGHT + HEAD_HEIGHT;
  const legendTop = mapTop + causes.length * (CELL_HEIGHT + GAP) + MARGIN;
  const height = legendTop + LEGEND_HEIGHT + MARGIN;
  const left = (column: number) => MARGIN + CAUSE_WIDTH + column * (CELL_WIDTH + GAP);
  const top = (row: number) => mapTop + row * (CELL_HEIGHT + GAP);
  const sans = words.language === "ja" ? "sans-serif" : "Helvetica, Arial, sans-serif";
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" xml:lang="${words.language}" font-family="${sans}" fill="${ink}">`,
    `<title>${escapeXml(words.title)}</title>`,
    `<desc>${escapeXml(words.note)}</desc>`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    text(MARGIN, MARGIN + 20, words.title, { size: 20, family: "serif" }),
    text(MARGIN, MARGIN + 42, trusted ? words.note : `${words.distrusted} ${words.note}`, {
      size: 12,
      fill: soft,
    }),
    ...targets.flatMap((target, c) => heading(left(c), mapTop - 8, c + 1, target)),
    ...causes.map((cause, r) =>
      lines(MARGIN, top(r) + CELL_HEIGHT / 2, wrapText(titleParts(cause.title).name, 13.5, 2), {
        size: 13,
        middle: true,
      }),
    ),
    ...causes.flatMap((_, r) =>
      targets.map((_target, c) => drawCell(left(c), top(r), cells[r]?.[c] ?? null, trusted, formats)),
    ),
    ...legend(picture, legendTop, formats, words),
    "</svg>",
    "",
  ].join("\n");
}

function heading(x: number, bottom: number, rank: number, target: Film): readonly string[] {
  const title = wrapText(titleParts(target.title).name, 6.8, 3);
  return [
    text(x + 2, bottom - 56, String(rank), { size: 16, family: "serif" }),
    lines(x + 2, bottom - 38, title, { size: 11, middle: false }),
  ];
}

function drawCell(x: number, y: number, cell: HeatCell | null, trusted: boolean, formats: Formats): string {
  const box = `x="${x}" y="${y}" width="${CELL_WIDTH}" height="${CELL_HEIGHT}" rx="2"`;
  if (cell === null) return `<rect ${box} fill="none" stroke="#c9ccc8" stroke-dasharray="1 4"/>`;
  const { background, ink: letters } = (trusted ? heatColour : greyColour)(cell.shade).light;
  const middle = x + CELL_WIDTH / 2;
  const number = `${cell.glyph}${formats.size(cell.deltaNats)}`;
  const error = cell.standardError === null ? null : `±${formats.size(cell.standardError)}`;
  const frame = cell.unsure
    ? `<rect x="${x + 3}" y="${y + 3}" width="${CELL_WIDTH - 6}" height="${CELL_HEIGHT - 6}" fill="none" stroke="${letters}" stroke-dasharray="3 2"/>`
    : "";
  return [
    `<g><rect ${box} fill="${background}"/>${frame}`,
    text(middle, y + (error === null ? 24 : 18), number, { size: 14, fill: letters, anchor: "middle" }),
    error === null ? "" : text(middle, y + 31, error, { size: 10, fill: letters, anchor: "middle" }),
    "</g>",
  ].join("");
}

function legend(
  { end, trusted }: HeatmapPicture,
  y: number,
  formats: Formats,
  words: ExportWords,
): readonly string[] {
  const step = 48;
  const x = MARGIN;
  return [
    ...legendShades.map((shade, i) => {
      const { background, ink: letters } = (trusted ? heatColour : greyColour)(shade).light;
      const value = formats.nats(shadeNats(shade, end));
      return `<g><rect x="${x + i * step}" y="${y}" width="${step}" height="22" fill="${background}"/>${text(
        x + (i + 0.5) * step,
        y + 15,
        value,
        { size: 10, fill: letters, anchor: "middle" },
      )}</g>`;
    }),
    text(x, y + 42, `− ${words.against}`, { size: 12 }),
    text(x + legendShades.length * step, y + 42, `+ ${words.for}`, { size: 12, anchor: "end" }),
  ];
}

interface TextLook {
  readonly size: number;
  readonly fill?: string;
  readonly anchor?: "middle" | "end";
  readonly family?: string;
}

function text(x: number, y: number, content: string, look: TextLook): string {
  return `<text x="${x}" y="${y}" ${attributes(look)}>${escapeXml(content)}</text>`;
}

/** Lines of text below each other; `middle` centres them on `y`, else `y` is the first baseline. */
function lines(
  x: number,
  y: number,
  content: readonly string[],
  { middle, ...look }: TextLook & { readonly middle: boolean },
): string {
  const leading = look.size * 1.2;
  const first = middle ? y - ((content.length - 1) * leading) / 2 + look.size * 0.35 : y;
  const spans = content.map(
    (line, i) => `<tspan x="${x}" y="${(first + i * leading).toFixed(1)}">${escapeXml(line)}</tspan>`,
  );
  return `<text font-style="italic" ${attributes(look)}>${spans.join("")}</text>`;
}

function attributes({ size, fill, anchor, family }: TextLook): string {
  return [
    `font-size="${size}"`,
    ...(fill === undefined ? [] : [`fill="${fill}"`]),
    ...(anchor === undefined ? [] : [`text-anchor="${anchor}"`]),
    ...(family === undefined ? [] : [`font-family="${family}"`]),
  ].join(" ");
}
