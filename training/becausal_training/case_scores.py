"""Scores of a file of cases (docs/evaluate.md, section 1) by PyTorch, to hold against another runtime's on the same cases."""

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import torch

from becausal_training.errors import TrainingError
from becausal_training.prompt import ABSENT, HISTORY_ITEMS
from becausal_training.recommender import Recommender


def read_cases(path: Path) -> list[dict[str, Any]]:
    """Reads cases with candidates and films as rows of the catalogue, as `becausal evaluate --export-cases` writes them."""
    cases = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]
    for number, case in enumerate(cases, 1):
        films = [*case["history"], *case.get("candidates", ())]
        if "candidates" not in case or not all(isinstance(film, int) for film in films):
            raise TrainingError(f"{path}, line {number}: candidates are needed, and films as rows; export the cases first")
    return cases


@torch.no_grad()
def score_cases(model: Recommender, cases: list[dict[str, Any]], batch: int = 16) -> Iterator[dict[str, Any]]:
    """Yields each case's candidates with their scores by SASRec, text alone, behaviour alone and both.

    The cases of a batch have as many candidates as its first.
    """
    device, length = model.null_behaviour.device, model.sasrec.shape.max_length
    for some in _alike(cases, batch):
        histories = [case["history"][-length:] for case in some]
        history = torch.tensor([[ABSENT] * (length - len(films)) + films for films in histories], device=device)
        candidates = torch.tensor([case["candidates"] for case in some], device=device)
        hybrid, sasrec = model.score(history, candidates)
        text, _ = model.score(history, candidates, behaviour=False)
        untitled = model.template.pack(history[:, -HISTORY_ITEMS:], candidates, neutral_titles=True)
        behaviour = model.verdicts(untitled, model.gates(history, model.sasrec.state(history)))
        scored = {"sasrec": sasrec, "text": text, "behaviour": behaviour, "hybrid": hybrid}
        for row, case in enumerate(some):
            scores = {mode: values[row].tolist() for mode, values in scored.items()}
            kept = {key: case[key] for key in ("id", "draw", "candidates") if key in case}
            yield {**kept, "scores": scores}


def _alike(cases: list[dict[str, Any]], batch: int) -> Iterator[list[dict[str, Any]]]:
    """Yields runs of cases with equally many candidates, at most `batch` each."""
    start = 0
    while start < len(cases):
        count = len(cases[start]["candidates"])
        some = list(islice(cases, start, start + batch))
        end = next((i for i, case in enumerate(some) if len(case["candidates"]) != count), len(some))
        yield some[:end]
        start += end
