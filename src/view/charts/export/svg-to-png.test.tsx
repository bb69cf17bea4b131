import { expect, test } from "vitest";
import { fixtureMap } from "../../gallery/why-fixtures.ts";
import { makeFormats } from "../../i18n/formats.ts";
import { languages } from "../../i18n/language.ts";
import { makeI18n } from "../../i18n/make-i18n.ts";
import { exportWords } from "./export-words.ts";
import { heatmapSvg } from "./heatmap-svg.ts";
import { svgToPng } from "./svg-to-png.ts";

test.for(languages)(
  "the exported picture is well-formed and becomes a PNG of its size (%s)",
  async (language) => {
    const map = fixtureMap([3, 4, 0], [1, 2, 10, 13], true);
    const causes = map.causes.map((film) => ({ ...film, title: `<&"'${film.title}` }));
    const words = exportWords((await makeI18n(language)).t, language);
    const svg = heatmapSvg({ ...map, causes, trusted: true }, makeFormats(language), words);
    const read = new DOMParser().parseFromString(svg, "image/svg+xml");
    expect(read.querySelector("parsererror")).toBeNull();
    const image = await createImageBitmap(await svgToPng(svg, 2));
    expect(image.width).toBe(2 * Number(read.documentElement.getAttribute("width")));
    expect(image.height).toBe(2 * Number(read.documentElement.getAttribute("height")));

    // The first cell is where the picture puts it, in its own colour.
    const cell = read.querySelector("g > rect[rx]")!;
    const [x, y] = ["x", "y"].map((side) => 2 * (Number(cell.getAttribute(side)) + 8));
    const canvas = new OffscreenCanvas(image.width, image.height);
    const pen = canvas.getContext("2d")!;
    pen.drawImage(image, 0, 0);
    const [r, g, b] = pen.getImageData(x!, y!, 1, 1).data;
    expect(`rgb(${r}, ${g}, ${b})`).toBe(cell.getAttribute("fill"));
  },
);

test("what is no picture is refused", async () => {
  await expect(svgToPng("<svg")).rejects.toThrow();
});
