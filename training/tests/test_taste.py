"""The preference space, the taste model and its prior, the synthetic world, the file that the app reads, the evaluations."""

import base64
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from tiny import tiny_dataset, tiny_films, tiny_recommender

from becausal_training.catalogue import Film
from becausal_training.interactions import MADE_UP, Dataset, User
from becausal_training.preference_file import preference_file, stored_prior
from becausal_training.preference_space import DIRECTIONS, LEVELS, PHRASES, FilmFacts, film_attributes
from becausal_training.sasrec import Sasrec, SasrecShape
from becausal_training.taste_control import conflict_row, control_report, flip_rows, format_control, silent_difference
from becausal_training.taste_evaluation import few_shot_curve, format_curve, held_out
from becausal_training.taste_evidence import TasteSpace, like_popular, training_answers
from becausal_training.taste_prior import TastePrior, exposure_reference, fit_prior, popularity_bucket, posterior
from becausal_training.taste_world import accuracies, bayes_margins, draw_users, inferred_margins, mean_threshold_margins

COLUMN = {direction.id: column for column, direction in enumerate(DIRECTIONS)}
FILMS = [
    Film(0, 0, "Star Voyage: The Beginning", 1977, ("Action", "Sci-Fi"), 0),
    Film(1, 1, "Star Voyage 2: Return", 1985, ("Action", "Sci-Fi"), 0),
    Film(2, 2, "La Maison (The House)", 1958, ("Drama",), 0),
    Film(3, 3, "Quiet Days", 2003, ("Comedy", "Romance"), 0),
    Film(4, 4, "Quiet Days", 1961, ("Children's", "Animation"), 0),
    Film(5, 5, "Part of Me", None, (), 0),
]


def values(direction: str, users: list[User] | None = None) -> list[float]:
    users = users or [User(np.arange(6), np.ones(6, bool), np.array([5.0, 4, 5, 2, 3, 1]))]
    return film_attributes(FilmFacts.of(FILMS, users))[:, COLUMN[direction]].tolist()


def test_every_direction_has_a_name_of_its_own_in_both_languages():
    for texts in ([d.id for d in DIRECTIONS], PHRASES, [d.name.en for d in DIRECTIONS], [d.name.ja for d in DIRECTIONS]):
        assert len(set(texts)) == len(texts) == len(DIRECTIONS)
    assert 44 <= len(DIRECTIONS) <= 50
    assert all(d.definition.en.endswith(".") and d.definition.ja.endswith("。") for d in DIRECTIONS)


def test_directions_say_what_their_definitions_say():
    assert values("genre-sci-fi") == [1, 1, 0, 0, 0, 0]
    assert values("genre-children") == [0, 0, 0, 0, 1, 0]
    assert values("blend-romantic-comedy") == [0, 0, 0, 1, 0, 0]
    assert values("era-before-1960") == [0, 0, 1, 0, 0, 0]
    assert values("era-1960") == [0, 0, 0, 0, 1, 0]
    assert values("kind-series") == [1, 1, 0, 0, 0, 0]
    assert values("kind-sequel") == [0, 1, 0, 0, 0, 0]
    assert values("kind-remade") == [0, 0, 0, 1, 1, 0]
    assert values("kind-foreign-title") == [0, 0, 1, 0, 0, 0]


def test_quantiles_are_shares_of_watching_in_sixteenths():
    found = values("axis-new")
    assert np.argsort(found).tolist()[0] == 2 and np.argmax(found) == 3
    steps = np.array(found) * (LEVELS - 1)
    assert np.allclose(steps, np.round(steps)) and min(found) >= 0 and max(found) <= 1
    acclaimed = values("axis-acclaimed")
    assert acclaimed[5] < acclaimed[3] < acclaimed[4] < acclaimed[1] < acclaimed[0] == acclaimed[2]
    # Three of four watch film 3 alone: everything below it makes a quarter of all watching, itself half above that.
    crowd = [User(np.array([3]), np.ones(1, bool), np.array([4.0]))] * 3 + [
        User(np.array([2]), np.ones(1, bool), np.array([4.0]))
    ]
    assert values("axis-new", crowd)[3] == pytest.approx(np.floor((0.25 + 0.375) * 16) / 15)


def test_films_of_like_popularity_share_their_reference():
    attributes, watched = np.array([[1.0], [0.0], [1.0], [0.0]]), np.array([0.0, 1.0, 2.0, 300.0])
    assert popularity_bucket(watched).tolist() == [0, 1, 1, 8]
    assert exposure_reference(attributes, watched)[:, 0].tolist() == [1.0, 0.5, 0.5, 0.0]


def test_unseen_films_are_as_popular_and_really_unseen():
    watched, rng = np.repeat([1.0, 100.0], 10), np.random.default_rng(0)
    drawn = like_popular(watched, np.array([0, 12] * 50), np.arange(0, 20, 2), rng)
    assert set(drawn[::2].tolist()) == {1, 3, 5, 7, 9} and set(drawn[1::2].tolist()) == {11, 13, 15, 17, 19}
    assert like_popular(watched, np.array([0]), np.arange(10), rng).tolist() == [-1]


def test_the_mode_is_where_the_gradient_vanishes():
    rng = np.random.default_rng(0)
    rows, weights = rng.normal(size=(3, 6, 4)), rng.random((3, 6))
    root = rng.normal(size=(4, 4))
    prior = TastePrior(rng.normal(size=4), root @ root.T + np.eye(4))
    found = posterior(prior, rows, weights)
    miss = 1 / (1 + np.exp(np.einsum("und,ud->un", rows, found.mode)))
    gradient = np.einsum("un,und->ud", weights * miss, rows) - (found.mode - prior.mean) @ np.linalg.inv(prior.covariance)
    assert np.abs(gradient).max() < 1e-9
    nothing = posterior(prior, rows[:, :0], weights[:, :0])
    assert np.allclose(nothing.mode, prior.mean) and np.allclose(nothing.covariance, prior.covariance)


def test_empirical_bayes_finds_what_users_share_and_where_they_differ():
    rng = np.random.default_rng(0)
    tastes = rng.normal(size=(400, 3)) * [0.2, 2.0, 0.2] + [1.5, 0.0, 0.0]
    rows = rng.normal(size=(400, 30, 3))
    margins = np.einsum("und,ud->un", rows, tastes)
    rows *= np.where(rng.random(margins.shape) < 1 / (1 + np.exp(-margins)), 1, -1)[..., None]
    prior = fit_prior(list(rows), [np.ones(30)] * 400)
    assert prior.mean[0] > 1.0 and np.abs(prior.mean[1:]).max() < 0.3
    spread = np.diag(prior.covariance)
    assert spread[1] > 4 * spread[0] and spread[1] > 4 * spread[2]
    # Users who count nothing change nothing.
    half = fit_prior(list(rows), [np.ones(30)] * 400, shares=np.repeat([1.0, 0.0], 200))
    assert np.allclose(half.mean, fit_prior(list(rows[:200]), [np.ones(30)] * 200).mean)


def test_a_user_s_own_ratings_do_not_describe_their_films():
    data = tiny_dataset()
    answers, shares = training_answers(data)
    other = User(data.users[0].items, ~data.users[0].kept)
    changed = Dataset(data.films, [other, *data.users[1:]], data.data_sha256)
    again, _ = training_answers(changed)
    # User 0 flips: the answers of their own fold's other users do not move, those of other folds may.
    assert np.array_equal(answers[8], again[8]) and len(answers) == len(data.bounds("train"))
    assert shares[-1] == 1.0 and np.all(np.diff(shares) > 0)


def test_the_inference_comes_near_the_best_possible():
    users = draw_users(250, 3)
    prior = fit_prior(list(draw_users(500, 4, 30).shown), [np.ones(30)] * 500)
    best, found, rule = (
        accuracies(margins, users.ties).mean()
        for margins in (bayes_margins(users, 16), inferred_margins(users, 16, prior), mean_threshold_margins(users, 16))
    )
    assert 0.65 < best < 0.73 and best - found < 0.03 and found > rule
    assert bayes_margins(users, 0) == pytest.approx(0, abs=1e-9)


def test_the_file_holds_what_was_computed():
    space = TasteSpace.of(Dataset(FILMS, [User(np.arange(6), np.ones(6, bool))], "0" * 64, MADE_UP), [0])
    root = np.random.default_rng(0).normal(size=(len(DIRECTIONS),) * 2)
    prior = stored_prior(TastePrior(np.arange(len(DIRECTIONS)) / 7, root @ root.T, 2.0))
    document = json.loads(json.dumps(preference_file(space, prior, b"catalogue", 7)))
    by_id = {row["id"]: base64.b64decode(row["valuesB64"]) for row in document["directions"]}
    assert by_id["genre-sci-fi"] == bytes([0b000011])
    levels = np.frombuffer(by_id["axis-new"], np.uint8)
    unpacked = np.stack([levels & 15, levels >> 4], 1).ravel() / (LEVELS - 1)
    assert np.array_equal(unpacked, space.attributes[:, COLUMN["axis-new"]])
    lower = np.frombuffer(base64.b64decode(document["prior"]["covarianceB64"]), "<f4")
    assert np.array_equal(lower, prior.covariance[np.tril_indices(len(DIRECTIONS))].astype(np.float32))
    assert np.array_equal(prior.covariance, prior.covariance.T)


def crowd() -> Dataset:
    """Users of two tastes over films of two genres."""
    rng = np.random.default_rng(0)
    genres = (("Drama", "War"), ("Comedy", "Romance"))
    films = [Film(i, i, f"{i}", 1980 + i % 30, genres[i % 2], 0) for i in range(120)]
    users = []
    for number in range(60):
        items = rng.permutation(120)[:50]
        fits = items % 2 == number % 2
        stars = np.where(rng.random(50) < np.where(fits, 0.9, 0.2), 4.5, 1.5)
        users.append(User(items, stars >= 3, stars))
    return Dataset(films, users, "0" * 64)


def test_a_curve_rises_where_tastes_differ_and_a_wrong_user_does_not_help():
    data = crowd()
    torch.manual_seed(0)
    sasrec = Sasrec(SasrecShape(120, dim=8, max_length=12, ffn=16)).eval()
    prior = fit_prior(*(lambda found: (found[0], [np.ones(len(rows)) for rows in found[0]]))(training_answers(data)))
    record = few_shot_curve(data, prior, sasrec)
    rows = {(row["pair"], row["taste"], row["shown"]): row for row in record["pairwise"]}
    assert rows["liked over disliked", "whole", 2]["gain"]["low"] > 0
    assert rows["liked over disliked", "whole", 2]["verdict"] == "met"
    assert rows["liked over disliked", "whole", 8]["value"] > rows["liked over disliked", "whole", 2]["value"]
    assert rows["liked over disliked", "personal", 0]["value"] == 0.5
    wrong = rows["liked over disliked", "whole, wrong user", 2]
    assert wrong["gain"]["value"] < 0.06
    hits = {(row["model"], row["shown"]): row["value"] for row in record["hits"]}
    assert hits["SASRec", 0] == 0.05 and hits["taste alone", 8] > 0.05
    assert "liked over disliked" in format_curve(record)


def test_interactions_come_before_what_is_asked():
    data = crowd()
    for user in held_out(data, TasteSpace.of(data, data.bounds("train")), "test"):
        place = {int(film): at for at, film in enumerate(data.users[user.user].items)}
        assert max(place[int(film)] for film in user.films.ravel()) < user.place
        assert all(len(set(row.tolist())) == 8 for row in user.films)


def test_control_is_measured_on_fixed_slates():
    model, data = tiny_recommender(), tiny_dataset()
    films = [Film(f.id, f.movie_id, f.title, f.year, (("Drama",), ("Comedy",))[f.id % 2], f.popularity) for f in data.films]
    data = Dataset(films, data.users, data.data_sha256)
    space = TasteSpace.of(data, data.bounds("train"))
    rows = flip_rows(model, data, space, 4)
    assert {row["direction"] for row in rows} == {"genre-drama", "genre-comedy"}
    assert all(row["moved"] == pytest.approx(row["for"] - row["against"], abs=2e-4) for row in rows)
    assert all(row["meanDrift"] <= row["largestDrift"] for row in rows)
    assert rows == flip_rows(model, data, space, 4)
    assert 0 <= conflict_row(model, data, space, 6)["value"] <= 1
    assert silent_difference(model, data, 4) == 0.0


def test_a_whole_report_of_control_has_every_bar():
    rng = np.random.default_rng(0)
    films = [Film(f.id, f.movie_id, f.title, f.year, (("Drama",), ("Comedy",))[f.id % 2], f.popularity) for f in tiny_films()]
    users = [User(rng.permutation(40)[:24], rng.random(24) < 0.7) for _ in range(20)]
    data = Dataset(films, users, "0" * 64)
    prior = TastePrior(np.zeros(len(DIRECTIONS)), np.eye(len(DIRECTIONS)), 2.0)
    report = control_report(Path("none"), data, torch.device("cpu"), 3, 5, tiny_recommender(), prior)
    assert {row["verdict"] for row in (report["medianMoved"], report["medianDrift"], report["conflict"])} <= {"met", "missed"}
    assert report["silent"] == 0.0
    rows = {(row["model"], row["shown"]): row for row in report["fewShot"]}
    assert len(rows) == 35 and all(row["n"] == 5 for row in rows.values())
    # Nothing shown is nothing told, however it would be told.
    assert {rows[model, 0]["value"] for model in ("none", "history", "ICA", "PBA", "both")} == {rows["none", 0]["value"]}
    assert "medianMoved" in format_control(report)
