import json
from pathlib import Path

import numpy as np

from becausal_training.catalogue import Film
from becausal_training.held_out_cases import held_out_cases, write_cases
from becausal_training.interactions import Dataset, User
from becausal_training.prompt import HISTORY_ITEMS

FILMS = [Film(id=i, movie_id=i, title=f"Film {i}", year=2000, genres=(), popularity=0) for i in range(40)]


def dataset() -> Dataset:
    rng = np.random.default_rng(0)
    users = [User(items := rng.permutation(40)[: 14 + n % 7], rng.random(len(items)) < 0.95) for n in range(50)]
    return Dataset(FILMS, users, "0" * 64)


def test_cases_are_windows_of_test_users_with_a_whole_prompt_of_kept_films() -> None:
    data = dataset()
    cases = held_out_cases(data, 1000)
    assert len({case["id"] for case in cases}) == len(cases)
    for case in cases:
        assert case["user"] in data.bounds("test")
        kept = data.users[case["user"]].kept_items.tolist()
        at = kept.index(case["target"])
        assert case["history"] == kept[at - HISTORY_ITEMS : at]
    assert len(cases) == sum(max(0, len(data.users[u].kept_items) - HISTORY_ITEMS) for u in data.bounds("test"))


def test_the_first_cases_are_of_different_users_and_another_seed_draws_others() -> None:
    data = dataset()
    first = held_out_cases(data, len(data.bounds("test")))
    assert {case["user"] for case in first} == set(data.bounds("test"))
    assert held_out_cases(data, 5) == first[:5]
    assert held_out_cases(data, 5, seed=1) != first[:5]


def test_a_file_has_a_case_a_line(tmp_path: Path) -> None:
    cases = held_out_cases(dataset(), 3)
    write_cases(tmp_path / "deep" / "cases.jsonl", cases)
    lines = (tmp_path / "deep" / "cases.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line) for line in lines] == cases
