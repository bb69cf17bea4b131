import { readPreference, rememberPreference } from "./preference.ts";

export const themes = ["system", "light", "dark"] as const;
export type Theme = (typeof themes)[number];

const preference = "becausal-theme";

/** The remembered appearance; the system's where none was chosen. */
export function preferredTheme(): Theme {
  const remembered = readPreference(preference);
  return themes.find((theme) => theme === remembered) ?? "system";
}

/** Shows the page in an appearance and remembers it. */
export function applyTheme(theme: Theme): void {
  if (theme === "system") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = theme;
  rememberPreference(preference, theme === "system" ? null : theme);
}
