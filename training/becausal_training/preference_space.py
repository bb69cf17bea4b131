"""The film preference space: what a persona can be for or against, each direction computed from films and ratings.

A direction gives every film a value between 0 and 1: whether it is of a kind (binary), or where it stands on an axis
(quantile, in sixteenths). Quantiles are of what the users watched and not of the catalogue: 0.5 is a film that half of all
watching lies below, so that an axis spreads the films that people know. Ratings are those of the users given, who are
training users: all of them for the app, all but a fold for what is learnt from the fold's users.
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np
import numpy.typing as npt

from becausal_training.catalogue import Film
from becausal_training.interactions import User

Doubles = npt.NDArray[np.float64]
LEVELS = 16
"""Different values of a quantile."""
PRIOR_RATINGS = 10.0
"""How many ratings at the mean of all films a film's own are diluted with."""
TOP_SHARE, LOW_SHARE = 0.75, 0.35

_NUMERAL = re.compile(r"(?<=\S)\s(?:Part\s)?(?:II|III|IV|VI|VII|VIII|IX|V|[2-9]|[2-9]-D|3D)$")
_BRACKETS = re.compile(r"\s*\([^()]*\)")
_CUT = re.compile(r":| - | and the | and The ")
_FOREIGN_ARTICLE = re.compile(r"^(?:La|Le|Les|L'|El|Los|Las|Il|Lo|Der|Die|Das|Den|Det|Un|Une) ?\S")


@dataclass(frozen=True)
class Text:
    """A text in both languages of the app."""

    en: str
    ja: str


@dataclass(frozen=True)
class FilmFacts:
    """What directions are computed from: the films and what some users thought of them, all `[films]`."""

    films: Sequence[Film]
    watched: Doubles
    """How often a film was kept."""
    ratings: Doubles
    """How often it was rated."""
    mean: Doubles
    """Mean stars, diluted with `PRIOR_RATINGS` ratings at the mean of all."""
    variance: Doubles
    """Variance of its stars about that mean, diluted in the same way."""
    loved: Doubles
    """Share of ratings of 5 stars, diluted in the same way."""

    @classmethod
    def of(cls, films: Sequence[Film], users: Sequence[User]) -> "FilmFacts":
        """Counts over `users`; users without stars count what they kept as 4 and the rest as 2."""
        items = np.concatenate([user.items for user in users])
        stars = np.concatenate([2.0 + 2.0 * user.kept if user.stars is None else user.stars for user in users])
        kept = np.concatenate([user.kept for user in users])

        def counted(weights: npt.NDArray | None = None) -> Doubles:
            return np.bincount(items, weights, len(films)).astype(np.float64)

        ratings = counted()
        overall = float(stars.mean())
        mean = (counted(stars) + PRIOR_RATINGS * overall) / (ratings + PRIOR_RATINGS)
        squares = counted((stars - mean[items]) ** 2)
        variance = (squares + PRIOR_RATINGS * squares.sum() / len(items)) / (ratings + PRIOR_RATINGS)
        is_five = stars == 5.0
        loved = (counted(is_five) + PRIOR_RATINGS * is_five.mean()) / (ratings + PRIOR_RATINGS)
        return cls(films, counted(kept), ratings, mean, variance, loved)

    def quantile(self, values: Doubles) -> Doubles:
        """Returns the share of all watching that falls on films of a lower value, ties counted half, in sixteenths."""
        weights = self.watched if self.watched.any() else np.ones(len(values))
        _, group = np.unique(values, return_inverse=True)
        mass = np.bincount(group, weights)
        below = (np.cumsum(mass) - mass / 2) / mass.sum()
        return np.minimum(np.floor(below * LEVELS), LEVELS - 1)[group] / (LEVELS - 1)

    def years(self) -> Doubles:
        """Returns the year of every film, not a number where it is unknown."""
        return np.array([np.nan if film.year is None else film.year for film in self.films], dtype=np.float64)


@dataclass(frozen=True)
class Direction:
    """One preference direction: what it is called, what it means, what a prompt says, and how it is computed."""

    id: str
    name: Text
    definition: Text
    phrase: str
    """How a prompt names it behind "Likes:" or "Dislikes:"."""
    kind: Literal["binary", "quantile"]
    attribute: Callable[[FilmFacts], npt.NDArray]
    """Values `[films]`: truth for a binary direction, from 0 to 1 in sixteenths for a quantile."""
    genres: tuple[str, ...] = ()
    """The genres that a film of it has."""

    def is_made_of(self, other: "Direction") -> bool:
        """Whether every film of this one is of the other by definition."""
        return bool(other.genres) and set(other.genres) < set(self.genres)


def film_attributes(facts: FilmFacts) -> Doubles:
    """Returns `[films, directions]`, each value between 0 and 1."""
    return np.stack([direction.attribute(facts).astype(np.float64) for direction in DIRECTIONS], 1)


def _of_genres(facts: FilmFacts, genres: tuple[str, ...]) -> npt.NDArray[np.bool_]:
    names = [{"Children", "Children's"} if genre == "Children" else {genre} for genre in genres]
    return np.array([all(name & set(film.genres) for name in names) for film in facts.films])


def _genre(genre: str, name: str, ja: str) -> Direction:
    return Direction(
        id=f"genre-{genre.lower()}",
        name=Text(name.capitalize() if name != "IMAX" else name, ja),
        definition=Text(f"The catalogue lists the film under {genre}.", f"カタログで「{ja}」に分類された作品。"),
        phrase=name,
        kind="binary",
        attribute=partial(_of_genres, genres=(genre,)),
        genres=(genre,),
    )


def _blend(first: str, second: str, identifier: str, phrase: str, ja: str, ja_genres: str) -> Direction:
    return Direction(
        id=identifier,
        name=Text(phrase[0].upper() + phrase[1:], ja),
        definition=Text(
            f"The catalogue lists the film under both {first} and {second}.", f"{ja_genres}の両方に分類された作品。"
        ),
        phrase=phrase,
        kind="binary",
        attribute=partial(_of_genres, genres=(first, second)),
        genres=(first, second),
    )


def _era(phrase: str, ja: str, first: int, last: int) -> Direction:
    span = f"before {last + 1}" if first == 0 else f"from {first} to {last}"
    return Direction(
        id=f"era-before-{last + 1}" if first == 0 else f"era-{first}",
        name=Text(phrase[0].upper() + phrase[1:], ja),
        definition=Text(
            f"The film came out {span}.",
            f"{last}年以前に公開された作品。" if first == 0 else f"{first}年から{last}年に公開された作品。",
        ),
        phrase=phrase,
        kind="binary",
        attribute=partial(_of_years, first=first, last=last),
    )


def _of_years(facts: FilmFacts, first: int, last: int) -> npt.NDArray[np.bool_]:
    years = facts.years()
    return (years >= first) & (years <= last)


def _series_key(title: str) -> str:
    """The part of a title that films of one series share: up to a colon, dash or "and the", without brackets and numeral."""
    head = _CUT.split(_BRACKETS.sub("", title))[0].strip()
    return _NUMERAL.sub("", head).strip().lower()


def _of_series(facts: FilmFacts) -> npt.NDArray[np.bool_]:
    keys = [_series_key(film.title) for film in facts.films]
    titles: dict[str, set[str]] = {}
    for key, film in zip(keys, facts.films, strict=True):
        titles.setdefault(key, set()).add(film.title.lower())
    return np.array([len(titles[key]) > 1 for key in keys])


def _is_sequel(facts: FilmFacts) -> npt.NDArray[np.bool_]:
    heads = [_CUT.split(_BRACKETS.sub("", film.title))[0].strip() for film in facts.films]
    return np.array([_NUMERAL.search(head) is not None for head in heads]) & _of_series(facts)


def _is_remade(facts: FilmFacts) -> npt.NDArray[np.bool_]:
    count = Counter(film.title.lower() for film in facts.films)
    return np.array([count[film.title.lower()] > 1 for film in facts.films])


def _has_foreign_title(facts: FilmFacts) -> npt.NDArray[np.bool_]:
    def foreign(title: str) -> bool:
        second = re.search(r"\(([^()]+)\)", title)
        return bool(_FOREIGN_ARTICLE.match(title)) or (second is not None and not second[1].startswith("a.k.a."))

    return np.array([foreign(film.title) for film in facts.films])


def _newness(facts: FilmFacts) -> Doubles:
    years = facts.years()
    # A film of unknown year stands in the middle of the axis.
    return facts.quantile(np.where(np.isnan(years), np.nanmedian(years) if not np.isnan(years).all() else 0.0, years))


def _mainstream(facts: FilmFacts) -> Doubles:
    return facts.quantile(facts.watched)


def _acclaim(facts: FilmFacts) -> Doubles:
    return facts.quantile(facts.mean)


def _polarising(facts: FilmFacts) -> Doubles:
    return facts.quantile(facts.variance)


def _loved(facts: FilmFacts) -> Doubles:
    return facts.quantile(facts.loved)


def _genre_mix(facts: FilmFacts) -> Doubles:
    return facts.quantile(np.array([len(film.genres) for film in facts.films], dtype=np.float64))


def _is_blockbuster(facts: FilmFacts) -> npt.NDArray[np.bool_]:
    return _mainstream(facts) >= TOP_SHARE


def _is_hidden_gem(facts: FilmFacts) -> npt.NDArray[np.bool_]:
    return (_mainstream(facts) <= LOW_SHARE) & (_acclaim(facts) >= TOP_SHARE)


def _is_guilty_pleasure(facts: FilmFacts) -> npt.NDArray[np.bool_]:
    return (_mainstream(facts) > LOW_SHARE) & (_acclaim(facts) <= LOW_SHARE)


def _is_classic(facts: FilmFacts) -> npt.NDArray[np.bool_]:
    return (facts.years() < 1980) & (_acclaim(facts) >= TOP_SHARE)


DIRECTIONS: tuple[Direction, ...] = (
    _genre("Action", "action", "アクション"),
    _genre("Adventure", "adventure", "冒険"),
    _genre("Animation", "animation", "アニメーション"),
    _genre("Children", "children's films", "子ども向け"),
    _genre("Comedy", "comedy", "コメディ"),
    _genre("Crime", "crime", "犯罪"),
    _genre("Documentary", "documentary", "ドキュメンタリー"),
    _genre("Drama", "drama", "ドラマ"),
    _genre("Fantasy", "fantasy", "ファンタジー"),
    _genre("Film-Noir", "film noir", "フィルム・ノワール"),
    _genre("Horror", "horror", "ホラー"),
    _genre("IMAX", "IMAX", "IMAX"),
    _genre("Musical", "musical", "ミュージカル"),
    _genre("Mystery", "mystery", "ミステリー"),
    _genre("Romance", "romance", "恋愛"),
    _genre("Sci-Fi", "science fiction", "SF"),
    _genre("Thriller", "thriller", "スリラー"),
    _genre("War", "war", "戦争"),
    _genre("Western", "western", "西部劇"),
    _blend("Comedy", "Romance", "blend-romantic-comedy", "romantic comedy", "ラブコメディ", "コメディと恋愛"),
    _blend("Comedy", "Drama", "blend-comedy-drama", "comedy drama", "コメディドラマ", "コメディとドラマ"),
    _blend("Crime", "Thriller", "blend-crime-thriller", "crime thriller", "犯罪スリラー", "犯罪とスリラー"),
    _blend("Action", "Sci-Fi", "blend-science-fiction-action", "science fiction action", "SFアクション", "SFとアクション"),
    _blend(
        "Animation", "Children", "blend-family-animation", "family animation", "家族向けアニメ", "アニメーションと子ども向け"
    ),
    _blend("Adventure", "Fantasy", "blend-fantasy-adventure", "fantasy adventure", "冒険ファンタジー", "冒険とファンタジー"),
    _era("films before 1960", "1960年より前", 0, 1959),
    _era("1960s", "1960年代", 1960, 1969),
    _era("1970s", "1970年代", 1970, 1979),
    _era("1980s", "1980年代", 1980, 1989),
    _era("1990s", "1990年代", 1990, 1999),
    _era("2000s", "2000年代", 2000, 2009),
    _era("2010s", "2010年代", 2010, 2019),
    Direction(
        "axis-new",
        Text("New rather than old", "古い作品より新しい作品"),
        Text("Share of all watching that falls on older films.", "視聴全体のうち、より古い作品に向けられた割合。"),
        "new films",
        "quantile",
        _newness,
    ),
    Direction(
        "axis-mainstream",
        Text("Mainstream rather than niche", "通好みより人気作"),
        Text(
            "Share of all watching that falls on films fewer people watch.",
            "視聴全体のうち、より観られていない作品に向けられた割合。",
        ),
        "mainstream films",
        "quantile",
        _mainstream,
    ),
    Direction(
        "axis-acclaimed",
        Text("Acclaimed", "高評価"),
        Text(
            "Share of all watching that falls on films with a lower mean rating.",
            "視聴全体のうち、平均評価がより低い作品に向けられた割合。",
        ),
        "acclaimed films",
        "quantile",
        _acclaim,
    ),
    Direction(
        "axis-polarising",
        Text("Polarising", "賛否両論"),
        Text(
            "Share of all watching that falls on films whose ratings agree more.",
            "視聴全体のうち、評価がより割れていない作品に向けられた割合。",
        ),
        "polarising films",
        "quantile",
        _polarising,
    ),
    Direction(
        "axis-loved",
        Text("Loved by some", "熱く愛される"),
        Text(
            "Share of all watching that falls on films fewer people give 5 stars.",
            "視聴全体のうち、星5つの割合がより低い作品に向けられた割合。",
        ),
        "films with devoted fans",
        "quantile",
        _loved,
    ),
    Direction(
        "axis-genre-mix",
        Text("Mixed genres", "ジャンル混合"),
        Text(
            "Share of all watching that falls on films of fewer genres.",
            "視聴全体のうち、ジャンル数がより少ない作品に向けられた割合。",
        ),
        "genre blends",
        "quantile",
        _genre_mix,
    ),
    Direction(
        "kind-blockbuster",
        Text("Blockbusters", "大ヒット作"),
        Text(
            "Among the most watched films, which make up a quarter of all watching.",
            "視聴全体の四分の一を占める、最もよく観られた作品。",
        ),
        "blockbusters",
        "binary",
        _is_blockbuster,
    ),
    Direction(
        "kind-hidden-gem",
        Text("Hidden gems", "隠れた名作"),
        Text("Little watched, and rated higher than most.", "あまり観られていないが、多くの作品より評価が高い。"),
        "hidden gems",
        "binary",
        _is_hidden_gem,
    ),
    Direction(
        "kind-guilty-pleasure",
        Text("Guilty pleasures", "B級の楽しみ"),
        Text("Widely watched, and rated lower than most.", "よく観られているが、多くの作品より評価が低い。"),
        "guilty pleasures",
        "binary",
        _is_guilty_pleasure,
    ),
    Direction(
        "kind-classic",
        Text("Classics", "往年の名画"),
        Text("From before 1980, and rated higher than most.", "1980年より前の、多くの作品より評価が高い作品。"),
        "classics",
        "binary",
        _is_classic,
    ),
    Direction(
        "kind-series",
        Text("Film series", "シリーズ作品"),
        Text("The beginning of its title is that of another film's.", "題名の冒頭が別の作品と同じ。"),
        "film series",
        "binary",
        _of_series,
    ),
    Direction(
        "kind-sequel",
        Text("Sequels", "続編"),
        Text("One of a series, with a number in its title.", "題名に番号の付いたシリーズ作品。"),
        "sequels",
        "binary",
        _is_sequel,
    ),
    Direction(
        "kind-remade",
        Text("Filmed more than once", "リメイク"),
        Text("Another film has the same title.", "同じ題名の別作品がある。"),
        "remakes",
        "binary",
        _is_remade,
    ),
    Direction(
        "kind-foreign-title",
        Text("Foreign title", "外国語の題名"),
        Text(
            "Its title begins with a foreign article, or stands in brackets once more.",
            "題名が外国語の冠詞で始まるか、括弧内に別の題名を持つ。",
        ),
        "foreign films",
        "binary",
        _has_foreign_title,
    ),
)
"""In the order in which a prompt names them."""

PHRASES: tuple[str, ...] = tuple(direction.phrase for direction in DIRECTIONS)
