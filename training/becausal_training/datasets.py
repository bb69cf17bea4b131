"""Data sets by name: read out of their packages once, kept prepared for the other steps."""

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from becausal_training.catalogue import Film
from becausal_training.errors import TrainingError
from becausal_training.files import read_json, write_compact_json
from becausal_training.interactions import Dataset, User, split_points
from becausal_training.ml_100k import ML_100K
from becausal_training.movies import MOVIES
from becausal_training.paths import WORK
from becausal_training.ratings import Source, ordered_users

SOURCES: dict[str, Source] = {source.about.name: source for source in (MOVIES, ML_100K)}
NAMES = tuple(SOURCES)
DATA = WORK / "data"


def prepare_dataset(name: str, folder: Path = DATA) -> Dataset:
    """Reads a data set out of its package and writes `catalogue.json` and `ratings.npz` into `folder / name`."""
    source = _source(name)
    table = source.read()
    users = ordered_users(table)
    first, _ = source.about.split or split_points(len(users))
    kept = np.concatenate([user.kept_items for user in users[:first]])
    popularity = np.bincount(kept, minlength=len(table.films))
    films = [replace(film, popularity=int(popularity[film.id])) for film in table.films]
    target = folder / name
    write_compact_json(target / "catalogue.json", [film.to_json() for film in films])
    np.savez_compressed(
        target / "ratings.npz",
        items=np.concatenate([user.items for user in users]).astype(np.int32),
        kept=np.concatenate([user.kept for user in users]),
        halves=np.concatenate([_halves(user) for user in users]),
        counts=np.array([len(user.items) for user in users], dtype=np.int32),
    )
    return load_dataset(name, folder)


def load_dataset(name: str, folder: Path = DATA) -> Dataset:
    """Loads what `prepare_dataset` wrote."""
    source, stored_in = _source(name), folder / name
    try:
        films = [Film.from_json(row) for row in read_json(stored_in / "catalogue.json")]
        stored = np.load(stored_in / "ratings.npz")
    except FileNotFoundError as error:
        raise TrainingError(
            f"{error.filename} is missing; run `python -m becausal_training data --dataset {name}` first"
        ) from error
    if "halves" not in stored:
        raise TrainingError(f"{stored_in} has no ratings; run `python -m becausal_training data --dataset {name}` again")
    ends = np.cumsum(stored["counts"])[:-1]
    items, kept = stored["items"].astype(np.int64), stored["kept"]
    columns = (np.split(column, ends) for column in (items, kept, stored["halves"] / 2))
    users = [User(*of_user) for of_user in zip(*columns, strict=True)]
    digest = hashlib.sha256((stored_in / "catalogue.json").read_bytes())
    for array in (items.astype("<i4"), kept.astype("<i4"), stored["counts"].astype("<i4")):
        digest.update(array.tobytes())
    return Dataset(films, users, digest.hexdigest(), source.about)


def _halves(user: User) -> npt.NDArray[np.int8]:
    assert user.stars is not None, "a source gives ratings"
    return np.round(2 * user.stars).astype(np.int8)


def _source(name: str) -> Source:
    if name not in SOURCES:
        raise TrainingError(f"there is no data set {name!r}; known are {', '.join(NAMES)}")
    return SOURCES[name]
