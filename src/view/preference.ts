/** A remembered choice, or null where this browser stores nothing for the page. */
export function readPreference(name: string): string | null {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

/** Remembers a choice; null forgets it. Where storage is refused the choice holds for this visit only. */
export function rememberPreference(name: string, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(name);
    else localStorage.setItem(name, value);
  } catch {
    // A choice of appearance is not worth a message.
  }
}
