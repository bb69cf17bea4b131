/** @file Comma-separated files whose first line names their columns (RFC 4180), where one broken quote costs its own line and no other. */
import { parse } from "csv-parse/sync";
import { FailureError } from "../../core/failure.ts";
import { readLines } from "./lines.ts";

/** Lines that one row may reach over, by line breaks in quotes. */
const MOST_ROW_LINES = 50;
/** Rows that are parsed at once: the parser's start costs as much as many of them. */
const BATCH_ROWS = 1000;

export interface RowHandlers {
  /** The wanted columns of a row, in the order asked for. */
  onRow(line: number, cells: readonly string[]): void;
  onBadRow(line: number, reason: string): void;
}

/** Reads the columns `wanted`. Resolves to the file's sha256. Rejects with `file-missing`, or `file-invalid` where a column is missing. */
export async function readCsv(
  path: string,
  file: string,
  wanted: readonly string[],
  handlers: RowHandlers,
): Promise<string> {
  let rows = null as RowReader | null;
  const { sha256 } = await readLines(path, file, (line, number) => {
    if (rows !== null) rows.add(line, number);
    else rows = new RowReader(placesOf(line, wanted, file), handlers);
  });
  if (rows === null) throw new FailureError({ kind: "file-invalid", file, reason: "it is empty" });
  rows.end();
  return sha256;
}

interface Columns {
  readonly count: number;
  /** Of each wanted column. */
  readonly places: readonly number[];
}

function placesOf(header: string, wanted: readonly string[], file: string): Columns {
  const names = (parseRows(header)?.[0] ?? []).map((name) => name.trim());
  const missing = wanted.filter((name) => !names.includes(name));
  if (missing.length > 0) {
    const reason = `its first line has no column ${missing.join(", ")}`;
    throw new FailureError({ kind: "file-invalid", file, reason });
  }
  return { count: names.length, places: wanted.map((name) => names.indexOf(name)) };
}

class RowReader {
  readonly #columns: Columns;
  readonly #handlers: RowHandlers;
  /** A row whose quote is still open. */
  #open: { readonly first: number; readonly lines: string[] } | null = null;
  #batch: { readonly line: number; readonly text: string }[] = [];

  constructor(columns: Columns, handlers: RowHandlers) {
    this.#columns = columns;
    this.#handlers = handlers;
  }

  add(text: string, number: number): void {
    const closesOrOpens = text.split('"').length % 2 === 0;
    if (this.#open === null) {
      if (closesOrOpens) this.#open = { first: number, lines: [text] };
      else if (text !== "") this.#batch.push({ line: number, text });
    } else {
      this.#open.lines.push(text);
      if (closesOrOpens) this.#closeRow();
      else if (this.#open.lines.length >= MOST_ROW_LINES) this.#giveUpRow();
    }
    if (this.#batch.length >= BATCH_ROWS) this.#flush();
  }

  end(): void {
    while (this.#open !== null) this.#giveUpRow();
    this.#flush();
  }

  /** A row of several lines, whose quotes pair up. */
  #closeRow(): void {
    if (this.#open === null) return;
    const { first, lines } = this.#open;
    const row = parseRows(lines.join("\n"));
    if (row?.length !== 1 || row[0]?.length !== this.#columns.count) {
      this.#giveUpRow();
      return;
    }
    this.#open = null;
    this.#flush();
    this.#tell(first, row[0]);
  }

  /** The quote was no quote: its line is bad, what it took for its own is read again. */
  #giveUpRow(): void {
    if (this.#open === null) return;
    const { first, lines } = this.#open;
    this.#open = null;
    this.#flush();
    this.#handlers.onBadRow(first, "it has a quote that nothing closes");
    for (const [i, line] of lines.slice(1).entries()) this.add(line, first + 1 + i);
  }

  #flush(): void {
    const batch = this.#batch;
    this.#batch = [];
    const parsed = parseRows(batch.map(({ text }) => text).join("\n"));
    for (const [i, { line, text }] of batch.entries()) {
      const [row, ...more] = parsed?.length === batch.length ? [parsed[i]] : (parseRows(text) ?? []);
      if (row === undefined || more.length > 0)
        this.#handlers.onBadRow(line, "it has a quote inside a cell, or text behind one");
      else this.#tell(line, row);
    }
  }

  #tell(line: number, cells: readonly string[]): void {
    const { count, places } = this.#columns;
    if (cells.length !== count)
      this.#handlers.onBadRow(
        line,
        `it has ${cells.length} column${cells.length === 1 ? "" : "s"} where ${count} were expected`,
      );
    else
      this.#handlers.onRow(
        line,
        places.map((place) => (cells[place] ?? "").trim()),
      );
  }
}

/** Null where the text is not comma-separated values. */
function parseRows(text: string): string[][] | null {
  try {
    return parse(text, { relax_column_count: true, skip_empty_lines: true, record_delimiter: "\n" });
  } catch {
    return null;
  }
}
