"""The simulated readers of the app's Lab."""

import json

import numpy as np

from becausal_training.movies import PACKAGE
from becausal_training.reader_model import FIXTURE, MIDDLE, NICHE, POPULAR, READERS, fit_likes

STORED = json.loads(FIXTURE.read_text(encoding="utf-8"))


def test_the_fixture_is_whole_and_says_where_it_comes_from():
    assert STORED["data"] == "==".join(PACKAGE)
    assert [film["group"] for film in STORED["films"]] == ["popular"] * POPULAR + ["middle"] * MIDDLE + ["niche"] * NICHE
    assert len({film["title"] for film in STORED["films"]}) == 20
    assert np.array(STORED["logOdds"]).shape == (READERS, 20)
    assert FIXTURE.stat().st_size < 100_000


def test_the_factorisation_earns_its_place_on_ratings_that_it_did_not_see():
    held_out = STORED["heldOut"]
    assert held_out["AUC, factorisation"] > held_out["AUC, effects alone"] > 0.75
    assert held_out["log loss, factorisation"] < held_out["log loss, effects alone"]


def test_planted_tastes_are_found():
    random = np.random.default_rng(0)
    taste = np.sign(random.standard_normal((200, 1))) @ np.sign(random.standard_normal((1, 100)))
    user, film = (index.ravel().astype(np.int64) for index in np.indices(taste.shape))
    liked = random.random(taste.size) < np.where(taste.ravel() > 0, 0.9, 0.1)
    model = fit_likes(user, film, liked, rank=2)
    agree = np.sign(model.log_odds(user, film)) == taste.ravel()
    assert agree.mean() > 0.95
