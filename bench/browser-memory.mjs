// What a browser's processes took at most, as the operating system counted it.
import { existsSync, readFileSync } from "node:fs";

/**
 * Peak resident bytes of the largest renderer and of the GPU process since they started; null where the system does not tell (it is
 * read from /proc).
 */
export async function peakMemory(browser) {
  const session = await browser.newBrowserCDPSession();
  try {
    const { processInfo } = await session.send("SystemInfo.getProcessInfo");
    const peakOf = (type) => {
      const peaks = processInfo.filter((one) => one.type === type).flatMap(({ id }) => peakBytes(id) ?? []);
      return peaks.length === 0 ? null : Math.max(...peaks);
    };
    return { rendererBytes: peakOf("renderer"), gpuProcessBytes: peakOf("GPU") };
  } finally {
    await session.detach();
  }
}

function peakBytes(pid) {
  const file = `/proc/${pid}/status`;
  if (!existsSync(file)) return null;
  const kilobytes = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(file, "utf8"))?.[1];
  return kilobytes === undefined ? null : Number(kilobytes) * 1024;
}
