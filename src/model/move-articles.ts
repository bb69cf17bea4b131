const ARTICLES = "The|A|An|La|Le|Les|L'|El|Los|Las|Il|Lo|Der|Die|Das|Den|Det|Un|Une|Da";
// A lone "I" or "De" behind a comma is an article only in a foreign title, never in an English one ("Sam, I").
const FOREIGN_ARTICLES = `${ARTICLES}|I|En|De`;
const MAIN_TITLE = new RegExp(`^(.*?), (${ARTICLES})((?:: .*)?(?: \\([^()]*\\))*)$`);
const OTHER_TITLE = new RegExp(`\\((a\\.k\\.a\\. )?([^()]*), (${FOREIGN_ARTICLES})\\)`, "g");

/**
 * Puts the article of a title, and of each alternative title in parentheses, in front of it: "Matrix, The" becomes "The Matrix". The
 * rule by which training writes titles, so that both sides tokenise the same text.
 */
export function moveArticles(title: string): string {
  const others = title
    .trim()
    .replace(/\s+/g, " ")
    .replace(
      OTHER_TITLE,
      (_, known: string | undefined, rest: string, article: string) =>
        `(${known ?? ""}${inFront(article, rest)})`,
    );
  const [, rest, article, behind] = MAIN_TITLE.exec(others) ?? [];
  return rest === undefined || article === undefined ? others : inFront(article, rest) + (behind ?? "");
}

function inFront(article: string, title: string): string {
  return article.endsWith("'") ? article + title : `${article} ${title}`;
}
