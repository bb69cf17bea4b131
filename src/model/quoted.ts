const LONGEST = 80;

/**
 * A name from outside as a message shows it: in quotes, at most 80 characters, and with whatever does not print (control characters,
 * bidirectional marks, line separators, lone surrogates) as an escape.
 */
export function quoted(name: string): string {
  const shown = name.length > LONGEST ? `${name.slice(0, LONGEST)}…` : name;
  return JSON.stringify(shown).replace(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
}
