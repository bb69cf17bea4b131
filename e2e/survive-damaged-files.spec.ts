import type { Route } from "@playwright/test";
import { expect, test } from "./fixtures.ts";

const PART = "part-02.bin";

type Damage = (route: Route) => Promise<void>;

const missing: Damage = (route) => route.fulfill({ status: 404, body: "" });

const short: Damage = async (route) => {
  const response = await route.fetch();
  const body = await response.body();
  await route.fulfill({ status: 200, body: body.subarray(0, body.length - 1000) });
};

/** One bit, in the middle of the weights. */
const altered: Damage = async (route) => {
  const response = await route.fetch();
  const body = Buffer.from(await response.body());
  body[body.length >> 1]! ^= 1;
  await route.fulfill({ status: 200, body });
};

const page404: Damage = (route) =>
  route.fulfill({ status: 200, contentType: "text/html", body: "<!doctype html><title>Sign in</title>" });

for (const [what, damage, words] of [
  ["missing", missing, /part-02\.bin could not be fetched/],
  ["short", short, /part-02\.bin arrived incomplete/],
  ["altered", altered, /part-02\.bin is not the file that was published/],
  ["replaced by a web page", page404, /part-02\.bin arrived incomplete/],
] as const)
  test(`a model part that is ${what} is fetched twice, then named; the history is safe and a retry works`, async ({
    app,
    page,
  }) => {
    let fetches = 0;
    await page.route(`**/${PART}`, async (route) => {
      fetches++;
      await damage(route);
    });
    await app.open("?backend=wasm");
    await app.add("toy st", "Toy Story");
    await expect(app.engine).toHaveAttribute("data-phase", "failed");
    await expect(app.engine.getByRole("alert")).toContainText(words);
    await expect(app.engine.getByRole("alert")).toContainText("Your history is stored and unharmed.");
    expect(fetches).toBe(2);
    expect(await app.replies("recommend"), "answers of a half-loaded engine").toEqual([]);

    await page.unroute(`**/${PART}`);
    await app.changing(() => app.engine.getByRole("button", { name: "Try again" }).click());
    await app.ready();
    expect(await app.titles()).toEqual(["Toy Story"]);
    expect(await app.top()).toHaveLength(10);
  });

test("a part that is damaged once on its way is fetched again, and nobody need know", async ({
  app,
  page,
}) => {
  let fetches = 0;
  await page.route(`**/${PART}`, async (route) => {
    if (++fetches === 1) await altered(route);
    else await route.continue();
  });
  await app.openReady("?backend=wasm");
  expect(fetches).toBe(2);
  await expect(page.getByRole("alert")).toHaveCount(0);
});

test("a pack's manifest that makes no sense is named", async ({ app, page }) => {
  await page.route("**/packs/movies/manifest.json", (route) =>
    route.fulfill({ json: { schema: "becausal-pack/9" } }),
  );
  await app.open("?backend=wasm");
  await expect(app.engine).toHaveAttribute("data-phase", "failed");
  await expect(app.engine.getByRole("alert")).toContainText("packs/movies/manifest.json cannot be read");
});
