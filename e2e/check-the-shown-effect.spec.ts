import { expect, test, toNumber } from "./fixtures.ts";

test("taking a film out of the list moves every log-odds on the page by the number in the map", async ({
  app,
  page,
}) => {
  await app.openWith("?backend=wasm", [
    ["toy st", "Toy Story"],
    ["matrix", "The Matrix"],
    ["alien 1979", "Alien"],
    ["blade run", "Blade Runner"],
  ]);
  await app.answered();
  await app.explained();
  const before = await app.verdicts();
  expect(before.size).toBe(10);

  await app.effects.getByText("The same numbers as a plain table").click();
  const table = app.effects.getByRole("region", { name: "The same numbers as a plain table" });
  const recommended = await table.locator("thead cite").allInnerTexts();
  const row = table.getByRole("row", { name: /^The Matrix/ });
  const effects = (await row.getByRole("cell").allInnerTexts()).map((text) => toNumber(text.split(" ")[0]!));
  expect(effects).toHaveLength(recommended.length);

  await app.changing(() => page.getByRole("button", { name: "Remove The Matrix" }).click());
  const after = await app.verdicts();
  const still = recommended.filter((title) => after.has(title));
  expect(still.length, "films that are in both top tens").toBeGreaterThan(0);
  for (const title of still) {
    const moved = before.get(title)! - after.get(title)!;
    expect(Math.abs(moved - effects[recommended.indexOf(title)]!), title).toBeLessThanOrEqual(1e-3);
  }
});
