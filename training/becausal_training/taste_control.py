"""Whether the persona of a prompt steers a pack: flipped directions, opposed personas, silence, and few-shot curves.

Flips: for every genre, fixed slates of which 8 films are of the genre and 12 are not, each after the history of a test user;
the genre is the only direction that speaks, once for and once against. What moves is its share of the best five. Other
directions drift by how far their mean value in the best five moves. Conflicts: two personas opposed on three directions, on
the recommender's slate. Few-shot: what the second half of a user's films shows to who knows n ratings of the first (see
`taste_evaluation`), told as history, as examples (ICA), as persona (PBA), as both or not at all, on the same slates; and the
same with the ratings of another user.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from becausal_training.evaluation import metric_row
from becausal_training.files import read_json
from becausal_training.interactions import MIN_HISTORY, Dataset, Part
from becausal_training.metrics import hit_at_1, user_bootstrap
from becausal_training.pack import load_pack
from becausal_training.personas import MOST_EXAMPLES, Tastes
from becausal_training.preference_space import DIRECTIONS
from becausal_training.prompt import ABSENT, NO_PIECES, OptionalPieces, pad_left
from becausal_training.recommender import Recommender
from becausal_training.run import describe_device
from becausal_training.sampling import CANDIDATES, evaluation_candidates
from becausal_training.taste_evaluation import SHOWN, HeldOut, held_out
from becausal_training.taste_evidence import TasteSpace, fit_taste_prior
from becausal_training.taste_prior import TastePrior
from becausal_training.windows import WindowTable

Doubles = npt.NDArray[np.float64]
OF_THE_GENRE, TOP = 8, 5
OPPOSED = 3
LEAST_FILMS = 40
"""Genres of fewer watched films are not flipped: their slates would be the same few films."""
MOST_SLATES_OF_USER = 10
FLIP_BAR, DRIFT_BAR, CONFLICT_BAR = 0.30, 0.10, 0.60


def control_report(
    folder: Path,
    data: Dataset,
    device: torch.device,
    slates: int,
    windows: int | None,
    model: Recommender | None = None,
    prior: TastePrior | None = None,
) -> dict[str, Any]:
    """Returns every figure of a pack (of `model`, if given, in its place) with its bar."""
    torch.set_float32_matmul_precision("high")
    manifest = read_json(folder / "manifest.json") if model is None else None
    model = (load_pack(folder, films=data.films) if model is None else model).to(device)
    space, prior = TasteSpace.of(data, data.bounds("train")), prior or fit_taste_prior(data)
    flips = flip_rows(model, data, space, slates)
    conflict = conflict_row(model, data, space, slates)
    moved, drift = (float(np.median([row[name] for row in flips])) for name in ("moved", "meanDrift"))
    return {
        "pack": str(folder),
        "settings": None if manifest is None else manifest["training"].get("settings"),
        "device": describe_device(device),
        "flips": flips,
        "medianMoved": _judged(moved, FLIP_BAR, moved >= FLIP_BAR),
        "medianDrift": _judged(drift, DRIFT_BAR, drift <= DRIFT_BAR),
        "conflict": conflict | _judged(conflict["value"], CONFLICT_BAR, conflict["value"] >= CONFLICT_BAR),
        "silent": silent_difference(model, data, slates),
        "fewShot": few_shot_rows(model, data, space, prior, windows),
    }


def _judged(value: float, bar: float, met: bool) -> dict[str, Any]:
    return {"value": round(value, 4), "bar": bar, "verdict": "met" if met else "missed"}


@torch.no_grad()
def scored(
    model: Recommender, history: Tensor, candidates: Tensor, pieces: OptionalPieces = NO_PIECES, batch: int = 64
) -> Doubles:
    """Returns verdict log-odds `[prompts, candidates]`, batch by batch on the model's device."""
    device, parts = model.null_behaviour.device, []
    for rows in torch.arange(len(history)).split(batch):

        def part(values: Tensor | None, rows: Tensor = rows) -> Tensor | None:
            return None if values is None else values[rows].to(device)

        own = OptionalPieces(part(pieces.persona), part(pieces.liked), part(pieces.disliked))
        verdicts, _ = model.score(history[rows].to(device), candidates[rows].to(device), pieces=own)
        parts.append(verdicts.double().cpu())
    return torch.cat(parts).numpy()


def asked_histories(model: Recommender, data: Dataset, count: int, seed: int = 0, part: Part = "test") -> Tensor:
    """Returns histories `[count, max_length]` of windows of a part's users, drawn with replacement where there are fewer."""
    table = WindowTable(data, data.bounds(part), MIN_HISTORY, torch.device("cpu"))
    chosen = np.random.default_rng(seed).choice(len(table), count, replace=count > len(table))
    return table.histories(torch.from_numpy(chosen), model.sasrec.shape.max_length)


def flip_rows(
    model: Recommender, data: Dataset, space: TasteSpace, slates: int, seed: int = 0, part: Part = "test"
) -> list[dict[str, Any]]:
    """Returns for every genre its share of the best five for and against, and how far other directions drift."""
    rng = np.random.default_rng(seed)
    watched = np.flatnonzero(space.watched > 0)
    history = asked_histories(model, data, slates, part=part)
    rows = []
    for column, direction in enumerate(DIRECTIONS):
        is_of = space.attributes[watched, column] == 1.0
        enough = is_of.sum() >= min(LEAST_FILMS, len(watched) // 4) and (~is_of).sum() >= CANDIDATES
        if not direction.id.startswith("genre-") or not enough:
            continue
        parts = ((watched[is_of], OF_THE_GENRE), (watched[~is_of], CANDIDATES - OF_THE_GENRE))
        drawn = [np.concatenate([rng.choice(pool, count, replace=False) for pool, count in parts]) for _ in range(slates)]
        candidates = np.stack([rng.permutation(slate) for slate in drawn])
        tops = {}
        for sign in (1, -1):
            persona = torch.zeros(slates, len(DIRECTIONS), dtype=torch.long)
            persona[:, column] = sign
            scores = scored(model, history, torch.from_numpy(candidates), OptionalPieces(persona=persona))
            best = np.take_along_axis(candidates, np.argsort(-scores, 1, kind="stable")[:, :TOP], 1)
            tops[sign] = space.attributes[best].mean((0, 1))
        moved = tops[1] - tops[-1]
        # A blend is made of its genre, so that it is no other direction.
        others = np.array([i for i, other in enumerate(DIRECTIONS) if i != column and not other.is_made_of(direction)])
        drift = np.abs(moved[others])
        worst = others[int(drift.argmax())]
        rows.append(
            {
                "direction": direction.id,
                "for": round(float(tops[1][column]), 4),
                "against": round(float(tops[-1][column]), 4),
                "moved": round(float(moved[column]), 4),
                "meanDrift": round(float(drift.mean()), 4),
                "largestDrift": round(float(drift.max()), 4),
                "largestDriftOf": DIRECTIONS[worst].id,
                "slates": slates,
            }
        )
    return rows


def conflict_row(model: Recommender, data: Dataset, space: TasteSpace, slates: int, seed: int = 0) -> dict[str, Any]:
    """Returns on how many of the recommender's slates two personas opposed on `OPPOSED` directions differ in their first."""
    rng = np.random.default_rng(seed)
    history = asked_histories(model, data, slates, seed + 1)
    device = model.null_behaviour.device
    with torch.no_grad():
        scores = model.sasrec.item_scores(model.sasrec.state(history.to(device))).cpu()
    seen = torch.zeros(slates, len(data.films) + 1, dtype=torch.bool).scatter(1, history % (len(data.films) + 1), True)
    candidates = scores.masked_fill(seen[:, : len(data.films)], -torch.inf).topk(CANDIDATES).indices
    values = space.attributes[candidates.numpy()]
    persona = torch.zeros(slates, len(DIRECTIONS), dtype=torch.long)
    for row in range(slates):
        # Directions on which the slate's films differ; opposing over anything else says nothing.
        open_ones = np.flatnonzero(values[row].std(0) > 0)
        chosen = rng.choice(open_ones, min(OPPOSED, len(open_ones)), replace=False)
        persona[row, chosen] = torch.from_numpy(rng.choice([-1, 1], len(chosen)))
    first = [scored(model, history, candidates, OptionalPieces(persona=sign * persona)).argmax(1) for sign in (1, -1)]
    return {"opposed": OPPOSED, "slates": slates, "value": round(float((first[0] != first[1]).mean()), 4)}


def silent_difference(model: Recommender, data: Dataset, slates: int) -> float:
    """Returns the largest difference between the verdicts of a prompt without persona and of one whose persona is silent."""
    history = asked_histories(model, data, min(slates, 20))
    films = torch.arange(CANDIDATES).repeat(len(history), 1)
    silent = OptionalPieces(torch.zeros(len(history), len(DIRECTIONS), dtype=torch.long))
    return float(np.abs(scored(model, history, films) - scored(model, history, films, silent)).max())


def few_shot_rows(
    model: Recommender, data: Dataset, space: TasteSpace, prior: TastePrior, windows: int | None
) -> list[dict[str, Any]]:
    """Returns HR@1 among 20 candidates by what is told of the first n ratings, with the paired gain over telling nothing."""
    users = held_out(data, space, "test")
    table = WindowTable(data, data.bounds("test"), 1, torch.device("cpu"))
    owner, chosen = _asked_windows(data, table, users, windows)
    candidates = evaluation_candidates(table, torch.from_numpy(chosen))
    numbers = np.array([user.user for user in users])[owner]
    tastes = Tastes.with_prior(space, prior, torch.device("cpu"))
    length = model.sasrec.shape.max_length
    empty = torch.full((len(owner), length), ABSENT)
    none = hit_at_1(scored(model, empty, candidates))
    rows = []
    for n in SHOWN:
        films = torch.from_numpy(np.stack([user.films[0, :n] for user in users]))
        signs = torch.from_numpy(np.stack([user.opinions[0, :n] for user in users])).float()
        persona = tastes.persona(films, signs)[owner]
        # What another user's ratings say must not help: it would be no taste, but the telling of anything.
        stranger = (owner + 1) % len(users)
        liked, disliked = (_examples(users, n, sign)[owner] for sign in (1, -1))
        wrong = OptionalPieces(None, *(_examples(users, n, sign)[stranger] for sign in (1, -1)))
        wrong_persona = OptionalPieces(tastes.persona(films, signs)[stranger])
        history = pad_left([user.films[0, :n][user.opinions[0, :n] > 0].tolist() for user in users], length)[owner]
        told: dict[str, Callable[[], Doubles]] = {
            "none": lambda: none,
            "history": lambda h=history: hit_at_1(scored(model, h, candidates)),
            "ICA": lambda lk=liked, dk=disliked: hit_at_1(scored(model, empty, candidates, OptionalPieces(None, lk, dk))),
            "PBA": lambda p=persona: hit_at_1(scored(model, empty, candidates, OptionalPieces(p))),
            "ICA, wrong user": lambda w=wrong: hit_at_1(scored(model, empty, candidates, w)),
            "PBA, wrong user": lambda w=wrong_persona: hit_at_1(scored(model, empty, candidates, w)),
            "both": lambda p=persona, lk=liked, dk=disliked: hit_at_1(
                scored(model, empty, candidates, OptionalPieces(p, lk, dk))
            ),
        }
        for name, hits_of in told.items():
            hits = hits_of()
            row = metric_row("HR@1", name, f"{CANDIDATES} candidates, second halves of the test users", hits, numbers)
            rows.append({**row, "shown": n, "gain": user_bootstrap(hits - none, numbers).to_json()})
    return rows


def _asked_windows(
    data: Dataset, table: WindowTable, users: Sequence[HeldOut], windows: int | None
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Returns the user's row and the window's number of each asked window: at most ten of a user, `windows` in all."""
    rng = np.random.default_rng(2)
    targets = table.targets(torch.arange(len(table))).numpy()
    owner, chosen = [], []
    for row, user in enumerate(users):
        place = {int(film): at for at, film in enumerate(data.users[user.user].items)}
        own = [w for w in np.flatnonzero(table.users == user.user).tolist() if place[int(targets[w])] >= user.place]
        drawn = rng.permutation(own)[:MOST_SLATES_OF_USER]
        owner += [row] * len(drawn)
        chosen += drawn.tolist()
    order = rng.permutation(len(chosen))[: windows or len(chosen)]
    return np.array(owner, dtype=np.int64)[order], np.array(chosen, dtype=np.int64)[order]


def _examples(users: Sequence[HeldOut], n: int, sign: int) -> Tensor:
    """The films of one opinion among the first n of every user `[users, MOST_EXAMPLES]`."""
    return pad_left([user.films[0, :n][user.opinions[0, :n] == sign].tolist() for user in users], MOST_EXAMPLES)


def format_control(report: dict[str, Any]) -> str:
    """Returns the report as aligned text."""
    lines = [f"{report['pack']} on {report['device']}"]
    for row in report["flips"]:
        lines.append(
            f"flip {row['direction']:20} share of the best {TOP}: for {row['for']:.3f}, against {row['against']:.3f}, "
            f"moved {row['moved']:+.3f}; drift mean {row['meanDrift']:.3f}, largest {row['largestDrift']:.3f} "
            f"({row['largestDriftOf']})"
        )
    for name in ("medianMoved", "medianDrift", "conflict"):
        row = report[name]
        lines.append(f"{name}: {row['value']:.3f}, bar {row['bar']}: {row['verdict']}")
    lines.append(f"silent persona: verdicts differ by {report['silent']} at most")
    for row in report["fewShot"]:
        gain = row["gain"]
        lines.append(
            f"HR@1 {row['model']:15} n={row['shown']}  {row['value']:.4f} [{row['low']:.4f}, {row['high']:.4f}]"
            f"  over none {gain['value']:+.4f} [{gain['low']:+.4f}, {gain['high']:+.4f}]  n={row['n']}"
        )
    return "\n".join(lines)
