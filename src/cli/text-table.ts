/** Rows as aligned columns, two spaces apart; numbers (columns marked "right") end together. Widths count East Asian wide characters as two. */
export function textTable(
  rows: readonly (readonly string[])[],
  align: readonly ("left" | "right")[],
): string {
  const widths = align.map((_, column) => Math.max(0, ...rows.map((row) => displayWidth(row[column] ?? ""))));
  return rows
    .map((row) =>
      align
        .map((side, column) => {
          const cell = row[column] ?? "";
          const padding = " ".repeat((widths[column] ?? 0) - displayWidth(cell));
          return side === "right" ? padding + cell : cell + padding;
        })
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

function displayWidth(text: string): number {
  return [...text].reduce(
    (width, character) =>
      width +
      (/[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/u.test(
        character,
      )
        ? 2
        : 1),
    0,
  );
}

/** "+0.12", "−0.12": a sign always, so that rows compare at a glance. */
export function signed(value: number, digits: number): string {
  const text = Math.abs(value).toFixed(digits);
  return `${value < 0 && Number(text) !== 0 ? "−" : "+"}${text}`;
}

/** "12.3 %" of a fraction. */
export function percent(fraction: number): string {
  return `${(fraction * 100).toFixed(1)} %`;
}
