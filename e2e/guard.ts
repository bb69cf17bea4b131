/** @file Watches a whole browser context: what it asks of whom, and what the page policy had to stop. */
import type { BrowserContext, ConsoleMessage, Page } from "@playwright/test";

export interface Watch {
  /** Requests beyond the origin, as "GET https://…". */
  readonly outside: string[];
  /** Requests that carry something: a body, or a query other than the page's own flags. */
  readonly carrying: string[];
  /** Everything the policy refused, from the page, its workers and the console. */
  readonly violations: string[];
  /** Errors that nobody caught. */
  readonly crashes: string[];
  /** All requests, for a test of the watch itself. */
  readonly urls: string[];
}

/** Starts watching; call before the first page opens. Requests of workers are seen too. */
export async function watch(context: BrowserContext, origin: string): Promise<Watch> {
  const seen: Watch = { outside: [], carrying: [], violations: [], crashes: [], urls: [] };
  context.on("request", (request) => {
    const url = new URL(request.url());
    seen.urls.push(url.href);
    const named = `${request.method()} ${url.href}`;
    if (url.origin !== origin && url.protocol !== "data:") seen.outside.push(named);
    const query = url.search !== "" && request.resourceType() !== "document";
    if (request.method() !== "GET" || request.postData() !== null || query) seen.carrying.push(named);
  });
  const listen = (message: ConsoleMessage) => {
    if (message.text().includes("Content Security Policy")) seen.violations.push(message.text());
  };
  const follow = (page: Page) => {
    page.on("pageerror", (error) => seen.crashes.push(`${error.name}: ${error.message}`));
    page.on("worker", (worker) => worker.on("console", listen));
  };
  context.on("console", listen);
  context.on("page", follow);
  for (const page of context.pages()) follow(page);
  await context.exposeFunction("reportViolation", (violation: string) => seen.violations.push(violation));
  await context.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) => {
      const report = (globalThis as unknown as { reportViolation(violation: string): void }).reportViolation;
      report(`${violatedDirective} stopped ${blockedURI}`);
    });
  });
  return seen;
}
