"""`preference-space.json` beside a pack: directions, their values for every film, and the prior (docs/formats.md)."""

import base64
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from becausal_training.files import sha256, write_compact_json
from becausal_training.preference_space import DIRECTIONS, LEVELS
from becausal_training.taste_evidence import DISLIKE_WEIGHT, LIKE_WEIGHT, TasteSpace
from becausal_training.taste_prior import TastePrior

FILE = "preference-space.json"
MOST_BYTES = 120_000


def preference_file(space: TasteSpace, prior: TastePrior, catalogue: bytes, training_users: int) -> dict[str, Any]:
    """Returns the document; `catalogue` is the pack's `catalogue.json`, whose rows the values are of."""
    directions = [
        {
            "id": direction.id,
            "name": vars(direction.name),
            "definition": vars(direction.definition),
            "phrase": direction.phrase,
            "kind": direction.kind,
            "valuesB64": _text(_packed(space.attributes[:, column], direction.kind == "binary")),
        }
        for column, direction in enumerate(DIRECTIONS)
    ]
    lower = prior.covariance[np.tril_indices(len(prior.mean))]
    return {
        "schema": "becausal-preference-space/1",
        "catalogueSha256": sha256(catalogue),
        "items": len(space.attributes),
        "levels": LEVELS,
        "directions": directions,
        "prior": {
            "trainingUsers": training_users,
            "meanB64": _text(prior.mean.astype("<f4").tobytes()),
            "covarianceB64": _text(lower.astype("<f4").tobytes()),
            "freedom": prior.freedom,
            "likeWeight": LIKE_WEIGHT,
            "dislikeWeight": DISLIKE_WEIGHT,
        },
    }


def write_preference_file(folder: Path, space: TasteSpace, prior: TastePrior, training_users: int) -> int:
    """Writes the file into the folder of a pack and returns its length in bytes."""
    catalogue = (folder / "catalogue.json").read_bytes()
    document = preference_file(space, prior, catalogue, training_users)
    return len(write_compact_json(folder / FILE, document))


def stored_prior(prior: TastePrior) -> TastePrior:
    """Returns the prior as a reader of the file has it: rounded to 32 bits, symmetric."""
    lower = np.tril(prior.covariance.astype(np.float32).astype(np.float64))
    return TastePrior(prior.mean.astype(np.float32).astype(np.float64), lower + np.tril(lower, -1).T, prior.freedom)


def _packed(values: npt.NDArray[np.float64], is_binary: bool) -> bytes:
    """Bits of binary values, first film in the lowest bit; two sixteenths of a quantile a byte, the first in the low half."""
    if is_binary:
        return np.packbits(values.astype(bool), bitorder="little").tobytes()
    levels = np.round(values * (LEVELS - 1)).astype(np.uint8)
    levels = np.append(levels, np.zeros(len(levels) % 2, dtype=np.uint8))
    return (levels[::2] | (levels[1::2] << 4)).tobytes()


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
