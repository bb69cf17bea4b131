import type { en } from "./en.ts";
import type { evidence } from "./evidence-en.ts";
import type { lab } from "./lab-en.ts";
import type { learn } from "./learn-en.ts";
import type { taste } from "./taste-en.ts";

type Wording<T> = { readonly [Key in keyof T]: T[Key] extends string ? string : Wording<T[Key]> };

/** Everything the first page can say: a language is complete when it has this type. */
export type Messages = Wording<typeof en>;

/** The same of the other pages, each a namespace of its own: one type of all keys is more than the compiler follows. */
export type EvidenceMessages = Wording<typeof evidence>;
export type TasteMessages = Wording<typeof taste>;
export type LearnMessages = Wording<typeof learn>;
export type LabMessages = Wording<typeof lab>;
