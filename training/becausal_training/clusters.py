"""k-means (Lloyd's algorithm from k-means++ seeds), and what two labellings of the same rows tell about each other."""

import numpy as np
import numpy.typing as npt

Doubles = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def k_means(points: npt.NDArray, clusters: int, seed: int = 0, restarts: int = 8, iterations: int = 100) -> Ints:
    """Returns the cluster of each row of `points` `[n, d]`: the best of several restarts by the sum of squared distances.

    Clusters are numbered by size, the largest 0, so that the numbers mean the same after every run.
    """
    x = np.asarray(points, dtype=np.float64)
    rng = np.random.default_rng(seed)
    best, least = np.zeros(len(x), dtype=np.int64), np.inf
    for _ in range(restarts):
        labels, cost = _lloyd(x, _seeds(x, clusters, rng), iterations)
        if cost < least:
            best, least = labels, cost
    order = np.argsort(-np.bincount(best, minlength=clusters), kind="stable")
    return np.argsort(order)[best]


def _seeds(x: Doubles, clusters: int, rng: np.random.Generator) -> Doubles:
    """Each next centre is a row drawn in proportion to its squared distance from the nearest centre so far."""
    centres = [x[rng.integers(len(x))]]
    distance = np.full(len(x), np.inf)
    for _ in range(clusters - 1):
        distance = np.minimum(distance, ((x - centres[-1]) ** 2).sum(1))
        total = distance.sum()
        centres.append(x[rng.choice(len(x), p=distance / total) if total > 0 else rng.integers(len(x))])
    return np.array(centres)


def _lloyd(x: Doubles, centres: Doubles, iterations: int) -> tuple[Ints, float]:
    labels = np.full(len(x), -1)
    squares = (x**2).sum(1, keepdims=True)
    for _ in range(iterations):
        distance = squares - 2 * x @ centres.T + (centres**2).sum(1)
        nearest = distance.argmin(1)
        if (nearest == labels).all():
            break
        labels = nearest
        for cluster in range(len(centres)):
            if (members := labels == cluster).any():
                centres[cluster] = x[members].mean(0)
    return labels, float(((x - centres[labels]) ** 2).sum())


def mutual_information(first: Ints, second: Ints) -> float:
    """Mutual information of two labellings in nats, from their joint frequencies.

    The estimate is too high by about (rows - 1) (columns - 1) / 2n nats when the labellings are independent.
    """
    joint = np.zeros((int(first.max()) + 1, int(second.max()) + 1))
    np.add.at(joint, (first, second), 1 / len(first))
    independent = joint.sum(1, keepdims=True) * joint.sum(0, keepdims=True)
    seen = joint > 0
    return float((joint[seen] * np.log(joint[seen] / independent[seen])).sum())


def mean_entropy(weights: npt.NDArray) -> float:
    """Mean entropy in nats of non-negative `weights` `[n, k]`, each row taken as a distribution."""
    p = np.asarray(weights, dtype=np.float64)
    p = p / p.sum(1, keepdims=True)
    return float(-(p * np.log(np.where(p > 0, p, 1))).sum(1).mean())
