from pathlib import Path

import numpy as np
import pytest
import torch
from tiny import ITEMS, tiny_dataset, tiny_recommender

from becausal_training.clusters import k_means, mean_entropy, mutual_information
from becausal_training.errors import TrainingError
from becausal_training.probes import (
    INTACT,
    PROBES,
    ProbeScores,
    compare_by_cluster,
    compare_stored,
    load_probes,
    probe_report,
    save_probes,
    score_probes,
)
from becausal_training.scoring import save_scores, score_candidates


def blobs(counts: list[int], spread: float = 0.1) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    label = np.repeat(np.arange(len(counts)), counts)
    return 5 * np.eye(len(counts))[label] + rng.normal(0, spread, (len(label), len(counts))), label


def test_k_means_finds_separated_blobs_and_numbers_them_by_size():
    points, label = blobs([30, 80, 50])
    found = k_means(points, 3)
    assert [np.bincount(label[found == cluster], minlength=3).tolist() for cluster in range(3)] == [
        [0, 80, 0], [0, 0, 50], [30, 0, 0]
    ]  # fmt: skip
    assert np.array_equal(found, k_means(points, 3))


def test_k_means_bears_equal_points():
    assert k_means(np.ones((5, 2)), 3).tolist() == [0, 0, 0, 0, 0]


def test_mutual_information_and_entropy_are_in_nats():
    label = np.arange(400) % 4
    assert mutual_information(label, (label + 1) % 4) == pytest.approx(np.log(4))
    assert mutual_information(label, label // 2) == pytest.approx(np.log(2))
    assert mutual_information(label, np.arange(400) // 100) == pytest.approx(0, abs=1e-12)
    skewed = (np.arange(400) % 8 == 0).astype(np.int64)
    assert mutual_information(skewed, np.arange(400) // 200) == pytest.approx(0, abs=1e-12)
    assert mutual_information(skewed, skewed) == pytest.approx(-(np.log(1 / 8) / 8 + np.log(7 / 8) * 7 / 8))
    assert mean_entropy(np.array([[1.0, 1, 1, 1], [4, 0, 0, 0]])) == pytest.approx(np.log(4) / 2)


def model_that_reads(titles: bool = True, behaviour: bool = True, gate: bool = True):
    model = tiny_recommender()
    with torch.no_grad():
        if not behaviour:
            for parameter in model.projector[2].parameters():
                parameter.zero_()
            model.null_behaviour.zero_()
        if not titles:
            model.lm.embedding.zero_()
        if not gate:
            model.gate.weight.zero_()
            model.gate.bias.zero_()
    return model


def test_the_intact_probe_is_the_evaluation():
    model, data = tiny_recommender(), tiny_dataset()
    scores = score_probes(model, data, "test", batch=7)
    evaluated = score_candidates(model, data, "test")
    assert np.array_equal(scores.of(INTACT), evaluated.hits(evaluated.hybrid))
    assert np.array_equal(scores.windows, evaluated.windows) and np.array_equal(scores.users, evaluated.users)
    assert np.allclose(scores.gates.sum(1), 4)


@pytest.mark.parametrize(
    ("options", "without_effect"),
    [
        ({"behaviour": False}, {"behaviour vectors permuted among films", "null vector in every slot"}),
        ({"titles": False}, {"titles permuted among films"}),
        ({"gate": False}, {"uniform gate", "gates permuted among windows"}),
    ],
)
def test_a_probe_changes_a_model_only_where_it_reads_the_channel(options: dict[str, bool], without_effect: set[str]):
    data = tiny_dataset(200)
    scores = score_probes(model_that_reads(**options), data, "test")
    changed = {probe for probe in PROBES if not np.array_equal(scores.of(probe), scores.of(INTACT))}
    assert changed.isdisjoint(without_effect)
    if options != {"titles": False}:  # equal titles leave the last probes little to change
        assert changed == {*PROBES} - without_effect - {INTACT}


def planted(users: int = 40, windows: int = 20) -> ProbeScores:
    """Gates that follow the state's cluster, and probes that each lose another share of the hits."""
    n = users * windows
    label = np.arange(n) % 4
    states = 5 * np.eye(4)[label] + np.random.default_rng(0).normal(0, 0.1, (n, 4))
    hits = np.ones((len(PROBES), n))
    for row in range(1, len(PROBES)):
        hits[row, : n * row // 10] = 0
    gates = np.full((n, 4), 0.4) + 2.4 * np.eye(4)[label]
    return ProbeScores(hits, gates, states, np.repeat(np.arange(users), windows), np.arange(n))


def test_a_report_has_every_probe_paired_and_the_gates_information():
    report = probe_report(planted(), None)
    assert [row["model"] for row in report["metrics"]] == list(PROBES)
    assert [row["value"] for row in report["differences"]] == [-0.1, -0.2, -0.3, -0.4, -0.5]
    assert all(row["minus"] == INTACT and row["high"] < 0 for row in report["differences"])
    gate = report["gate"]
    assert gate["mutualInformationWithClusters"] == pytest.approx(np.log(4), abs=0.01)
    p = np.array([0.7, 0.1, 0.1, 0.1])
    assert gate["meanEntropy"] == pytest.approx(-(p * np.log(p)).sum(), abs=1e-4)
    assert gate["shareOfArgmax"] == [0.25] * 4
    assert sum(row["n"] for row in report["clusters"]) == 800


def test_models_are_compared_within_each_cluster():
    users = np.repeat(np.arange(30), 10)
    clusters = np.arange(300) % 2
    better = compare_by_cluster(np.ones(300), (clusters == 0).astype(float), clusters, users)
    assert better["all"]["value"] == 0.5
    assert [(row["first"], row["second"], row["value"], row["n"]) for row in better["clusters"]] == [
        (1, 1, 0, 150),
        (1, 0, 1, 150),
    ]
    with pytest.raises(TrainingError, match="not the same windows"):
        compare_by_cluster(np.ones(3), np.ones(4), clusters, users)


def test_stored_scores_of_two_models_are_compared_in_the_clusters_of_a_probe(tmp_path: Path):
    data, models = tiny_dataset(60), (tiny_recommender(), tiny_recommender(seed=3))
    scores = [score_candidates(model, data, "test") for model in models]
    for name, stored in zip("ab", scores, strict=True):
        save_scores(tmp_path / f"{name}.npz", stored, data, "test")
    save_probes(tmp_path / "p.npz", score_probes(models[0], data, "test"), data, "test")
    found = compare_stored(tmp_path / "a.npz", tmp_path / "b.npz", tmp_path / "p.npz")
    expected = scores[0].hits(scores[0].hybrid).mean() - scores[1].hits(scores[1].hybrid).mean()
    assert found["all"]["value"] == pytest.approx(expected, abs=1e-4)
    assert sum(row["n"] for row in found["clusters"]) == len(scores[0].windows)
    save_probes(tmp_path / "p.npz", score_probes(models[0], data, "test", count=9), data, "test")
    with pytest.raises(TrainingError, match="is of other windows"):
        compare_stored(tmp_path / "a.npz", tmp_path / "b.npz", tmp_path / "p.npz")


def test_probes_are_stored_and_come_back(tmp_path: Path):
    scores = score_probes(tiny_recommender(), tiny_dataset(), "test", count=9)
    save_probes(tmp_path / "probes.npz", scores, tiny_dataset(), "test")
    again = load_probes(tmp_path / "probes.npz")
    assert probe_report(again) == probe_report(scores)
    assert np.array_equal(again.windows, scores.windows) and len(scores.windows) == 9


def test_the_behaviour_probe_is_a_model_with_permuted_vectors():
    # Without a gate the recommender's state has no say, so permuting its item vectors must be the same as the probe.
    model, data = model_that_reads(gate=False), tiny_dataset(60)
    order = torch.randperm(ITEMS, generator=torch.Generator().manual_seed(0))
    scores = score_probes(model, data, "test", seed=0)
    with torch.no_grad():
        vectors = model.sasrec.item_embedding.weight
        model.sasrec.item_embedding.weight.copy_(vectors[order])
        renamed = score_probes(model, data, "test", seed=0)
    assert np.allclose(renamed.of(INTACT), scores.of("behaviour vectors permuted among films"))
