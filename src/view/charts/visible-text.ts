/** Text of a token with its spaces and line breaks visible. */
export function visibleText(text: string): string {
  return text.replaceAll(" ", "\u00b7").replaceAll("\n", "\u23ce");
}
