"""The stored estimates of the Open Bandit Pipeline against the formulas written down once more."""

import json

import numpy as np
import pytest

from becausal_training.obp_fixture import FIXTURE, LAMBDA, PACKAGE, TAU, mulberry32, random_log

STORED = json.loads(FIXTURE.read_text(encoding="utf-8"))


def test_the_fixture_says_where_it_comes_from():
    assert STORED["package"] == "==".join(PACKAGE)
    assert (STORED["tau"], STORED["lambda"]) == (TAU, LAMBDA)
    assert len({row["seed"] for row in STORED["logs"]}) >= 200


def test_the_stream_is_that_of_the_app():
    draw = mulberry32(7)
    assert [draw() for _ in range(3)] == [0.011704753153026104, 0.06195825757458806, 0.97690763277933]


@pytest.mark.parametrize("row", STORED["logs"][::12], ids=lambda row: f"seed {row['seed']}")
def test_estimates_follow_from_their_formulas(row: dict[str, float]):
    log = random_log(int(row["seed"]))
    rounds = np.arange(len(log.action))
    w = log.target[rounds, log.action] / log.pscore
    direct = (log.target * log.fitted).sum(axis=1)
    residual = log.reward - log.fitted[rounds, log.action]
    expected = {
        "ips": (w * log.reward).mean(),
        "snips": (w * log.reward).sum() / w.sum(),
        "dm": direct.mean(),
        "dr": (direct + w * residual).mean(),
        "switchDr": (direct + w * (w <= TAU) * residual).mean(),
        "drOs": (direct + LAMBDA * w / (w**2 + LAMBDA) * residual).mean(),
    }
    for name, value in expected.items():
        assert row[name] == pytest.approx(value, abs=1e-12), name
