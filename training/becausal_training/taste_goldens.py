"""What `src/persona` must compute: personas of made-up users in the committed space, and users of the synthetic world."""

import base64
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from becausal_training.base import read_base_layers
from becausal_training.catalogue import Film, title_tokens
from becausal_training.files import write_compact_json
from becausal_training.paths import REPOSITORY
from becausal_training.preference_space import PHRASES
from becausal_training.prompt import ABSENT, OptionalPieces, PromptTemplate
from becausal_training.taste_evidence import TasteSpace
from becausal_training.taste_prior import Posterior, TastePrior, posterior
from becausal_training.taste_world import ASKED, accuracies, draw_users, inferred_margins, learnt_prior
from becausal_training.tokenizer import Tokenizer

TASTE_GOLDENS = REPOSITORY / "src" / "persona" / "fixtures" / "taste.json"
PROMPT_FIXTURE = REPOSITORY / "src" / "prompt" / "fixtures" / "persona-prompts.json"
WORLD_USERS = 40
_CASES = ((0, 0, 0), (1, 0, 0), (2, 0, 0), (1, 1, 0), (0, 0, 2), (5, 3, 2), (24, 8, 0))
"""Liked films, disliked films and pairs of each case."""
_PROMPTS = ((0, 0, 0, 0, 3), (2, 0, 0, 0, 2), (0, 3, 0, 0, 10), (0, 0, 4, 0, 1), (0, 0, 0, 2, 0), (4, 2, 3, 4, 10))
"""Likes, dislikes, liked, disliked and watched films of each prompt."""


def write_taste_goldens(space: TasteSpace, prior: TastePrior, path: Path = TASTE_GOLDENS, seed: int = 0) -> None:
    """Writes the file; running it again leaves no difference."""
    rng = np.random.default_rng(seed)
    popular = np.argsort(-space.watched, kind="stable")[:2_000]
    cases = []
    for liked, disliked, pairs in _CASES:
        films = rng.choice(popular, liked + disliked + 2 * pairs, replace=False)
        first, second, rest = np.split(films, [liked, liked + disliked])
        cases.append(_case(space, prior, first, second, rest.reshape(-1, 2)))
    write_compact_json(path, {"madeBy": "python -m becausal_training taste-space", "cases": cases, "world": _world(seed)})


def write_prompt_fixture(films: Sequence[Film], path: Path = PROMPT_FIXTURE, seed: int = 0) -> None:
    """Writes prompts with personas and examples as `PromptTemplate` packs them, for `src/prompt`."""
    tokenizer = Tokenizer.from_gguf(read_base_layers(12))
    template = PromptTemplate(tokenizer, title_tokens(films, "always", tokenizer), PHRASES)
    rng = np.random.default_rng(seed)
    cases = []
    for likes, dislikes, liked, disliked, watched in _PROMPTS:
        drawn = rng.choice(len(films), liked + disliked + watched + 3, replace=False)
        parts = np.split(drawn, np.cumsum([liked, disliked, watched]))
        persona = torch.zeros(1, len(PHRASES), dtype=torch.long)
        spoken = np.sort(rng.choice(len(PHRASES), likes + dislikes, replace=False))
        persona[0, spoken] = torch.from_numpy(rng.permutation([1] * likes + [-1] * dislikes)).long()
        examples = [torch.from_numpy(part)[None] for part in parts]
        pieces = OptionalPieces(persona, examples[0], examples[1])
        packed = template.pack(examples[2], examples[3], pieces=pieces)
        there = packed.branch[0] != ABSENT
        slots = {name: getattr(packed, name)[0][there].tolist() for name in ("tokens", "behaviour", "position")}
        phrases = {sign: [PHRASES[d] for d in range(len(PHRASES)) if persona[0, d] == sign] for sign in (1, -1)}
        films_of = dict(zip(("liked", "disliked", "history", "candidates"), (part.tolist() for part in parts), strict=True))
        cases.append({"likes": phrases[1], "dislikes": phrases[-1], **films_of, **slots})
    write_compact_json(path, cases)


def _case(
    space: TasteSpace, prior: TastePrior, liked: npt.NDArray, disliked: npt.NDArray, pairs: npt.NDArray
) -> dict[str, Any]:
    signs = np.repeat(np.array([1, -1], dtype=np.int8), [len(liked), len(disliked)])
    rows, weights = space.rating_rows(np.concatenate([liked, disliked]), signs)
    rows = np.concatenate([rows, space.attributes[pairs[:, 0]] - space.attributes[pairs[:, 1]]])
    weights = np.append(weights, np.ones(len(pairs)))
    found = posterior(prior, rows[None], weights[None])
    return {
        "liked": liked.tolist(),
        "disliked": disliked.tolist(),
        "pairs": pairs.tolist(),
        "mode": found.mode[0].tolist(),
        "deviation": np.sqrt(np.diagonal(found.covariance[0])).tolist(),
    }


def _world(seed: int) -> dict[str, Any]:
    users, prior = draw_users(WORLD_USERS, seed + 2), learnt_prior(seed + 1)
    found: dict[str, Any] = {}
    for n in (2, 16):
        rows = users.shown[:, :n]
        taste: Posterior = posterior(prior, rows, np.ones(rows.shape[:2]))
        right = accuracies(inferred_margins(users, n, prior), users.ties) * ASKED
        found[str(n)] = {"firstMode": taste.mode[0].tolist(), "right": np.round(right).astype(int).tolist()}
    return {
        "users": WORLD_USERS,
        "mean": prior.mean.tolist(),
        "freedom": prior.freedom,
        "covarianceB64": _text(prior.covariance.astype("<f8")),
        "shownB64": _text(users.shown.astype(np.int8)),
        "askedB64": _text(users.asked.astype(np.int8)),
        "ties": np.packbits(users.ties, bitorder="little").tolist(),
        "after": found,
    }


def _text(values: npt.NDArray) -> str:
    return base64.b64encode(values.tobytes()).decode()
