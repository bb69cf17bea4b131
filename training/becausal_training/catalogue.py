"""Films as the app names them: article in front, year apart, and the title text that goes into a prompt."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from becausal_training.files import sha256
from becausal_training.tokenizer import Tokenizer

YearRule = Literal["always", "when-ambiguous"]
MAX_TITLE_TOKENS = 18

_ARTICLES = "The|A|An|La|Le|Les|L'|El|Los|Las|Il|Lo|Der|Die|Das|Den|Det|Un|Une|Da"
# A lone "I" or "De" behind a comma is an article only in a foreign title, never in an English one ("Sam, I").
_FOREIGN_ARTICLES = f"{_ARTICLES}|I|En|De"
_MAIN_TITLE = re.compile(rf"^(.*?), ({_ARTICLES})((?:: .*)?(?: \([^()]*\))*)$")
_OTHER_TITLE = re.compile(rf"\((a\.k\.a\. )?([^()]*), ({_FOREIGN_ARTICLES})\)")


@dataclass(frozen=True)
class Film:
    """One row of the catalogue; `popularity` counts the kept interactions of the training users."""

    id: int
    movie_id: int
    title: str
    year: int | None
    genres: tuple[str, ...]
    popularity: int

    def to_json(self) -> dict[str, Any]:
        """Returns the row of `catalogue.json`."""
        return {
            "id": self.id,
            "movieId": self.movie_id,
            "title": self.title,
            "year": self.year,
            "genres": list(self.genres),
            "popularity": self.popularity,
        }

    @classmethod
    def from_json(cls, row: dict[str, Any]) -> "Film":
        """Reads a row of `catalogue.json`."""
        return cls(row["id"], row["movieId"], row["title"], row["year"], tuple(row["genres"]), row["popularity"])


def move_articles(title: str) -> str:
    """Puts the article of a title, and of each alternative title in parentheses, in front of it."""
    title = _OTHER_TITLE.sub(lambda m: f"({m[1] or ''}{_in_front(m[3], m[2])})", " ".join(title.split()))
    main = _MAIN_TITLE.match(title)
    return f"{_in_front(main[2], main[1])}{main[3]}" if main else title


def _in_front(article: str, title: str) -> str:
    return f"{article}{title}" if article.endswith("'") else f"{article} {title}"


def prompt_titles(films: Sequence[Film], year_rule: YearRule) -> list[str]:
    """Returns the text that stands for each film in a prompt (docs/formats.md, section 2)."""
    count = Counter(film.title.lower() for film in films)

    def text(film: Film) -> str:
        shows_year = film.year is not None and (year_rule == "always" or count[film.title.lower()] > 1)
        return f"{film.title} ({film.year})" if shows_year else film.title

    return [text(film) for film in films]


def title_tokens(films: Sequence[Film], year_rule: YearRule, tokenizer: Tokenizer) -> list[list[int]]:
    """Returns the tokens of each film's title with its leading space, cut at the end to `MAX_TITLE_TOKENS`."""
    return [tokenizer.encode(" " + text)[:MAX_TITLE_TOKENS] for text in prompt_titles(films, year_rule)]


def title_tokens_sha256(tokens: Sequence[Sequence[int]]) -> str:
    """sha256 of the little-endian int32 sequence `[count, ids...]`, film by film."""
    flat = [number for ids in tokens for number in (len(ids), *ids)]
    return sha256(np.array(flat, dtype="<i4").tobytes())
