import { FailureError } from "../../../core/failure.ts";

/** Draws a standalone SVG as a PNG, `scale` pixels to a CSS pixel. Page only: it needs an image and a canvas. Nothing is fetched. */
export async function svgToPng(svg: string, scale = 2): Promise<Blob> {
  const image = new Image();
  image.src = svgDataUrl(svg);
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(image.naturalWidth * scale);
  canvas.height = Math.round(image.naturalHeight * scale);
  canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
  const png = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/png"));
  // Beyond the browser's largest canvas, or out of memory: there is no picture, and no error is thrown either.
  if (png === null)
    throw new FailureError({ kind: "bug", message: `no PNG of ${canvas.width} x ${canvas.height}` });
  return png;
}

/** An SVG as an address that the page's policy allows for images (`img-src data:`). */
export function svgDataUrl(svg: string): string {
  return `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
}
