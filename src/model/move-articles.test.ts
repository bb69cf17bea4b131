import { expect, test } from "vitest";
import { moveArticles } from "./move-articles.ts";

// The same pairs as training/tests/test_catalogue.py: the two sides must write titles alike.
test.for([
  ["Matrix, The", "The Matrix"],
  [
    "Good, the Bad and the Ugly, The (Buono, il brutto, il cattivo, Il)",
    "The Good, the Bad and the Ugly (Il Buono, il brutto, il cattivo)",
  ],
  ["Avventura, L' (Adventure, The)", "L'Avventura (The Adventure)"],
  ["Human Centipede II (Full Sequence), The", "The Human Centipede II (Full Sequence)"],
  ["Librarian, The: The Curse of the Judas Chalice", "The Librarian: The Curse of the Judas Chalice"],
  ["Hidden (a.k.a. Cache, The) (Caché)", "Hidden (a.k.a. The Cache) (Caché)"],
  ["Corrina, Corrina", "Corrina, Corrina"],
  ["Blind Side, The ", "The Blind Side"],
  ["Sam, I", "Sam, I"],
])("%s", ([stored, shown]) => {
  expect(moveArticles(stored!)).toBe(shown);
});
