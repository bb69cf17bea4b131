"""The reference of learning on the device against itself: slopes by differences, values by hand."""

import json
from dataclasses import replace

import numpy as np
import pytest

from becausal_training.learning_reference import FIXTURE, LOGS, Round, describe, objective, policy, random_log, values

STORED = json.loads(FIXTURE.read_text(encoding="utf-8"))


def test_the_fixture_says_where_it_comes_from():
    assert STORED["made_by"] == "python -m becausal_training.learning_reference"
    assert [row["seed"] for row in STORED["logs"]] == list(range(1, LOGS + 1))


@pytest.mark.parametrize("row", STORED["logs"][::5], ids=lambda row: f"seed {row['seed']}")
def test_the_fixture_can_be_made_again(row):
    again = describe(row["seed"])
    assert again["rounds"] == row["rounds"]
    assert again["objective"] == pytest.approx(row["objective"], abs=1e-12)
    assert again["gradient"] == pytest.approx(row["gradient"], abs=1e-12)
    assert again["values"] == pytest.approx(row["values"], abs=1e-12)


@pytest.mark.parametrize("seed", range(1, LOGS + 1))
def test_the_gradient_is_that_of_differences(seed: int):
    rounds, theta, settings = random_log(seed)
    step = 1e-6
    _, gradient = objective(rounds, theta, settings)
    for k, unit in enumerate(np.eye(len(theta))):
        above, _ = objective(rounds, theta + step * unit, settings)
        below, _ = objective(rounds, theta - step * unit, settings)
        assert gradient[k] == pytest.approx((above - below) / (2 * step), abs=1e-7)


def test_some_logs_clip_and_some_do_not():
    def clips(seed: int) -> bool:
        rounds, theta, settings = random_log(seed)
        return any(
            policy(each, theta, settings.temperature)[each.action] / each.propensities[each.action] > settings.clip
            for each in rounds
        )

    share = np.mean([clips(seed) for seed in range(1, LOGS + 1)])
    assert 0.1 < share < 0.9


def test_values_by_hand():
    """Two places drawn by halves, a policy of 3/4 and 1/4: w = 3/2 and 1/2."""
    first = Round(
        base_scores=np.log([3.0, 1.0]),
        features=np.zeros((2, 1)),
        action=0,
        reward=1.0,
        propensities=np.array([0.5, 0.5]),
        fitted=np.array([0.6, 0.2]),
    )
    second = replace(first, action=1, reward=0.0)
    assert values([first, second], np.zeros(1), temperature=1.0, clip=10.0) == pytest.approx(
        {"ips": 0.75, "snips": 0.75, "dr": 0.5 + (1.5 * 0.4 - 0.5 * 0.2) / 2}
    )
