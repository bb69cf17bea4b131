/** A catalogue title in two: what people call the film, and the other names that MovieLens lists in brackets behind it. */
export interface TitleParts {
  readonly name: string;
  readonly alias: string | null;
}

/**
 * "Seven (a.k.a. Se7en)" is Seven, also a.k.a. Se7en. A bracket that belongs to the title, behind a word that cannot end one ("Birdman:
 * Or (The Unexpected Virtue of Ignorance)"), stays.
 */
export function titleParts(title: string): TitleParts {
  const [, name, alias] = /^([^(]+?)\s*\((.+)\)$/.exec(title) ?? [];
  if (name === undefined || alias === undefined || /\b(or|of|the|and|a)$/i.test(name))
    return { name: title, alias: null };
  const others = alias.split(") (").filter((other) => other !== name);
  return { name, alias: others.length === 0 ? null : others.join(", ") };
}
