/** A cell of a table: text is guarded, a number stays a number, null is an empty cell. */
export type CsvCell = string | number | null;

/**
 * Rows as CSV after RFC 4180: CRLF after every row, a cell quoted where it holds a quote, a comma or a line break. Text that a
 * spreadsheet would run as a formula, because it begins with = + - @ (full width too), a tab or a line break, gets an apostrophe in
 * front.
 */
export function toCsv(rows: readonly (readonly CsvCell[])[]): string {
  return rows.map((row) => `${row.map(csvCell).join(",")}\r\n`).join("");
}

function csvCell(cell: CsvCell): string {
  if (cell === null) return "";
  if (typeof cell === "number") return Number.isFinite(cell) ? String(cell) : "";
  const guarded = /^[=+\-@＝＋－＠\t\r\n]/.test(cell) ? `'${cell}` : cell;
  return /["\r\n,]/.test(guarded) ? `"${guarded.replaceAll('"', '""')}"` : guarded;
}
