/**
 * @file What every spec stands on: a page that is watched (no request beyond the origin, nothing the policy had to stop, no uncaught
 * error), and the things a person does with it. The browser and its WebGPU flags come from scripts/find-browser.mjs.
 */
import { test as base, expect, type Locator, type Page } from "@playwright/test";
import type { FromWorker, ToWorker } from "../src/worker/call-table.ts";
import type { CallName, Calls } from "../src/worker/protocol.ts";
import { type Watch, watch } from "./guard.ts";

export const test = base.extend<{ watched: Watch; app: App }>({
  watched: [
    async ({ context, baseURL }, use) => {
      const seen = await watch(context, new URL(baseURL!).origin);
      await use(seen);
      expect(seen.outside, "requests beyond the origin").toEqual([]);
      expect(seen.carrying, "requests that carry data").toEqual([]);
      expect(seen.violations, "violations of the page policy").toEqual([]);
      expect(seen.crashes, "uncaught errors").toEqual([]);
    },
    { auto: true },
  ],
  app: async ({ page, watched: _ }, use) => {
    await recordWire(page);
    await use(new App(page));
  },
});
export { expect };

/** "0.42" or "−0.42" as a number: the page writes a true minus sign. */
export const toNumber = (text: string): number => Number(text.replace("−", "-").replace("%", "").trim());

/** The page as a person uses it. Names are the English ones unless a spec opens another language. */
export class App {
  readonly page: Page;
  readonly search: Locator;
  readonly historyPanel: Locator;
  readonly history: Locator;
  readonly ranking: Locator;
  readonly ranked: Locator;
  readonly effects: Locator;
  readonly cells: Locator;
  /** What the prediction's page says of the engine: as old as that page's last sight, while another page is shown. */
  readonly engine: Locator;
  /** What the masthead says of it, on every page. */
  readonly lamp: Locator;
  readonly lede: Locator;

  constructor(page: Page) {
    this.page = page;
    this.search = page.getByRole("combobox").first();
    this.historyPanel = page.locator('section[aria-labelledby="history-heading"]');
    this.history = this.historyPanel.locator("ol > li");
    this.ranking = page.locator('section[aria-labelledby="ranking-heading"]');
    this.ranked = this.ranking.locator("ol > li");
    this.effects = page.locator('section[aria-labelledby="effects-heading"]');
    this.cells = this.effects.getByRole("grid").locator("[data-cell]");
    this.engine = page.locator("#engine");
    this.lamp = page.getByRole("banner").locator('a[href="#engine"]');
    this.lede = page.locator("#answer");
  }

  /** Opens the page with flags such as `?backend=wasm`. */
  async open(flags: string): Promise<void> {
    await this.page.goto(`/${flags}`);
  }

  async ready(): Promise<void> {
    await expect(this.engine).toHaveAttribute("data-phase", "ready");
  }

  /** Opens the page and waits for the engine and for the answer to whatever history there is. */
  async openReady(flags: string): Promise<void> {
    await this.open(flags);
    await this.ready();
    await this.settled(1);
  }

  /** Opens the page and picks films while the model still loads: the engine then answers once. */
  async openWith(flags: string, films: readonly (readonly [query: string, title: string])[]): Promise<void> {
    await this.open(flags);
    for (const [query, title] of films) await this.add(query, title);
  }

  /** The first answer is there. */
  answered(timeout?: number): Promise<void> {
    return this.settled(1, timeout);
  }

  /** Does something that changes the question, and waits for the answer to it. */
  async changing(act: () => Promise<void>): Promise<void> {
    const asked = await this.asked();
    await act();
    await this.settled(asked + 1);
  }

  /** Finds a film by a part of its title and takes the one that is named. */
  async add(query: string, title: string): Promise<void> {
    await this.search.fill(query);
    await this.page
      .getByRole("option")
      .filter({ has: this.page.locator("cite", { hasText: new RegExp(`^${escaped(title)}$`) }) })
      .first()
      .click();
    await expect(this.entry(title)).toBeVisible();
  }

  /** One film of the history by its title. */
  entry(title: string): Locator {
    return this.history.filter({
      has: this.page.locator("cite", { hasText: new RegExp(`^${escaped(title)}$`) }),
    });
  }

  async titles(): Promise<string[]> {
    return this.history.locator("cite").allInnerTexts();
  }

  async startFrom(sample: string | RegExp): Promise<void> {
    await this.historyPanel.getByRole("button", { name: sample }).click();
  }

  /** Every cell of the heatmap has its number. */
  async explained(timeout = 120_000): Promise<void> {
    await expect(this.cells.first()).toBeVisible();
    await expect(this.effects.getByRole("grid")).toHaveAttribute("aria-busy", "false", { timeout });
    await expect(this.effects.locator("[data-pending]")).toHaveCount(0);
    // The engine's own figures are read after the last row; after them nothing is under way but the audit, which lets everything pass.
    await expect.poll(() => this.isMeasured()).toBe(true);
  }

  /** The map was put to the test. */
  async audited(timeout = 240_000): Promise<void> {
    await expect(this.effects.locator("[data-audit]")).toHaveAttribute("data-audit", "done", { timeout });
    await expect.poll(() => this.isMeasured()).toBe(true);
  }

  /** Unfolds whatever is folded. */
  async unfold(): Promise<void> {
    await this.page.evaluate(() => {
      for (const details of document.querySelectorAll("details")) details.open = true;
    });
  }

  /** The log-odds that the ranking shows, nats, by title. */
  async verdicts(): Promise<ReadonlyMap<string, number>> {
    const shown = await this.ranked.evaluateAll((entries) =>
      entries.map((entry) => ({
        title: entry.querySelector("h3 cite")?.textContent ?? "",
        verdict: [...entry.querySelectorAll("p")].flatMap(
          ({ textContent }) => /^log-odds (.*)$/.exec(textContent ?? "")?.[1] ?? [],
        )[0],
      })),
    );
    return new Map(shown.map(({ title, verdict }) => [title, toNumber(verdict ?? "")]));
  }

  /** What the ranking shows: title and chance in percent, best first. */
  async top(): Promise<{ title: string; percent: number }[]> {
    return this.ranked.evaluateAll((entries) =>
      entries.map((entry) => ({
        title: entry.querySelector("h3 cite")?.textContent ?? "",
        percent: Number(
          [...entry.querySelectorAll("p")].flatMap(
            ({ textContent }) => /^([\d.]+)%$/.exec(textContent ?? "")?.[1] ?? [],
          )[0],
        ),
      })),
    );
  }

  /** Replies of the engine worker to one kind of call, oldest first. */
  async replies<Name extends CallName>(name: Name): Promise<Calls[Name]["reply"][]> {
    const wire = await this.wire();
    const ids = new Set(
      wire.sent.flatMap((message) => (message.kind === "call" && message.name === name ? [message.id] : [])),
    );
    return wire.received.flatMap((message) =>
      message.kind === "reply" && ids.has(message.id) ? [message.reply as Calls[Name]["reply"]] : [],
    );
  }

  /** Every text of a place that is not marked as another language than Japanese. */
  async japaneseTexts(place: string): Promise<readonly string[]> {
    return this.page.locator(place).evaluate((root) => {
      const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
      const texts: string[] = [];
      while (walker.nextNode()) {
        const { parentElement, textContent } = walker.currentNode;
        if (parentElement?.closest("[lang]")?.getAttribute("lang") === "ja") texts.push(textContent ?? "");
      }
      return texts;
    });
  }

  /** The last reply to one kind of call. */
  async lastReply<Name extends CallName>(name: Name): Promise<Calls[Name]["reply"]> {
    const replies = await this.replies(name);
    expect(replies.length, `replies to ${name}`).toBeGreaterThan(0);
    return replies.at(-1)!;
  }

  /** Everything that crossed the worker boundary since the page opened. */
  async wire(): Promise<Wire> {
    return this.page.evaluate(() => (globalThis as unknown as { wire: Wire }).wire);
  }

  /** The engine's figures were read after the last map and after the last audit, and nothing but an audit is without its answer. */
  private async isMeasured(): Promise<boolean> {
    const { sent, received } = await this.wire();
    const calls = sent.filter((message) => message.kind === "call");
    const answered = new Set(
      received.flatMap((message) => (message.kind === "progress" ? [] : [message.id])),
    );
    const isDone = (name: string, id: number) => name === "audit" || answered.has(id);
    const work = calls.findLastIndex(
      ({ name, id }) => name === "explain" || (name === "audit" && answered.has(id)),
    );
    return (
      calls.slice(work + 1).some(({ name }) => name === "status") &&
      calls.every(({ name, id }) => isDone(name, id))
    );
  }

  private async asked(): Promise<number> {
    const { sent } = await this.wire();
    return sent.filter((message) => message.kind === "call" && message.name === "recommend").length;
  }

  /** At least so many questions were asked, and the last of them is answered and on the page. */
  private async settled(asked: number, timeout = 120_000): Promise<void> {
    await expect
      .poll(async () => (await this.asked()) >= asked && (await this.isLastAnswered("recommend")), {
        timeout,
      })
      .toBe(true);
    await expect(this.lede).toHaveAttribute("aria-busy", "false");
    await expect(this.ranking).toHaveAttribute("data-origin", "computed");
    await expect(this.ranking).not.toHaveAttribute("data-outdated");
  }

  private async isLastAnswered(name: CallName): Promise<boolean> {
    const { sent, received } = await this.wire();
    const last = sent.filter((message) => message.kind === "call" && message.name === name).at(-1);
    return received.some((message) => message.kind === "reply" && message.id === last?.id);
  }
}

interface Wire {
  readonly sent: ToWorker[];
  readonly received: FromWorker[];
}

/** Notes what page and engine worker say to each other, from outside: the app knows nothing of it. */
export async function recordWire(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const wire: { sent: unknown[]; received: unknown[] } = { sent: [], received: [] };
    Object.assign(globalThis, {
      wire,
      Worker: class extends Worker {
        private readonly isEngine: boolean;
        constructor(url: string | URL, options?: WorkerOptions) {
          super(url, options);
          this.isEngine = String(url).includes("engine.worker");
          if (this.isEngine) this.addEventListener("message", ({ data }) => wire.received.push(data));
        }
        override postMessage(message: unknown): void {
          if (this.isEngine) wire.sent.push(message);
          super.postMessage(message);
        }
      },
    });
  });
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
