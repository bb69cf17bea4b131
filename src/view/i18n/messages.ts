import type { en } from "./en.ts";

type Wording<T> = { readonly [Key in keyof T]: T[Key] extends string ? string : Wording<T[Key]> };

/** Everything the page can say: a language is complete when it has this type. */
export type Messages = Wording<typeof en>;
