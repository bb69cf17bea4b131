/** Text as it may stand in XML, between tags or in a quoted attribute. What XML cannot hold at all (control characters, half of a pair) is left out. */
export function escapeXml(text: string): string {
  return text
    .replace(/\p{Surrogate}/gu, "")
    .replace(forbidden, "")
    .replace(/[&<>"']/g, (character) => entities[character] ?? "");
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what XML 1.0 forbids.
const forbidden = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g;

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/**
 * Text broken into at most `lines` lines of about `width` ems, at spaces where there are any; what does not fit ends in "…". Widths
 * are a rule of thumb: half an em for a letter, a whole one for a full-width character.
 */
export function wrapText(text: string, width: number, lines: number): readonly string[] {
  const wrapped: string[] = [];
  let line = "";
  for (const word of text.split(/(?<=\s)/)) {
    if (line !== "" && ems(line + word.trimEnd()) > width) {
      wrapped.push(line.trimEnd());
      line = "";
    }
    line += word;
  }
  wrapped.push(line.trimEnd());
  const kept = wrapped.slice(0, lines);
  return kept.map((each, i) => {
    const more = i === lines - 1 && wrapped.length > lines;
    return more || ems(each) > width ? `${cut(each, width - 0.5)}…` : each;
  });
}

function cut(text: string, width: number): string {
  const characters = [...text];
  while (characters.length > 0 && ems(characters.join("")) > width) characters.pop();
  return characters.join("").trimEnd();
}

function ems(text: string): number {
  return [...text].reduce((sum, character) => sum + ((character.codePointAt(0) ?? 0) >= 0x1100 ? 1 : 0.5), 0);
}
