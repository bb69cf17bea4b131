export function findBrowser(): string | null;
export const browserArgs: string[];
export const howToInstall: string;
