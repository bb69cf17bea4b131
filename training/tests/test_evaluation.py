from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tiny import ITEMS, tiny_dataset, tiny_recommender

from becausal_training.errors import TrainingError
from becausal_training.evaluation import (
    BETAS,
    WITHOUT_WATCHED,
    candidate_metrics,
    cascade_metrics,
    choose_beta,
    last_target_metrics,
)
from becausal_training.metrics import hit_at_1, ratio_bootstrap
from becausal_training.scoring import (
    CandidateScores,
    CascadeScores,
    check_same_windows,
    last_windows,
    load_candidate_scores,
    load_cascade_scores,
    save_scores,
    score_candidates,
    score_cascade,
    score_last_targets,
    window_table,
)


def made_up(hits: list[list[float]], users: list[int]) -> CandidateScores:
    """One row a window, one entry a draw: 1 where the hybrid puts the target first; SASRec always does."""
    flat = np.array(hits, dtype=np.float32).reshape(-1, 1)
    sasrec = np.tile(np.array([[2.0, 1.0]], dtype=np.float32), (len(flat), 1))
    hybrid = np.concatenate([flat, np.full_like(flat, 0.5)], 1)
    windows = np.arange(len(hits))
    nothing = np.zeros(hybrid.shape, dtype=bool)
    return CandidateScores(hybrid, 0 * hybrid, sasrec, 0 * hybrid, nothing, np.array(users), windows, len(hits[0]))


def test_draws_of_a_window_are_averaged_before_users_are():
    table = last_target_metrics(made_up([[1, 1, 0, 0], [1, 1, 1, 1]], [3, 8]), 0.0)
    rows = {row["model"]: row for row in table.metrics}
    assert rows["hybrid iLoRA"]["value"] == 0.75
    assert (rows["hybrid iLoRA"]["n"], rows["hybrid iLoRA"]["users"]) == (2, 2)
    assert rows["hybrid iLoRA"]["protocol"] == "20 candidates, last targets of the test users, mean of 4 draws"
    assert rows["text only"]["value"] == 0.5  # two candidates that always tie
    minus = {(row["model"], row["minus"]): row["value"] for row in table.differences}
    assert minus["hybrid iLoRA", "SASRec"] == -0.25
    assert set(minus) == {
        ("hybrid iLoRA", "SASRec"), ("hybrid iLoRA", "text only"), ("fused", "SASRec"), ("fused", "hybrid iLoRA")
    }  # fmt: skip


def test_films_rated_before_are_ranked_last_in_a_protocol_of_their_own():
    scores = made_up([[0, 0], [1, 1]], [3, 8])
    assert {row["protocol"].endswith("ranked last") for row in last_target_metrics(scores, 0.0).metrics} == {False}
    watched = replace(scores, watched=np.tile(np.array([False, True]), (len(scores.hybrid), 1)))
    rows = {(row["protocol"], row["model"]): row["value"] for row in last_target_metrics(watched, 0.0).metrics}
    protocol = "20 candidates, last targets of the test users, mean of 2 draws"
    assert rows[protocol, "hybrid iLoRA"] == 0.5
    assert rows[f"{protocol}, {WITHOUT_WATCHED}", "hybrid iLoRA"] == 1.0


def test_the_last_target_is_each_users_last_kept_film():
    data, model = tiny_dataset(), tiny_recommender()
    table = window_table(model, data, "test")
    last = last_windows(table)
    assert table.users[last].tolist() == list(data.bounds("test"))
    assert table.targets(last).tolist() == [int(data.users[user].kept_items[-1]) for user in data.bounds("test")]


def test_every_draw_scores_other_candidates_of_the_same_target():
    data, model = tiny_dataset(), tiny_recommender()
    scores = score_last_targets(model, data, "test", draws=3)
    users = len(data.bounds("test"))
    assert scores.hybrid.shape == (3 * users, 20) and scores.draws == 3
    by_draw = scores.hybrid.reshape(users, 3, 20)
    assert np.allclose(by_draw[:, 0, 0], by_draw[:, 1, 0], atol=1e-5)  # the target's score, whatever stands beside it
    assert not np.allclose(np.sort(by_draw[:, 0, 1:]), np.sort(by_draw[:, 1, 1:]), atol=1e-3)
    windows = score_candidates(model, data, "test")
    at = np.isin(windows.windows, scores.windows)
    assert np.allclose(windows.hybrid[at], by_draw[:, 0], atol=1e-5)  # draw 0 is that of the all-windows protocol


def cascade(ranks: list[int], slate: int = 4) -> CascadeScores:
    """The language model likes the target best wherever it is in the slate."""
    rank = np.array(ranks)
    place = np.where(rank < slate, rank, -1)
    verdicts = np.zeros((len(ranks), slate), dtype=np.float32)
    inside = place >= 0
    verdicts[np.flatnonzero(inside), place[inside]] = 1
    sasrec = np.tile(-np.arange(slate, dtype=np.float32), (len(ranks), 1))
    return CascadeScores(rank, place, verdicts, sasrec, np.arange(len(ranks)), np.arange(len(ranks)))


def test_the_recall_of_a_slate_bounds_what_reranking_can_hit():
    table = cascade_metrics(cascade([0, 1, 2, 7]), 0.0, (2, 4))
    value = {(row["name"], row["model"], row["protocol"].split(", ")[-1]): row["value"] for row in table.metrics}
    assert value["Recall@2", "SASRec", "all windows of the test users"] == 0.5
    assert value["Recall@4", "SASRec", "all windows of the test users"] == 0.75
    assert value["HR@1", "SASRec", "all windows of the test users"] == 0.25
    assert value["HR@1", "hybrid iLoRA", "SASRec's top 2 reranked"] == 0.5
    assert value["HR@1", "hybrid iLoRA", "SASRec's top 4 reranked"] == 0.75


def test_ratios_are_of_the_sums_and_paired_by_user():
    table = cascade_metrics(cascade([0, 1, 3, 7] * 50), 0.0, (4,))
    ratios = {(row["name"], row["model"]): row for row in table.ratios}
    assert ratios["HR@1", "hybrid iLoRA"]["value"] == 3.0
    assert ratios["HR@10", "hybrid iLoRA"] | {"protocol": ""} == {
        "name": "HR@10", "model": "hybrid iLoRA", "over": "SASRec", "protocol": "",
        "value": 1.0, "low": 1.0, "high": 1.0, "n": 200, "users": 200,
    }  # fmt: skip
    twice = ratio_bootstrap(np.array([2.0, 4.0]), np.array([1.0, 2.0]), [0, 1])
    assert (twice.value, twice.low, twice.high) == (2, 2, 2)


def test_nothing_is_divided_by_a_model_that_never_hits():
    table = cascade_metrics(cascade([1, 2, 3]), 0.0, (4,))
    assert {row["name"] for row in table.ratios} == {"HR@10", "NDCG@10"}


def test_beta_is_the_one_that_serves_both_protocols():
    users = np.arange(4)
    # The verdict is wrong by 0.3, SASRec right by 1: candidates want a beta above 0.3, the cascade wants 0.
    hybrid = np.tile(np.array([[0.0, 0.3]], dtype=np.float32), (4, 1))
    sasrec = np.tile(np.array([[1.0, 0.0]], dtype=np.float32), (4, 1))
    candidates = CandidateScores(hybrid, hybrid, sasrec, sasrec, np.zeros(hybrid.shape, dtype=bool), users, users)
    beta, rows = choose_beta(candidates, cascade([0, 1, 3, 3]))
    assert 0.3 < beta < 0.5 and beta in BETAS
    assert [row["beta"] for row in rows] == list(BETAS) and len(set(BETAS)) == len(BETAS)
    assert rows[0]["HR@1"] == 0 and rows[-1]["HR@1"] == 1
    fused = {row["model"]: row["value"] for row in candidate_metrics(candidates, beta).metrics}["fused"]
    assert fused == 1


def test_stored_scores_come_back_and_only_the_same_windows_pair(tmp_path: Path):
    data, model = tiny_dataset(), tiny_recommender()
    scores, ranked = score_candidates(model, data, "test"), score_cascade(model, data, "test", 10)
    paths = [tmp_path / name for name in ("a.npz", "b.npz", "c.npz", "d.npz")]
    save_scores(paths[0], scores, data, "test")
    save_scores(paths[1], score_candidates(tiny_recommender(seed=1), data, "test"), data, "test")
    save_scores(paths[2], score_candidates(model, data, "test", count=5), data, "test")
    save_scores(paths[3], ranked, data, "test")
    again = load_candidate_scores(paths[0])
    assert np.array_equal(again.fused(0.3), scores.fused(0.3)) and again.draws == 1
    assert np.array_equal(hit_at_1(again.text_only), hit_at_1(scores.text_only))
    assert np.array_equal(load_cascade_scores(paths[3]).reranked(0.2, 5), ranked.reranked(0.2, 5))
    check_same_windows((paths[0], paths[1]))
    with pytest.raises(TrainingError, match="differ in windows"):
        check_same_windows((paths[0], paths[2]))
    with pytest.raises(TrainingError, match="does not hold these scores"):
        load_candidate_scores(paths[3])
    save_scores(paths[1], scores, replace(data, data_sha256="1" * 64), "test")
    with pytest.raises(TrainingError, match="differ in data_sha256"):
        check_same_windows((paths[0], paths[1]))


def test_the_whole_catalogue_leaves_out_what_was_rated_before():
    data, model = tiny_dataset(), tiny_recommender()
    table = window_table(model, data, "test")
    scores = score_cascade(model, data, "test", 10)
    free = ITEMS - table.unavailable(window_numbers := last_windows(table)).sum(1).numpy() + 1
    assert (scores.sasrec_rank[window_numbers.numpy()] < free).all()
    assert ((scores.place == scores.sasrec_rank) | (scores.place == -1)).all()
