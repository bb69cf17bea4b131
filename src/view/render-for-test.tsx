import axe from "axe-core";
import type { ReactNode } from "react";
import { flushSync } from "react-dom";
import { createRoot } from "react-dom/client";
import { I18nextProvider } from "react-i18next";
import "./fonts.ts";
import "./theme.css";
import type { Language } from "./i18n/language.ts";
import { makeI18n } from "./i18n/make-i18n.ts";

/** Draws into a fresh document body, in a language. */
export async function renderForTest(node: ReactNode, language: Language = "en") {
  const i18n = await makeI18n(language);
  document.documentElement.lang = language;
  document.title = "becausal";
  const host = document.createElement("div");
  document.body.replaceChildren(host);
  const root = createRoot(host);
  const draw = (next: ReactNode) =>
    flushSync(() => root.render(<I18nextProvider i18n={i18n}>{next}</I18nextProvider>));
  draw(node);
  return { host, draw, i18n, unmount: () => root.unmount() };
}

/** Rules of WCAG 2.2 AA that the page breaks, with the first place each. */
export async function accessibilityViolations(host: Element): Promise<readonly string[]> {
  await document.fonts.ready;
  // Colours on their way from one scheme to the other are neither.
  const fades = document.getAnimations().filter((animation) => animation instanceof CSSTransition);
  await Promise.allSettled(fades.map(({ finished }) => finished));
  const { violations } = await axe.run(host, {
    runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    rules: { region: { enabled: false } },
  });
  return violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html} ${nodes[0]?.failureSummary}`);
}
