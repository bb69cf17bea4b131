"""MovieLens 100K as the package recbole ships it: atomic files, tab-separated columns with typed names, in UTF-8."""

import numpy as np

from becausal_training.catalogue import Film, move_articles
from becausal_training.errors import TrainingError
from becausal_training.interactions import About
from becausal_training.packages import fetch_wheel, read_member
from becausal_training.ratings import RatingTable, Source

PACKAGE = ("recbole", "1.2.1")
_FOLDER = "recbole/dataset_example/ml-100k/"
USERS, ITEMS = 943, 1_682

ABOUT = About(
    name="ml-100k",
    title={"en": "MovieLens 100K (benchmark, without titles)", "ja": "MovieLens 100K（ベンチマーク、題名なし）"},
    licence={
        "name": "MovieLens 100K (GroupLens), conditions of use",
        "text": (
            "Weights, identifiers and counts derived from MovieLens 100K (1997-98; 943 users, 1,682 films); the data "
            "themselves, titles included, are not redistributed, which needs separate permission. Research use; no commercial "
            "or revenue-bearing use without permission of the GroupLens Research Project at the University of Minnesota; no "
            "endorsement by either is implied; no guarantee of correctness or fitness. Cite: F. Maxwell Harper and Joseph A. "
            "Konstan. 2015. The MovieLens Datasets: History and Context. ACM Transactions on Interactive Intelligent Systems "
            "(TiiS) 5, 4, Article 19. https://doi.org/10.1145/2827872"
        ),
        "url": "https://grouplens.org/datasets/movielens/100k/",
    },
    shares_titles=False,
    split=(754, 848),
    negatives="outside-prompt-history",
)

# The package cut years off titles with a rule that two films escape.
_CUT_WRONGLY: dict[int, tuple[str, int | None]] = {
    267: ("unknown", None),
    1412: ("Land Before Time III: The Time of the Great Giving", 1995),
}


def read_ml_100k() -> RatingTable:
    """Reads ratings and films out of their package; rows that are no rating by one of the 943 users are dropped."""
    wheel = fetch_wheel(*PACKAGE)
    films = parse_items(read_member(wheel, f"{_FOLDER}ml-100k.item"))
    if [film.movie_id for film in films] != list(range(1, ITEMS + 1)):
        raise TrainingError(f"ml-100k.item holds {len(films)} films, not {ITEMS} with ids from 1; delete the cached wheel")
    ratings = parse_ratings(read_member(wheel, f"{_FOLDER}ml-100k.inter"))
    return RatingTable(films, ratings[:, 0], ratings[:, 1] - 1, ratings[:, 2].astype(np.float64), ratings[:, 3])


def parse_ratings(data: bytes) -> np.ndarray:
    """Returns user, item, rating and time `[ratings, 4]` in the order of the file."""
    rows = [line.split("\t") for line in data.decode("ascii").splitlines()[1:]]
    numbers = [[int(float(cell)) for cell in row] for row in rows if len(row) == 4]
    return np.array([row for row in numbers if 1 <= row[0] <= USERS and 1 <= row[1] <= ITEMS], dtype=np.int64)


def parse_items(data: bytes) -> list[Film]:
    """Returns the films in the order of the file, each with its article in front."""
    films = []
    for row, line in enumerate(data.decode("utf-8").splitlines()[1:]):
        movie_id, title, year, genres = line.split("\t")
        whole, released = _CUT_WRONGLY.get(int(movie_id), (title, None))
        films.append(
            Film(
                id=row,
                movie_id=int(movie_id),
                title=move_articles(whole),
                year=int(year) if year.isdigit() else released,
                genres=tuple(genre for genre in genres.split() if genre != "unknown"),
                popularity=0,
            )
        )
    return films


ML_100K = Source(ABOUT, PACKAGE, read_ml_100k)
