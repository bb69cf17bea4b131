"""The objective of learning on the device and the values of a policy, in NumPy, for the app's TypeScript to be held against.

`python -m becausal_training.learning_reference` writes the fixture: small random logs with everything that follows from them.
The formulas are those of docs/learning.md.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

FIXTURE = Path(__file__).parents[2] / "src" / "adapt" / "fixtures" / "learning-reference.json"
LOGS = 40

Vector = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Round:
    """A drawn round; arrays are [places] of its slate, `features` is [places, width]."""

    base_scores: Vector
    features: Vector
    action: int
    reward: float
    propensities: Vector
    fitted: Vector


@dataclass(frozen=True)
class Settings:
    """T of the policy, the largest weight, and the weights of KL(pi || pi_0) and of |theta|^2."""

    temperature: float
    clip: float
    divergence: float
    decay: float


def softmax(scores: Vector) -> Vector:
    """Returns exp(scores) over its sum."""
    powers = np.exp(scores - scores.max())
    return powers / powers.sum()


def policy(each: Round, theta: Vector, temperature: float) -> Vector:
    """Returns pi = softmax((s_0 + features theta) / T)."""
    return softmax((each.base_scores + each.features @ theta) / temperature)


def objective(rounds: list[Round], theta: Vector, settings: Settings) -> tuple[float, Vector]:
    """Returns J = mean [sum pi ghat + min(w, clip) (y - ghat) - divergence KL(pi || pi_0)] - decay |theta|^2, and its gradient.

    The gradient goes through the whole Jacobian of the softmax, d pi_a / d s_b = pi_a ([a = b] - pi_b) / T. A clipped weight
    has no slope.
    """
    value, gradient = 0.0, np.zeros(len(theta))
    for each in rounds:
        pi = policy(each, theta, settings.temperature)
        before = policy(each, np.zeros(len(theta)), settings.temperature)
        jacobian = (np.diag(pi) - np.outer(pi, pi)) / settings.temperature
        weight = pi[each.action] / each.propensities[each.action]
        residual = each.reward - each.fitted[each.action]
        ratio = np.log(pi / before)
        value += pi @ each.fitted + min(weight, settings.clip) * residual - settings.divergence * (pi @ ratio)
        slope = each.fitted - settings.divergence * (ratio + 1)
        if weight < settings.clip:
            slope[each.action] += residual / each.propensities[each.action]
        gradient += each.features.T @ (jacobian @ slope)
    n = len(rounds)
    return float(value / n - settings.decay * theta @ theta), gradient / n - 2 * settings.decay * theta


def values(rounds: list[Round], theta: Vector, temperature: float, clip: float) -> dict[str, float]:
    """Returns the value of pi_theta by IPS, SNIPS and DR, weights clipped."""
    targets = [policy(each, theta, temperature) for each in rounds]
    actions = [each.action for each in rounds]
    ratio = np.array([pi[a] / each.propensities[a] for pi, a, each in zip(targets, actions, rounds, strict=True)])
    w = np.minimum(ratio, clip)
    y = np.array([each.reward for each in rounds])
    ghat = np.array([each.fitted[each.action] for each in rounds])
    direct = np.array([pi @ each.fitted for pi, each in zip(targets, rounds, strict=True)])
    return {
        "ips": float((w * y).mean()),
        "snips": float((w * y).sum() / w.sum()),
        "dr": float((direct + w * (y - ghat)).mean()),
    }


def random_log(seed: int) -> tuple[list[Round], Vector, Settings]:
    """Returns a small log, a theta and settings. Numbers have few digits, so that the file is small; every third log clips."""
    rng = np.random.default_rng(seed)
    width = int(rng.integers(1, 5))
    rounds = []
    for _ in range(int(rng.integers(3, 9))):
        places = int(rng.integers(2, 6))
        shares = rng.multinomial(9_000, rng.dirichlet(np.ones(places))) + 1_000 // places
        shares[0] += 10_000 - shares.sum()
        propensities = shares / 10_000
        rounds.append(
            Round(
                base_scores=rng.normal(0, 1.5, places).round(3),
                features=rng.normal(0, 1, (places, width)).round(3),
                action=int(rng.choice(places, p=propensities)),
                reward=float(rng.integers(0, 2)) if seed % 2 else round(float(rng.random()), 3),
                propensities=propensities,
                fitted=rng.random(places).round(3),
            )
        )
    settings = Settings(
        temperature=float(round(rng.uniform(0.5, 2), 2)),
        clip=1.5 if seed % 3 == 0 else 10.0,
        divergence=float(round(rng.uniform(0, 0.3), 2)),
        decay=float(round(rng.uniform(0, 0.1), 3)),
    )
    return rounds, rng.normal(0, 0.7, width).round(3), settings


def describe(seed: int) -> dict[str, Any]:
    """Returns the row of a seed as the fixture has it."""
    rounds, theta, settings = random_log(seed)
    value, gradient = objective(rounds, theta, settings)
    return {
        "seed": seed,
        "settings": vars(settings),
        "theta": theta.tolist(),
        "rounds": [
            {
                "baseScores": each.base_scores.tolist(),
                "features": each.features.ravel().tolist(),
                "action": each.action,
                "reward": each.reward,
                "propensities": each.propensities.tolist(),
                "fitted": each.fitted.tolist(),
            }
            for each in rounds
        ],
        "objective": value,
        "gradient": gradient.tolist(),
        "values": values(rounds, theta, settings.temperature, settings.clip),
    }


def main() -> None:
    """Writes the fixture."""
    head = {"made_by": "python -m becausal_training.learning_reference", "numpy": np.__version__}
    lines = ",\n  ".join(json.dumps(describe(seed)) for seed in range(1, LOGS + 1))
    FIXTURE.parent.mkdir(exist_ok=True)
    FIXTURE.write_text(f'{json.dumps(head, indent=1)[:-2]},\n "logs": [\n  {lines}\n ]\n}}\n', encoding="utf-8")
    print(f"{LOGS} logs in {FIXTURE}")


if __name__ == "__main__":
    main()
