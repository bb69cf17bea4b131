"""Golden values for the app's engine, computed from the exported files (docs/formats.md, section 5).

They are computed in float64 and rounded, so that regenerating them on another machine leaves no difference.
"""

import base64
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from becausal_training.errors import TrainingError
from becausal_training.files import read_json, write_compact_json
from becausal_training.interactions import Dataset, Window
from becausal_training.pack import load_pack
from becausal_training.prompt import ABSENT, HISTORY_ITEMS, pad_left
from becausal_training.recommender import Recommender

SLATES = 50
CANDIDATES = 20
SEED = 20
_DECIMALS = 5
_BLOCKS_HISTORY = 2
_BLOCKS_CANDIDATES = 2
_TOKENS_CANDIDATES = 4


def write_goldens(pack: Path, data: Dataset, folder: Path) -> None:
    """Writes `blocks.json`, `slates.json` and `token-log-probs.json` for a pack."""
    model = load_pack(pack, films=data.films).double()
    training = read_json(pack / "manifest.json")["training"]
    if training["dataSha256"] != data.data_sha256:
        raise TrainingError(f"the pack was trained on data {training['dataSha256']}, prepared are {data.data_sha256}")
    made_by = f"training/becausal_training/goldens.py @{training['commit']}"
    rng = np.random.default_rng(SEED)
    windows = list(data.windows("test"))
    chosen = [windows[i] for i in sorted(rng.choice(len(windows), SLATES, replace=False))]
    head = {"madeBy": made_by, "seed": SEED}
    slates = [_slate(model, window, len(data.films), rng) for window in chosen]
    write_compact_json(folder / "slates.json", {"name": "slates", **head, "slates": slates})
    first = slates[0]
    blocks = _blocks(model, first["history"][-_BLOCKS_HISTORY:], first["candidates"][:_BLOCKS_CANDIDATES])
    write_compact_json(folder / "blocks.json", {"name": "blocks", **head, **blocks})
    # A short prompt, a whole one, and what it says without its history.
    asked = [
        (first["history"][-_BLOCKS_HISTORY:], first["candidates"][:_BLOCKS_CANDIDATES]),
        (first["history"], first["candidates"][:_TOKENS_CANDIDATES]),
        ([], first["candidates"][:_TOKENS_CANDIDATES]),
    ]
    prompts = [_token_log_probabilities(model, history, candidates) for history, candidates in asked]
    write_compact_json(folder / "token-log-probs.json", {"name": "token-log-probs", **head, "prompts": prompts})


def _slate(model: Recommender, window: Window, items: int, rng: np.random.Generator) -> dict[str, Any]:
    unseen = np.setdiff1d(np.arange(items), np.append(window.seen, window.target))
    candidates = rng.permutation(np.append(rng.choice(unseen, CANDIDATES - 1, replace=False), window.target))
    history = window.history[-model.sasrec.shape.max_length :]
    padded = pad_left([history.tolist()], model.sasrec.shape.max_length)
    with torch.no_grad():
        verdicts, sasrec_scores = model.score(padded, torch.from_numpy(candidates)[None])
        gate = model.gate_weights(model.sasrec.state(padded))
    return {
        "history": history.tolist(),
        "candidates": candidates.tolist(),
        "verdictLogOdds": _rounded(verdicts[0]),
        "sasrecScores": _rounded(sasrec_scores[0]),
        "gate": _rounded(gate[0]),
    }


def _blocks(model: Recommender, history: Sequence[int], candidates: Sequence[int]) -> dict[str, Any]:
    """Returns every intermediate value of one small prompt, without padding."""
    padded = pad_left([history], model.sasrec.shape.max_length)
    shown, slate = padded[:, -HISTORY_ITEMS:], torch.tensor([list(candidates)])
    with torch.no_grad():
        state = model.sasrec.state(padded)
        gate = model.gate_weights(state)
        prompts = model.template.pack(shown, slate, length=int(model.template.lengths(shown, slate)))
        x = model.input_embeddings(prompts)
        residuals = model.lm.residuals(x, prompts.position, prompts.attention_mask(), model.gate_ranks(gate))
        at = prompts.readout[0]
        tensors = [
            _tensor("sasrec_state", state[0], 1e-4),
            _tensor("gate", gate[0], 1e-4),
            _tensor("input_embeddings", x[0], 1e-4),
            *(_tensor(f"residual.{i}", r[0], 2e-3) for i, r in enumerate(residuals[1:])),
            _tensor("read_out", model.lm.read_out(residuals[-1])[0, at], 2e-3),
            _tensor("verdict_log_odds", model.read_verdicts(residuals[-1], prompts.readout)[0], 1e-2),
        ]
    inputs = {
        "history": list(history),
        "candidates": list(candidates),
        "tokens": prompts.tokens[0].tolist(),
        "behaviour": prompts.behaviour[0].tolist(),
        "branch": prompts.branch[0].tolist(),
        "position": prompts.position[0].tolist(),
        "readout": at.tolist(),
    }
    return {"tensors": tensors, "inputs": inputs}


def _token_log_probabilities(model: Recommender, history: Sequence[int], candidates: Sequence[int]) -> dict[str, Any]:
    """Returns log p of every text token of each candidate, in order, given the history and what precedes it in its branch."""
    padded = pad_left([history], model.sasrec.shape.max_length)
    prompts = model.pack(padded, torch.tensor([list(candidates)]))
    branch = prompts.branch[0]
    place = ((branch > 0) & (prompts.behaviour[0] == ABSENT)).nonzero()[:, 0]
    prefix_end = int((branch == 0).sum()) - 1
    before = torch.where(branch[place - 1] == branch[place], place - 1, prefix_end)
    with torch.no_grad():
        gate = model.gate_weights(model.sasrec.state(padded))
        residual = model.residual_at(prompts, gate, before[None])[0]
        values = model.lm.token_log_probabilities(residual, prompts.tokens[0, place])
    return {
        "history": list(history),
        "candidates": list(candidates),
        "gate": _rounded(gate[0]),
        "logProbs": [_rounded(values[branch[place] == 1 + index]) for index in range(len(candidates))],
    }


def _rounded(values: Tensor) -> list[float]:
    return [round(float(value), _DECIMALS) for value in values]


def _tensor(name: str, values: Tensor, atol: float) -> dict[str, Any]:
    data = np.round(values.numpy(), _DECIMALS).astype("<f4").tobytes()
    return {
        "name": name,
        "shape": list(values.shape),
        "dataB64": base64.b64encode(data).decode("ascii"),
        "atol": atol,
    }
