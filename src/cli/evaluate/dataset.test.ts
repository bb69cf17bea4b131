/** @file Data sets of every format from disk: what is read, and what is said of what is not. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { Problems } from "../../evaluate/problems.ts";
import { type DatasetFiles, readDataset } from "./dataset.ts";

const root = mkdtempSync(join(tmpdir(), "becausal-evaluate-"));
afterAll(() => rmSync(root, { recursive: true }));

let folders = 0;
function folderOf(files: Record<string, string | Uint8Array>): string {
  const folder = join(root, `${folders++}`);
  mkdirSync(folder);
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  return folder;
}

async function read(files: Record<string, string | Uint8Array>) {
  const problems = new Problems();
  return { data: await readDataset(folderOf(files), problems), problems };
}

function rowsOf({ ratings }: DatasetFiles) {
  return [...ratings.user.keys()].map((row) => [
    ratings.userIds[ratings.user[row]!],
    ratings.itemIds[ratings.item[row]!],
    ratings.rating[row],
    ratings.time[row],
  ]);
}

const INTER = "user_id:token\titem_id:token\trating:float\ttimestamp:float\n";
const ITEM = "item_id:token\tmovie_title:token_seq\trelease_year:token\tclass:token_seq\n";

describe("RecBole's atomic files", () => {
  test("columns are found by name and type, in any order, with others beside them", async () => {
    const { data, problems } = await read({
      "toy.inter":
        "rating:float\tmood:token\ttimestamp:float\titem_id:token\tuser_id:token\n4\tx\t8.5e2\ti1\tu1\r\n",
      "toy.item": `${ITEM}1\tHeat\t1995\tAction Crime\n`,
    });
    expect(data).toMatchObject({ name: "toy", format: "recbole", ratingsFile: "toy.inter" });
    expect(rowsOf(data)).toEqual([["u1", "i1", 4, 850]]);
    expect(data.names?.get("1")).toBe("Heat (1995)");
    expect(problems.count).toBe(0);
  });

  test("without ratings every row is kept", async () => {
    const { data } = await read({ "t.inter": "user_id:token\titem_id:token\ttimestamp:float\nu\ti\t1\n" });
    expect(rowsOf(data)).toEqual([["u", "i", Number.POSITIVE_INFINITY, 1]]);
  });

  test("every bad row is counted and named with its line, and the others are read", async () => {
    const { data, problems } = await read({
      "t.inter": `${INTER}u\ti\t4\t1\nu\ti\t4\nu\t\t4\t1\n\ti\t4\t1\nu\ti\tgood\t1\nu\ti\t4\tyesterday\nu\ti\t\t1\n\nu\ti\tNaN\t1\nu\tj\t5\t2`,
    });
    expect(rowsOf(data)).toEqual([
      ["u", "i", 4, 1],
      ["u", "j", 5, 2],
    ]);
    expect(problems.named).toEqual(
      [
        [3, "it has 3 columns where 4 were expected"],
        [4, "it names no film"],
        [5, "it names no user"],
        [6, 'the rating "good" is no number'],
        [7, 'the time "yesterday" is no number'],
        [8, 'the rating "" is no number'],
        [10, 'the rating "NaN" is no number'],
      ].map(([line, reason]) => ({ file: "t.inter", line, reason })),
    );
    expect(data.files[0]).toMatchObject({ file: "t.inter", rows: 9, badRows: 7 });
  });

  test.for([
    ["user_id\titem_id\ttimestamp\nu\ti\t1\n", "no column user_id:token, item_id:token, timestamp:float"],
    [`${INTER}u\ti\tx\t1\n`, 'none of its 1 rows is a rating; the first row: the rating "x" is no number'],
    [INTER, "none of its 0 rows is a rating"],
  ] as const)("refused: %j", async ([content, reason]) => {
    await expect(read({ "t.inter": content })).rejects.toThrow(reason);
  });

  test("titles of another layout are said to be missing", async () => {
    const { data, problems } = await read({
      "t.inter": `${INTER}u\ti\t4\t1\n`,
      "t.item": "item_id:token\nx\n",
    });
    expect(data.names).toBeNull();
    expect(problems.named[0]).toMatchObject({ file: "t.item", line: null });
    expect(problems.named[0]?.reason).toContain("films are found by id alone");
  });
});

describe("MovieLens CSV", () => {
  const RATINGS = "userId,movieId,rating,timestamp\n";
  test("quoted titles, line breaks in them and a byte order mark are read", async () => {
    const { data, problems } = await read({
      "ratings.csv": `\ufeff${RATINGS}1,31,2.5,1260759144\r\n1,1029,3.0,1260759179\r\n`,
      "movies.csv":
        'movieId,title,genres\n31,"Matrix, The (1999)",Action\n1029,"A ""B""\nC (2000)",Drama\n5,É (1990),X\n',
    });
    expect(data.format).toBe("movielens-csv");
    expect(rowsOf(data)).toEqual([
      ["1", "31", 2.5, 1260759144],
      ["1", "1029", 3, 1260759179],
    ]);
    expect([...(data.names ?? [])]).toEqual([
      ["31", "Matrix, The (1999)"],
      ["1029", 'A "B"\nC (2000)'],
      ["5", "É (1990)"],
    ]);
    expect(problems.count).toBe(0);
  });

  test("bad rows are named with their lines, in both files", async () => {
    const { data, problems } = await read({
      "ratings.csv": `${RATINGS}1,2,3,4\n1,2,3\n1,"2"x,3,4\n1,2,three,4\n1,5,3,4\n`,
      "movies.csv": "movieId,title,genres\n2,Heat (1995),X\n2,Heat (1995),X\n3,,X\n",
    });
    expect(rowsOf(data)).toHaveLength(2);
    expect(problems.named.map(({ file, line }) => [file, line])).toEqual([
      ["ratings.csv", 3],
      ["ratings.csv", 4],
      ["ratings.csv", 5],
      ["movies.csv", 3],
      ["movies.csv", 4],
    ]);
    expect(data.files).toMatchObject([
      { rows: 5, badRows: 3 },
      { rows: 3, badRows: 2 },
    ]);
  });

  test("a quote without end costs its own line and no other", async () => {
    const { data, problems } = await read({
      "ratings.csv": `${RATINGS}1,2,3,4\n1,"3,3,4\n1,4,3,5\n1,5"x,3,5\n1,6,3,5\n1,7,"3,4\n1,8,3,5\n`,
    });
    expect(rowsOf(data).map(([, item]) => item)).toEqual(["2", "4", "6", "8"]);
    expect(problems.named).toEqual([
      { file: "ratings.csv", line: 3, reason: "it has a quote that nothing closes" },
      { file: "ratings.csv", line: 5, reason: "it has a quote that nothing closes" },
      { file: "ratings.csv", line: 7, reason: "it has a quote that nothing closes" },
    ]);
  });

  test("another export of that name is refused", async () => {
    await expect(read({ "ratings.csv": "Date,Name,Year,Rating\n2020-01-01,Heat,1995,5\n" })).rejects.toThrow(
      "its first line has no column userId, movieId, rating, timestamp",
    );
  });
});

test("MovieLens 100K's own files: no header, bars, Latin-1", async () => {
  const flags = new Array<string>(19).fill("0").join("|");
  const { data, problems } = await read({
    "u.data": "196\t242\t3\t881250949\n186\t302\t3\n",
    "u.item": Buffer.from(`242|Misérables, Les (1995)|01-Jan-1995||http://x|${flags}\n`, "latin1"),
  });
  expect(data.format).toBe("ml-100k");
  expect(rowsOf(data)).toEqual([["196", "242", 3, 881250949]]);
  expect(data.names?.get("242")).toBe("Les Misérables (1995)");
  expect(problems.named).toEqual([
    { file: "u.data", line: 2, reason: "it has 3 columns where 4 were expected" },
  ]);
});

test.for([
  [{}, "it has neither a NAME.inter"],
  [{ "a.inter": INTER, "u.data": "" }, "several data sets (a.inter, u.data)"],
  [{ "a.inter": INTER, "b.inter": INTER }, "several data sets (a.inter, b.inter)"],
] as const)("a folder that could mean none or two is refused: %j", async ([files, reason]) => {
  await expect(read(files)).rejects.toThrow(reason);
});

test("a folder that is not there is named", async () => {
  await expect(readDataset(join(root, "nowhere"), new Problems())).rejects.toMatchObject({
    failure: { kind: "file-missing" },
  });
});

test.for([
  ["t.inter", INTER, "\t"],
  ["ratings.csv", "userId,movieId,rating,timestamp\n", ","],
] as const)("100,000 rows of %s are read, every one", async ([file, head, separator]) => {
  const rows = Array.from({ length: 100_000 }, (_, i) =>
    [i % 943, i % 1682, 1 + (i % 5), 8e8 + i].join(separator),
  );
  const folder = folderOf({ [file]: `${head}${rows.join("\n")}\n` });
  const { ratings } = await readDataset(folder, new Problems());
  expect(ratings.user.length).toBe(100_000);
});
