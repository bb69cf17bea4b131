import { afterEach, describe, expect, test } from "vitest";
import { userEvent } from "vitest/browser";
import { makeLabStore } from "../../../state/lab-store.ts";
import { makeLabHandlers } from "../../../worker/lab-handlers.ts";
import type { LabCall } from "../../../worker/lab-protocol.ts";
import { languages } from "../../i18n/language.ts";
import { accessibilityViolations, renderForTest } from "../../render-for-test.tsx";
import { LabPage } from "./LabPage.tsx";

/** The worker's own handlers, in this thread. */
const handlers = makeLabHandlers();
const call: LabCall = (name, args, { signal = new AbortController().signal, onProgress = () => {} } = {}) =>
  handlers[name](args, { signal, onProgress });

let close = () => {};
afterEach(() => {
  close();
  delete document.documentElement.dataset["theme"];
});

async function openLab(language: (typeof languages)[number] = "en", lab: LabCall = call) {
  const store = makeLabStore(lab);
  const { host, unmount } = await renderForTest(<LabPage store={store} arrived={false} />, language);
  close = unmount;
  const settled = () =>
    expect
      .poll(() => [store.state.getState().run.phase, store.state.getState().learning.phase], {
        timeout: 60_000,
      })
      .toEqual(["done", "done"]);
  return { host, store, settled };
}

const row = (host: Element, road: string, table = "beliefs") =>
  host.querySelector<HTMLElement>(`#lab-${table} tr[data-road="${road}"]`)!;
const numbers = (text: string) => [...text.matchAll(/[\d.]+/g)].map(([each]) => Number(each));

describe.each(languages)("the Lab in %s", (language) => {
  test.for(["light", "dark"])("breaks no rule of accessibility (%s)", async (theme) => {
    document.documentElement.dataset["theme"] = theme;
    const { host, store, settled } = await openLab(language);
    await settled();
    await store.intentions.repeat();
    await userEvent.click(host.querySelectorAll("#lab-world button")[1]!);
    for (const details of host.querySelectorAll("details")) details.open = true;
    expect(host.querySelectorAll("#lab-luck tbody tr").length).toBe(8);
    expect(await accessibilityViolations(host)).toEqual([]);
  });
});

test("opened, it simulates a log by itself and shows who gets the order wrong beside the truth", async () => {
  const { host, store, settled } = await openLab();
  await settled();
  const { beliefs } = store.state.getState().run.points.at(-1)!;
  const cells = [...row(host, "naive").querySelectorAll("td")].map(({ textContent }) => numbers(textContent));
  for (const [i, policy] of (["taste", "mood"] as const).entries()) {
    const { value, low, high } = beliefs[policy].estimates.naive!;
    expect(cells[i]).toEqual([value, low, high].map((each) => Number(each.toFixed(3))));
  }
  expect(row(host, "naive").dataset["verdict"]).toBe("wrong");
  expect(row(host, "cpo-baseline").dataset["verdict"]).toBe("right");
  const truth = [...host.querySelectorAll("#lab-beliefs table:first-of-type tbody tr:first-child td")];
  expect(truth.slice(0, 2).map(({ textContent }) => Number(textContent))).toEqual([0.495, 0.385]);
  const words = host.querySelector('#lab-beliefs [role="status"]')!.textContent;
  expect(words).toContain("in truth it is worse by 0.109");
  expect(words).toContain("gets the order right");
});

test("the line of the truth goes through every row at the same place", async () => {
  const { host, settled } = await openLab();
  await settled();
  for (const column of [2, 3]) {
    const lines = [...host.querySelectorAll(`#lab-beliefs tbody tr td:nth-child(${column}) svg`)].map(
      (svg) => svg.querySelectorAll("line")[1]!.getBoundingClientRect().left,
    );
    expect(lines.length).toBe(9);
    expect(Math.max(...lines) - Math.min(...lines)).toBeLessThan(0.5);
  }
});

test("without draws CPO and DR refuse, and the page says why", async () => {
  const { host, settled } = await openLab();
  await settled();
  const field = [...host.querySelectorAll<HTMLInputElement>('input[type="number"]')].find((input) =>
    input.getAttribute("aria-label")?.startsWith("Share shown by chance"),
  )!;
  await userEvent.fill(field, "0");
  await settled();
  expect(row(host, "cpo").textContent).toContain("refuses");
  expect(row(host, "cpo").textContent).toContain("no value");
  expect(row(host, "naive").textContent).toContain("order wrong");
  expect(host.querySelector('#lab-beliefs [role="status"]')!.textContent).toContain(
    "CPO and DR refuse: with ε = 0",
  );
  expect(host.querySelector('#lab-learned tr[data-row="cpo"]')!.textContent).toContain("refuses");
});

test("what is typed beyond a limit is marked and changes nothing; leaving puts the value back", async () => {
  const { host, store, settled } = await openLab();
  await settled();
  const field = host.querySelectorAll<HTMLInputElement>('input[type="number"]')[1]!;
  await userEvent.fill(field, "999999");
  expect(field.getAttribute("aria-invalid")).toBe("true");
  expect(store.state.getState().settings.rounds).toBe(2000);
  await userEvent.tab();
  expect([field.value, field.getAttribute("aria-invalid")]).toEqual(["2000", "false"]);
});

test("the mood is hidden until it is revealed", async () => {
  const { host } = await openLab();
  const table = () => host.querySelector("#lab-world table")!;
  expect(table().textContent).not.toContain("in a good mood");
  const hidden = [...table().querySelectorAll("tbody tr:last-child td")].map((cell) => cell.textContent);
  await userEvent.click(host.querySelectorAll("#lab-world button")[1]!);
  const last = table().querySelector("tbody tr:last-child")!;
  expect(last.textContent).toContain("Picked in a good mood");
  expect(numbers(last.querySelectorAll("td")[1]!.textContent)).toEqual([Number(hidden[1]), 0.385]);
});

test("real films stand with their titles", async () => {
  const { host, store } = await openLab();
  const changed = store.intentions.reset("movies");
  await expect.poll(() => host.querySelectorAll("#lab-world tbody tr").length).toBe(20);
  expect(host.querySelector("#lab-world tbody cite")?.textContent).toBe("Forrest Gump");
  store.intentions.stop();
  await changed;
});

test("many logs are simulated on demand: biased is biased, whatever the log", async () => {
  const { host, store, settled } = await openLab();
  await settled();
  expect(host.querySelector("#lab-luck table")).toBeNull();
  await userEvent.click(host.querySelector("#lab-luck button")!);
  await expect.poll(() => store.state.getState().study.phase, { timeout: 60_000 }).toBe("done");
  expect(row(host, "naive", "luck").querySelector("td")!.textContent).toContain("0.0%");
  const shown = [...row(host, "cv-dr", "luck").querySelectorAll("td")].map(({ textContent }) => textContent);
  const { study } = store.state.getState().study;
  const figures = study!.figures.mood.find(({ road }) => road === "cv-dr")!.figures!;
  expect(Number(shown[5])).toBeCloseTo(figures.spread, 3);
  expect(shown[6]).toBe(`${(100 * figures.coverage).toFixed(1)}%`);
});

test("a worker that fails is named, and asked again on demand", async () => {
  let fails = true;
  const { host, store, settled } = await openLab("en", (name, args, options) =>
    fails ? Promise.reject(new Error("no worker")) : call(name, args, options),
  );
  await expect.poll(() => store.state.getState().run.phase).toBe("failed");
  expect(host.querySelector('#lab-beliefs [role="alert"]')?.textContent).toContain("no worker");
  fails = false;
  await userEvent.click(host.querySelector("#lab-beliefs button")!);
  await settled();
  expect(host.querySelector('#lab-beliefs [role="alert"]')).toBeNull();
});
