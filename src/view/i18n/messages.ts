import type { en } from "./en.ts";
import type { evidence } from "./evidence-en.ts";

type Wording<T> = { readonly [Key in keyof T]: T[Key] extends string ? string : Wording<T[Key]> };

/** Everything the page can say: a language is complete when it has this type. */
export type Messages = Wording<typeof en>;

/** The same of the evidence page, a namespace of its own: one type of all keys is more than the compiler follows. */
export type EvidenceMessages = Wording<typeof evidence>;
