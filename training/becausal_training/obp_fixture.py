"""Estimates by the Open Bandit Pipeline on random logs, for the app's estimators to be held against.

`python -m becausal_training.obp_fixture` writes the fixture. The logs are not stored: this file and `random-log.ts` beside the
fixture draw the same ones from a seed, by the four basic operations alone.
"""

import importlib
import json
import sys
import types
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from becausal_training.packages import fetch_wheel

PACKAGE = ("obp", "0.4.1")
FIXTURE = Path(__file__).parents[2] / "src" / "evaluate" / "off-policy" / "fixtures" / "obp-estimates.json"
LOGS = 240
TAU = 2.0
LAMBDA = 3.0


def mulberry32(seed: int) -> Callable[[], float]:
    """Returns the app's stream of numbers in [0, 1)."""
    state = seed & 0xFFFFFFFF

    def draw() -> float:
        nonlocal state
        state = (state + 0x6D2B79F5) & 0xFFFFFFFF
        t = ((state ^ (state >> 15)) * (state | 1)) & 0xFFFFFFFF
        t ^= (t + (((t ^ (t >> 7)) * (t | 61)) & 0xFFFFFFFF)) & 0xFFFFFFFF
        return (t ^ (t >> 14)) / 4294967296

    return draw


@dataclass(frozen=True)
class Log:
    """Rounds over slates of different lengths; places beyond a slate's end have no probability under the target."""

    action: npt.NDArray[np.int64]
    reward: npt.NDArray[np.float64]
    pscore: npt.NDArray[np.float64]
    target: npt.NDArray[np.float64]
    fitted: npt.NDArray[np.float64]


def random_log(seed: int) -> Log:
    """Returns the log of a seed: 20 to 200 rounds, slates of 2 to 20; rewards are 0 or 1 where the seed is even."""
    draw = mulberry32(seed)
    n, longest = 20 + int(draw() * 181), 2 + int(draw() * 19)
    action, reward, pscore = np.zeros(n, np.int64), np.zeros(n), np.zeros(n)
    target, fitted = np.zeros((n, longest)), np.zeros((n, longest))
    for i in range(n):
        places = 2 + int(draw() * (longest - 1))
        logged = _normalised([0.02 + u * u for u in (draw() for _ in range(places))])
        pi = [0.0 if u < 0.2 else u * u * u for u in (draw() for _ in range(places))]
        pi[0] += 0.001
        target[i, :places] = _normalised(pi)
        fitted[i, :places] = [draw() for _ in range(places)]
        u, total, chosen = draw(), 0.0, places - 1
        for place in range(places):
            total += logged[place]
            if u < total:
                chosen = place
                break
        action[i], pscore[i] = chosen, logged[chosen]
        u = draw()
        reward[i] = u if seed % 2 else float(u < 0.4)
    return Log(action, reward, pscore, target, fitted)


def _normalised(values: list[float]) -> list[float]:
    total = 0.0
    for value in values:
        total += value
    return [value / total for value in values]


def load_estimators() -> Any:
    """Imports the package's module of estimators without the plots, data sets and learners that it comes with."""
    wheel = str(fetch_wheel(*PACKAGE))
    for name, folder in (("obp", "obp"), ("obp.ope", "obp/ope")):
        package = types.ModuleType(name)
        package.__path__ = [f"{wheel}/{folder}"]
        sys.modules[name] = package
    # Of scikit-learn the bootstrap alone needs a function.
    for name in ("sklearn", "sklearn.utils"):
        sys.modules.setdefault(name, types.ModuleType(name))
    if not hasattr(sys.modules["sklearn.utils"], "check_random_state"):
        setattr(sys.modules["sklearn.utils"], "check_random_state", np.random.RandomState)  # noqa: B010
    return importlib.import_module("obp.ope.estimators")


def estimate_all(estimators: Any, log: Log) -> dict[str, float]:
    """Returns the package's estimate by every estimator that the app has too."""
    classes = {
        "ips": estimators.InverseProbabilityWeighting(),
        "snips": estimators.SelfNormalizedInverseProbabilityWeighting(),
        "dm": estimators.DirectMethod(),
        "dr": estimators.DoublyRobust(),
        "switchDr": estimators.SwitchDoublyRobust(tau=TAU),
        "drOs": estimators.DoublyRobustWithShrinkage(lambda_=LAMBDA),
    }
    given = {
        "action": log.action,
        "reward": log.reward,
        "pscore": log.pscore,
        "action_dist": log.target[:, :, np.newaxis],
        "estimated_rewards_by_reg_model": log.fitted[:, :, np.newaxis],
        "position": np.zeros(len(log.action), np.int64),
    }
    return {name: float(estimator.estimate_policy_value(**given)) for name, estimator in classes.items()}


def main() -> None:
    """Writes the fixture."""
    estimators = load_estimators()
    rows = [{"seed": seed, **estimate_all(estimators, random_log(seed))} for seed in range(1, LOGS + 1)]
    head = {
        "made_by": "python -m becausal_training.obp_fixture",
        "package": "==".join(PACKAGE),
        "licence": "Apache-2.0",
        "tau": TAU,
        "lambda": LAMBDA,
    }
    lines = ",\n  ".join(json.dumps(row) for row in rows)
    FIXTURE.write_text(f'{json.dumps(head, indent=1)[:-2]},\n "logs": [\n  {lines}\n ]\n}}\n', encoding="utf-8")
    print(f"{len(rows)} logs in {FIXTURE}")


if __name__ == "__main__":
    main()
