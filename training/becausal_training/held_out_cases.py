"""Predictions of held-out users as a file of cases (docs/formats.md, section 9), to audit explanations on."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from becausal_training.interactions import Dataset, user_windows
from becausal_training.prompt import HISTORY_ITEMS


def held_out_cases(data: Dataset, count: int, seed: int = 0) -> list[dict[str, Any]]:
    """Draws `count` windows of the test users that have a whole prompt of films before their target.

    A round takes one window of every user in random order, so that the first cases are of as many users as there are.
    Fewer cases are returned where there are no more windows.
    """
    rng = np.random.default_rng(seed)
    rounds: list[list[dict[str, Any]]] = []
    for user in rng.permutation(list(data.bounds("test"))).tolist():
        windows = list(user_windows(user, data.users[user], HISTORY_ITEMS))
        for at, number in enumerate(rng.permutation(len(windows)).tolist()):
            window = windows[number]
            case = {
                "id": f"{user}-{len(window.history)}",
                "user": user,
                "history": window.history[-HISTORY_ITEMS:].tolist(),
                "target": window.target,
            }
            if at == len(rounds):
                rounds.append([])
            rounds[at].append(case)
    return [case for one in rounds for case in one][:count]


def write_cases(path: Path, cases: list[dict[str, Any]]) -> None:
    """Writes a case a line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{json.dumps(case)}\n" for case in cases), encoding="utf-8")
