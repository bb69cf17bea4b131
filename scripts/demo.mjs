// `npm run demo`: build, serve with the page policy, open a browser.
import { build, preview } from "vite";

const open = !process.argv.includes("--no-open") && !process.env["CI"];
await build();
const server = await preview({ preview: { open } });
server.printUrls();
console.log("  Everything runs in the page; press Ctrl+C to stop serving.");
