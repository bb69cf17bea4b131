"""Packs: what training exports and the app loads (docs/formats.md, section 3)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save
from torch import Tensor

from becausal_training.adapter_file import LowRankType, adapter_tensors, load_adapter
from becausal_training.base import base_sha256, read_base_layers
from becausal_training.catalogue import MAX_TITLE_TOKENS, Film, YearRule, title_tokens, title_tokens_sha256
from becausal_training.errors import TrainingError
from becausal_training.files import read_json, sha256, write_compact_json, write_json
from becausal_training.gguf import Gguf
from becausal_training.interactions import Dataset
from becausal_training.preference_space import PHRASES
from becausal_training.prompt import HISTORY_ITEMS, TEMPLATE, PromptTemplate, pad_left
from becausal_training.recommender import AdapterShape, Recommender
from becausal_training.sasrec import Sasrec, SasrecShape
from becausal_training.tokenizer import Tokenizer

SLATE_SIZE = 50
PROBE_TOLERANCE = 0.05

_ADAPTER, _SASREC, _CATALOGUE, _MANIFEST = (
    "adapter.safetensors",
    "sasrec.safetensors",
    "catalogue.json",
    "manifest.json",
)


@dataclass(frozen=True)
class PackRecord:
    """What a manifest says beside the files: how the pack was trained, and which prompt checks a device."""

    year_rule: YearRule
    training: dict[str, Any]
    probe_history: Sequence[int]
    probe_candidates: Sequence[int]


def build_recommender(
    file: Gguf,
    films: Sequence[Film],
    year_rule: YearRule,
    sasrec: Sasrec,
    shape: AdapterShape,
    dtype: torch.dtype = torch.float32,
) -> Recommender:
    """Returns an untrained recommender on a base, a catalogue and a SASRec."""
    tokenizer = Tokenizer.from_gguf(file)
    template = PromptTemplate(tokenizer, title_tokens(films, year_rule, tokenizer), PHRASES)
    return Recommender(file, tokenizer, template, sasrec, shape, dtype)


def sasrec_tensors(sasrec: Sasrec) -> dict[str, Tensor]:
    """Returns the tensors of `sasrec.safetensors`; the item embedding as F16, whose values the model must hold already."""
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in sasrec.state_dict().items()}
    items = tensors["item_embedding.weight"]
    if not torch.equal(items, items.half().float()):
        raise ValueError("round_item_embedding() first: a pack stores it as float16")
    return {**tensors, "item_embedding.weight": items.half()}


def write_pack(folder: Path, model: Recommender, data: Dataset, record: PackRecord, low_rank: LowRankType = "I8") -> None:
    """Writes the four files of a pack; the probe is computed from the files written, in float32 on the CPU.

    Where the licence of the data forbids passing titles on, the catalogue holds none (docs/formats.md, section 3).
    """
    folder.mkdir(parents=True, exist_ok=True)
    model.fold_units()
    (folder / _ADAPTER).write_bytes(save(adapter_tensors(model, low_rank)))
    (folder / _SASREC).write_bytes(save(sasrec_tensors(model.sasrec)))
    write_compact_json(folder / _CATALOGUE, _catalogue(data))
    layers = len(model.lm.blocks)
    base = read_base_layers(layers)
    tokens = title_tokens(data.films, record.year_rule, Tokenizer.from_gguf(base))
    shape, sasrec = model.shape, model.sasrec.shape
    manifest: dict[str, Any] = {
        "schema": "becausal-pack/2",
        "name": data.name,
        "title": data.title,
        "base": {"sha256": base_sha256(layers), "layers": layers},
        "prompt": {
            "template": TEMPLATE,
            "year": record.year_rule,
            "historyItems": HISTORY_ITEMS,
            "maxTitleTokens": MAX_TITLE_TOKENS,
            **_pieces(record.training),
        },
        "adapter": _file(folder / _ADAPTER) | {"rank": shape.rank, "experts": shape.experts, "scale": shape.scale},
        "sasrec": _file(folder / _SASREC)
        | {
            "items": sasrec.items,
            "dim": sasrec.dim,
            "maxLength": sasrec.max_length,
            "layers": sasrec.layers,
            "heads": sasrec.heads,
            "ffn": sasrec.ffn,
        },
        "catalogue": _file(folder / _CATALOGUE)
        | {
            "items": len(data.films),
            "titles": "included" if data.about.shares_titles else "needed",
            "licence": data.licence,
            "titleTokensSha256": title_tokens_sha256(tokens),
        },
        "fusion": {"beta": 0.0, "chosenOn": "not chosen yet"},
        "slate": {"size": SLATE_SIZE},
        "probe": {},
        "training": record.training,
        "metrics": [],
    }
    write_json(folder / _MANIFEST, manifest)
    exported = load_pack(folder, base, films=data.films)
    history = pad_left([record.probe_history], exported.sasrec.shape.max_length)
    with torch.no_grad():
        verdicts, _ = exported.score(history, torch.tensor([list(record.probe_candidates)]))
    manifest["probe"] = {
        "history": list(record.probe_history),
        "candidates": list(record.probe_candidates),
        "verdictLogOdds": [round(float(v), 4) for v in verdicts[0]],
        "tolerance": PROBE_TOLERANCE,
    }
    write_json(folder / _MANIFEST, manifest)


def record_results(
    folder: Path,
    beta: float,
    metrics: Sequence[dict[str, Any]],
    differences: Sequence[dict[str, Any]],
    ratios: Sequence[dict[str, Any]] = (),
) -> None:
    """Puts the fusion weight, the metrics and the paired differences and ratios of an evaluation into a written manifest."""
    manifest = read_json(folder / _MANIFEST)
    manifest["fusion"] = {"beta": beta, "chosenOn": "validation windows"}
    manifest["metrics"] = list(metrics)
    manifest["differences"] = list(differences)
    manifest["ratios"] = list(ratios)
    write_json(folder / _MANIFEST, manifest)


def _pieces(training: dict[str, Any]) -> dict[str, list[str]]:
    """Which optional pieces of a prompt a run showed; a pack that knows none says nothing of them."""
    adapter = training.get("settings", {}).get("adapter", {})
    shares = {"persona": ("persona", "steered"), "examples": ("in_context",)}
    shown = [piece for piece, names in shares.items() if any(adapter.get(name, 0) for name in names)]
    return {"pieces": shown} if shown else {}


def _file(path: Path) -> dict[str, Any]:
    data = path.read_bytes()
    return {"file": path.name, "byteLength": len(data), "sha256": sha256(data)}


def _catalogue(data: Dataset) -> dict[str, Any]:
    rows = [film.to_json() for film in data.films]
    if data.about.shares_titles:
        return {"schema": "becausal-catalogue/1", "items": rows}
    kept = ("id", "movieId", "popularity")
    return {"schema": "becausal-catalogue/2", "items": [{name: row[name] for name in kept} for row in rows]}


def load_catalogue(folder: Path, films: Sequence[Film] | None = None) -> list[Film]:
    """Reads `catalogue.json`; one without titles takes them from the `films` of its data set, which must be given."""
    catalogue = read_json(folder / _CATALOGUE)
    if catalogue["schema"] == "becausal-catalogue/1":
        return [Film.from_json(row) for row in catalogue["items"]]
    name = read_json(folder / _MANIFEST)["name"]
    if films is None:
        raise TrainingError(f"{folder} holds no titles; run `python -m becausal_training data --dataset {name}` and load them")
    if [row["movieId"] for row in catalogue["items"]] != [film.movie_id for film in films]:
        raise TrainingError(f"the films given are not those of {folder}; prepare the data set {name} again")
    return [replace(film, popularity=row["popularity"]) for film, row in zip(films, catalogue["items"], strict=True)]


def load_sasrec(tensors: dict[str, Tensor], shape: SasrecShape) -> Sasrec:
    """Builds a SASRec from the tensors of `sasrec.safetensors`."""
    sasrec = Sasrec(shape)
    sasrec.load_state_dict({name: tensor.float() for name, tensor in tensors.items()})
    return sasrec.eval()


def load_pack(
    folder: Path, base: Gguf | None = None, dtype: torch.dtype = torch.float32, films: Sequence[Film] | None = None
) -> Recommender:
    """Builds the recommender of a written pack on its base; a pack without titles needs the `films` of its data set."""
    manifest = read_json(folder / _MANIFEST)
    for part in ("adapter", "sasrec", "catalogue"):
        if sha256((folder / manifest[part]["file"]).read_bytes()) != manifest[part]["sha256"]:
            raise TrainingError(f"{folder / manifest[part]['file']} does not match its manifest; export the pack again")
    s, a, layers = manifest["sasrec"], manifest["adapter"], manifest["base"]["layers"]
    if base is None and base_sha256(layers) != manifest["base"]["sha256"]:
        raise TrainingError(f"{folder} was trained on a base of sha256 {manifest['base']['sha256']}, which is not known here")
    base = base or read_base_layers(layers)
    catalogue, year_rule = load_catalogue(folder, films), manifest["prompt"]["year"]
    if manifest["catalogue"].get("titles") == "needed":
        tokens = title_tokens(catalogue, year_rule, Tokenizer.from_gguf(base))
        if title_tokens_sha256(tokens) != manifest["catalogue"]["titleTokensSha256"]:
            raise TrainingError(f"the titles given are not those {folder} was trained with; prepare the data set again")
    shape = SasrecShape(s["items"], s["dim"], s["maxLength"], s["layers"], s["heads"], s["ffn"])
    model = build_recommender(
        base,
        catalogue,
        year_rule,
        load_sasrec(load_file(folder / _SASREC), shape),
        AdapterShape(a["rank"], a["experts"], a["scale"]),
        dtype,
    )
    load_adapter(model, load_file(folder / _ADAPTER))
    return model.eval()
