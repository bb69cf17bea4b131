"""Whether a trained model uses what it is given: each channel and the gate put out of action at inference, one at a time.

Every probe scores the same candidates of the same windows as the intact model, so differences are paired.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from becausal_training.clusters import k_means, mean_entropy, mutual_information
from becausal_training.errors import TrainingError
from becausal_training.evaluation import metric_row
from becausal_training.interactions import Dataset, Part
from becausal_training.metrics import Doubles, Ints, hit_at_1, user_bootstrap
from becausal_training.prompt import ABSENT
from becausal_training.recommender import Recommender
from becausal_training.sampling import CANDIDATES, evaluation_candidates
from becausal_training.scoring import check_same_windows, chosen_windows, load_candidate_scores, window_table

PROBES = (
    "intact",
    "behaviour vectors permuted among films",
    "null vector in every slot",
    "titles permuted among films",
    "uniform gate",
    "gates permuted among windows",
)
INTACT = PROBES[0]
CLUSTERS = 8


@dataclass(frozen=True)
class ProbeScores:
    """Hits `[probes, windows]` in the order of `PROBES`; gate `[windows, experts]` and SASRec state of the intact model."""

    hits: Doubles
    gates: Doubles
    states: Doubles
    users: Ints
    windows: Ints

    def of(self, probe: str) -> Doubles:
        """Returns the hits of one probe."""
        return self.hits[PROBES.index(probe)]


@torch.no_grad()
def score_probes(
    model: Recommender, data: Dataset, part: Part, count: int | None = None, batch: int = 128, seed: int = 0
) -> ProbeScores:
    """Scores the 20 candidates of every window (or of `count` of them) with every probe."""
    table = window_table(model, data, part)
    device = model.null_behaviour.device
    chosen = chosen_windows(table, count)
    generator = torch.Generator().manual_seed(seed)
    films = _Permutation(torch.randperm(table.items, generator=generator), device)
    histories = [table.histories(windows, model.sasrec.shape.max_length) for windows in chosen.to(device).split(batch)]
    states = torch.cat([model.sasrec.state(history) for history in histories])
    gates = torch.cat([model.gates(h, s) for h, s in zip(histories, states.split(batch), strict=True)])
    swapped = gates[torch.randperm(len(gates), generator=generator).to(device)]
    hits: list[npt.NDArray] = []
    batches = (chosen.to(device).split(batch), histories, gates.split(batch), swapped.split(batch))
    for windows, history, gate, other_gate in zip(*batches, strict=True):
        candidates = evaluation_candidates(table, windows)
        prompts = model.pack(history, candidates)
        renamed = model.pack(films.of(history), films.of(candidates))
        verdicts = (
            model.verdicts(prompts, gate),
            model.verdicts(replace(prompts, behaviour=films.of(prompts.behaviour)), gate),
            model.verdicts(prompts, gate, torch.ones_like(prompts.tokens, dtype=torch.bool)),
            model.verdicts(replace(renamed, behaviour=films.back(renamed.behaviour)), gate),
            model.verdicts(prompts, torch.ones_like(gate)),
            model.verdicts(prompts, other_gate),
        )
        hits.append(np.stack([hit_at_1(scores.float().cpu().numpy()) for scores in verdicts]))
    return ProbeScores(
        hits=np.concatenate(hits, 1),
        gates=gates.double().cpu().numpy(),
        states=states.double().cpu().numpy(),
        users=table.users[chosen.numpy()],
        windows=chosen.numpy(),
    )


class _Permutation:
    """A permutation of the films that leaves ABSENT where it is."""

    def __init__(self, order: Tensor, device: torch.device) -> None:
        self._order = order.to(device)
        self._inverse = order.argsort().to(device)

    def of(self, films: Tensor) -> Tensor:
        return torch.where(films == ABSENT, ABSENT, self._order[films.clamp(min=0)])

    def back(self, films: Tensor) -> Tensor:
        return torch.where(films == ABSENT, ABSENT, self._inverse[films.clamp(min=0)])


def probe_report(scores: ProbeScores, clusters: Ints | None = None) -> dict[str, Any]:
    """Returns HR@1 of every probe with its paired difference to the intact model, and what the gate does.

    `clusters` are those of the SASRec states, by default their k-means clusters.
    """
    clusters = k_means(scores.states, CLUSTERS) if clusters is None else clusters
    intact = scores.of(INTACT)
    chosen = scores.gates.argmax(1)

    def row(model: str, values: Doubles, users: Ints, minus: str | None = None) -> dict[str, Any]:
        return metric_row("HR@1", model, f"{CANDIDATES} candidates", values, users, minus)

    return {
        "metrics": [row(probe, scores.of(probe), scores.users) for probe in PROBES],
        "differences": [row(probe, scores.of(probe) - intact, scores.users, INTACT) for probe in PROBES if probe != INTACT],
        "gate": {
            "meanEntropy": round(mean_entropy(scores.gates), 4),
            "mutualInformationWithClusters": round(mutual_information(chosen, clusters), 4),
            "clusters": int(clusters.max()) + 1,
            "shareOfArgmax": [round(float((chosen == expert).mean()), 4) for expert in range(scores.gates.shape[1])],
            "meanWeights": [round(float(weight), 4) for weight in scores.gates.mean(0)],
            "n": len(chosen),
        },
        "clusters": [
            {"cluster": cluster, **row(f"{INTACT}, cluster {cluster}", intact[members], scores.users[members])}
            for cluster in range(int(clusters.max()) + 1)
            if (members := clusters == cluster).any()
        ],
    }


def compare_by_cluster(first: Doubles, second: Doubles, clusters: Ints, users: Ints) -> dict[str, Any]:
    """Returns HR@1 of a first model minus a second's, over all windows and in each cluster, with user-bootstrap intervals.

    `first` and `second` are hits of the same windows (`scoring.check_same_windows`), of separately trained models.
    """
    if not len(first) == len(second) == len(clusters) == len(users):
        raise TrainingError(
            f"{len(first)} and {len(second)} hits, {len(clusters)} clusters, {len(users)} users: not the same windows"
        )
    difference = first - second
    return {
        "all": user_bootstrap(difference, users).to_json(),
        "clusters": [
            {
                "cluster": cluster,
                "first": round(float(first[members].mean()), 4),
                "second": round(float(second[members].mean()), 4),
                **user_bootstrap(difference[members], users[members]).to_json(),
            }
            for cluster in range(int(clusters.max()) + 1)
            if (members := clusters == cluster).any()
        ],
    }


def compare_stored(first: Path, second: Path, probes: Path) -> dict[str, Any]:
    """Compares the hybrids of two stored window scores (`scoring.save_scores`) in the clusters of stored probes.

    All three must be of the same windows, and the clusters are those of the states the probed model saw.
    """
    check_same_windows((first, second))
    scores, others, probed = load_candidate_scores(first), load_candidate_scores(second), load_probes(probes)
    if not np.array_equal(scores.windows, probed.windows):
        raise TrainingError(f"{probes} is of other windows than {first}; probe as many windows as were scored")
    clusters = k_means(probed.states, CLUSTERS)
    return compare_by_cluster(scores.hits(scores.hybrid), others.hits(others.hybrid), clusters, scores.users)


def save_probes(path: Path, scores: ProbeScores, data: Dataset, part: Part) -> None:
    """Stores what every probe hit, the gates and the states, as `npz`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(path, **vars(scores), data_sha256=np.array(data.data_sha256), part=np.array(part))


def load_probes(path: Path) -> ProbeScores:
    """Loads what `save_probes` stored."""
    with np.load(path) as stored:
        return ProbeScores(*(stored[name] for name in ("hits", "gates", "states", "users", "windows")))
