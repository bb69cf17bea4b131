import numpy as np
import pytest

from becausal_training.metrics import hit_at_1, hits_within, ndcg_within, user_bootstrap


def test_ties_are_broken_at_random():
    scores = np.array([[2.0, 1, 1], [1, 1, 0], [1, 1, 1], [0, 1, 0]])
    assert hit_at_1(scores).tolist() == [1, 0.5, pytest.approx(1 / 3), 0]


def test_ndcg_of_one_film_is_its_discount():
    assert ndcg_within(np.array([0, 1, 9, 10]), 10).tolist() == pytest.approx([1, 1 / np.log2(3), 1 / np.log2(11), 0])
    assert hits_within(np.array([0, 9, 10]), 10).tolist() == [1, 1, 0]


def test_one_window_a_user_gives_the_textbook_interval():
    rng = np.random.default_rng(0)
    values = (rng.random(2_000) < 0.3).astype(float)
    found = user_bootstrap(values, np.arange(2_000))
    half = 1.96 * np.sqrt(0.21 / 2_000)
    assert found.value == values.mean()
    assert found.high - found.low == pytest.approx(2 * half, rel=0.1)


def test_windows_of_one_user_do_not_count_as_independent():
    rng = np.random.default_rng(0)
    users = np.repeat(np.arange(50), 40)
    values = np.repeat((rng.random(50) < 0.3).astype(float), 40)
    clustered, naive = user_bootstrap(values, users), user_bootstrap(values, np.arange(2_000))
    assert clustered.high - clustered.low > 4 * (naive.high - naive.low)
    assert (clustered.n, clustered.users) == (2_000, 50)
