// The peers' own server: cross-origin isolated, so that they get their threads, and without this project's content policy, which
// forbids the blob: workers that both of them start.
import { createReadStream, existsSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { isolationHeaders } from "../../scripts/headers.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const models = fileURLToPath(new URL("../../.models/", import.meta.url));
const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".wasm": "application/wasm",
};

/** Serves this folder, and .models/ under /models/. Returns the origin and a function that ends it. */
export async function servePeers(modelFolder = models) {
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? "/", "http://peers").pathname);
    const [root, name] = path.startsWith("/models/") ? [modelFolder, path.slice(8)] : [here, path.slice(1)];
    const file = normalize(join(root, name));
    const found =
      file.startsWith(root.endsWith(sep) ? root : root + sep) && existsSync(file) && statSync(file).isFile();
    if (!found) {
      response.writeHead(404, isolationHeaders).end();
      return;
    }
    response.writeHead(200, {
      ...isolationHeaders,
      "Content-Type": TYPES[extname(file)] ?? "application/octet-stream",
      "Content-Length": statSync(file).size,
    });
    createReadStream(file).pipe(response);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  const { port } = server.address();
  return { origin: `http://localhost:${port}`, close: () => new Promise((resolve) => server.close(resolve)) };
}
