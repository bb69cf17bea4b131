import type { Page } from "@playwright/test";
import { expect, test } from "./fixtures.ts";

/** As much of a row of the log as is looked at here. */
interface Logged {
  readonly slateIds: readonly number[];
  readonly a: number;
  readonly p: readonly number[];
  readonly y: number | null;
  readonly visibleMs: number;
}

test("a film is picked by chance, and what is said of it outlives the page; it can be switched off", async ({
  app,
  page,
}) => {
  await app.openWith("?backend=wasm", [
    ["toy st", "Toy Story"],
    ["matrix", "The Matrix"],
  ]);
  const card = app.ranking.getByRole("region", { name: "Picked by chance" });
  const film = card.getByRole("heading", { level: 4 });
  await expect(film).toBeVisible();
  const like = card.getByRole("button", { name: "Like" });
  await like.click();
  await expect(like).toHaveAttribute("aria-pressed", "true");
  await expect(card.getByRole("status")).toContainText("you like it");
  const logged = (await readLog(page)).at(-1);
  expect(logged?.slateIds).toHaveLength(20);
  expect(logged?.y).toBe(1);
  const percent = 100 * (logged?.p[logged.a] ?? 0);
  await expect(card).toContainText(`${percent.toFixed(1)}% of such draws`);

  const before = await readLog(page);
  await page.reload();
  await expect(film).toBeVisible();
  const after = await readLog(page);
  expect(after).toHaveLength(before.length + 1);
  expect(after[before.length - 1]).toEqual(before.at(-1));

  await card.getByText("How much is left to chance").click();
  await card.getByRole("combobox").selectOption("Off");
  await expect(film).toHaveCount(0);
  await page.reload();
  await app.ready();
  await expect(app.ranking).toHaveAttribute("data-origin", "computed");
  await expect(card).toContainText("No film is picked by chance");
  expect(await readLog(page)).toHaveLength(after.length);
});

/** The log as it is on the disk, past the page's own code. */
function readLog(page: Page): Promise<readonly Logged[]> {
  return page.evaluate(
    () =>
      new Promise<Logged[]>((resolve, reject) => {
        const opening = indexedDB.open("becausal-log");
        opening.onerror = () => reject(opening.error);
        opening.onsuccess = () => {
          const db = opening.result;
          const reading = db.transaction("rows").objectStore("rows").getAll();
          reading.onerror = () => reject(reading.error);
          reading.onsuccess = () => {
            db.close();
            resolve(reading.result as Logged[]);
          };
        };
      }),
  );
}
