"""A user's taste as a Bayesian logistic model over the preference directions, and its prior out of the training users.

P(film i is preferred to j) = sigmoid(u . (phi_i - phi_j)), u normal about a mean at a scale of each direction. A pair of a
liked and a disliked film is such an answer; a single rating is one against the mean film of like popularity, so that liking
what everyone watches says nothing. The posterior is Gaussian about its mode (Laplace), found by Newton's method.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

Doubles = npt.NDArray[np.float64]
NEWTON_STEPS = 12
"""More than a mode ever takes; a step that changes nothing costs little."""
HALVINGS = 8
FREEDOM = 2.0
"""Degrees of freedom of every prior. People's tastes on MovieLens are dense, and any value predicts them alike; where few
directions matter a low one is worth a point of accuracy (`taste_world`)."""
SCALE_STEPS = 6
"""How often the scales of the directions are set again."""
EM_STEPS = 30
PRIOR_USERS = 20.0
"""How many users at the diagonal start the covariance is diluted with."""
START_VARIANCE = 0.5


@dataclass(frozen=True)
class TastePrior:
    """What is known of a user before any rating: `mean` `[directions]` and `covariance` `[directions, directions]`."""

    mean: Doubles
    covariance: Doubles
    freedom: float | None = None
    """Degrees of freedom of the scales of the directions (`posterior`); None is a Gaussian prior."""


@dataclass(frozen=True)
class Posterior:
    """Modes `[users, directions]` and covariances `[users, directions, directions]` of users' tastes."""

    mode: Doubles
    covariance: Doubles


def popularity_bucket(watched: Doubles) -> npt.NDArray[np.int64]:
    """Returns the whole binary logarithm of 1 + `watched` `[films]`: films that share it are of like popularity."""
    return np.frexp(1.0 + watched)[1].astype(np.int64) - 1


def exposure_reference(attributes: Doubles, watched: Doubles) -> Doubles:
    """Returns for every film the mean attributes `[films, directions]` of the films of like popularity."""
    bucket = popularity_bucket(watched)
    sums = np.zeros((bucket.max() + 1, attributes.shape[1]))
    np.add.at(sums, bucket, attributes)
    return (sums / np.maximum(np.bincount(bucket), 1)[:, None])[bucket]


def posterior(prior: TastePrior, rows: Doubles, weights: Doubles) -> Posterior:
    """Returns the posterior of each user after the answers `rows` `[users, n, directions]`.

    A row is phi(preferred) - phi(other); `weights` `[users, n]` is how much it counts, 0 for padding. With `freedom` the
    prior is a scale mixture: lambda_d ~ Gamma(freedom / 2, freedom / 2) multiplies the precision of direction d, so that
    few directions may be strong and the rest stay silent (a Student t where directions are independent). lambda is set to
    its variational mean (freedom + 1) / (freedom + E[(u_d - mean_d)^2] / covariance_dd) and u is inferred again, in turn.
    """
    users, _, size = rows.shape
    precision = np.linalg.inv(prior.covariance)
    scales = np.ones((users, size))
    found = _laplace(prior.mean, np.tile(precision, (users, 1, 1)), rows, weights, np.tile(prior.mean, (users, 1)))
    for _ in range(SCALE_STEPS if prior.freedom is not None else 0):
        assert prior.freedom is not None
        spread = (found.mode - prior.mean) ** 2 + np.diagonal(found.covariance, axis1=1, axis2=2)
        scales = (prior.freedom + 1) / (prior.freedom + spread / np.diagonal(prior.covariance))
        root = np.sqrt(scales)
        found = _laplace(prior.mean, root[:, :, None] * precision * root[:, None, :], rows, weights, found.mode)
    return found


def _laplace(mean: Doubles, precision: Doubles, rows: Doubles, weights: Doubles, mode: Doubles) -> Posterior:
    """Returns mode and curvature of sum_k w_k log sigmoid(u . x_k) - (u - mean)' P (u - mean) / 2, which is concave.

    Newton's method from `mode` with a precision P `[users, directions, directions]` of each user; a step that would lower
    the value is halved.
    """
    users = len(rows)

    def objective(at: Doubles) -> Doubles:
        margin = np.einsum("und,ud->un", rows, at)
        distance = at - mean
        return -(weights * np.logaddexp(0.0, -margin)).sum(1) - np.einsum("ud,ude,ue->u", distance, precision, distance) / 2

    value = objective(mode)
    hessian = precision
    for _ in range(NEWTON_STEPS):
        miss = 1.0 / (1.0 + np.exp(np.einsum("und,ud->un", rows, mode)))
        gradient = np.einsum("un,und->ud", weights * miss, rows) - np.einsum("ude,ue->ud", precision, mode - mean)
        curved = np.sqrt(weights * miss * (1 - miss))[..., None] * rows
        hessian = precision + curved.transpose(0, 2, 1) @ curved
        step = np.linalg.solve(hessian, gradient[..., None])[..., 0]
        length = np.ones(users)
        moved = objective(mode + step)
        for _ in range(HALVINGS):
            worse = moved < value - 1e-12
            if not worse.any():
                break
            length = np.where(worse, length / 2, length)
            moved = objective(mode + length[:, None] * step)
        mode, value = mode + length[:, None] * step, moved
        if np.abs(step).max(initial=0.0) < 1e-10:
            break
    return Posterior(mode, np.linalg.inv(hessian))


def fit_prior(
    answers: Sequence[Doubles], weights: Sequence[Doubles], steps: int = EM_STEPS, shares: Doubles | None = None
) -> TastePrior:
    """Returns mean and covariance of a Gaussian by empirical Bayes: EM with a Laplace posterior per user (Laplace-EM).

    `answers` holds each training user's rows `[n, directions]`, `weights` what each counts. The M-step is the mean of the
    modes, and the mean of the covariances plus the scatter of the modes, diluted with `PRIOR_USERS` users whose covariance
    is `START_VARIANCE` on the diagonal (the mode under an inverse Wishart prior), so that directions that few answers speak
    of stay bounded, with correlations shrunk. `shares` `[users]` is how much each user counts, by default 1.
    """
    size = answers[0].shape[1]
    longest = max(len(rows) for rows in answers)
    padded, counted = np.zeros((len(answers), longest, size)), np.zeros((len(answers), longest))
    for row, (own, weight) in enumerate(zip(answers, weights, strict=True)):
        padded[row, : len(own)], counted[row, : len(own)] = own, weight
    share = np.ones(len(answers)) if shares is None else shares
    start = START_VARIANCE * np.eye(size)
    prior = TastePrior(np.zeros(size), start)
    for _ in range(steps):
        found = posterior(prior, padded, counted)
        mean = share @ found.mode / (share.sum() + 1.0)
        scatter = found.mode - mean
        moments = found.covariance + scatter[:, :, None] * scatter[:, None, :]
        prior = TastePrior(mean, _covariance(moments, share, start))
    return replace(prior, freedom=FREEDOM)


def _covariance(moments: Doubles, share: Doubles, start: Doubles) -> Doubles:
    """Returns the mean of the users' second moments `[users, directions, directions]`, diluted and shrunk.

    What lies off the diagonal is shrunk by sum Var(c_ij) / sum c_ij^2, the intensity of least expected squared error
    (Schaefer and Strimmer 2005): it vanishes where directions have nothing to do with one another.
    """
    weights = share / share.sum()
    mean = np.einsum("u,ude->de", weights, moments)
    noise = np.einsum("u,ude->de", weights**2, (moments - mean) ** 2)
    off = ~np.eye(len(mean), dtype=bool)
    kept = 1.0 - min(1.0, float(noise[off].sum() / max((mean[off] ** 2).sum(), 1e-300))) if off.any() else 1.0
    shrunk = np.where(off, kept * mean, mean)
    return (share.sum() * shrunk + PRIOR_USERS * start) / (share.sum() + PRIOR_USERS)
