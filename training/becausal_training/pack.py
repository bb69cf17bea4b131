"""Packs: what training exports and the app loads (docs/formats.md, section 3)."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save
from torch import Tensor

from becausal_training.base import read_base
from becausal_training.catalogue import MAX_TITLE_TOKENS, Film, YearRule, title_tokens, title_tokens_sha256
from becausal_training.errors import TrainingError
from becausal_training.files import read_json, sha256, write_compact_json, write_json
from becausal_training.gguf import Gguf
from becausal_training.interactions import Dataset
from becausal_training.paths import BASE_12
from becausal_training.personas import direction_names
from becausal_training.prompt import HISTORY_ITEMS, TEMPLATE, PromptTemplate, pad_left
from becausal_training.recommender import AdapterShape, Recommender
from becausal_training.sasrec import Sasrec, SasrecShape
from becausal_training.tokenizer import Tokenizer

SITES = ("attn_qkv", "attn_output", "ffn_gate_up", "ffn_down")
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
    template = PromptTemplate(tokenizer, title_tokens(films, year_rule, tokenizer), direction_names(films))
    return Recommender(file, tokenizer, template, sasrec, shape, dtype)


def adapter_tensors(model: Recommender) -> dict[str, Tensor]:
    """Returns the tensors of `adapter.safetensors`; the model's unit factors must be folded in already."""
    if float(model.item_unit) != 1 or float(model.embedding_unit) != 1:
        raise ValueError("fold_units() first: the format has no unit factors")
    tensors: dict[str, Tensor] = {}
    for layer, block in enumerate(model.lm.blocks):
        for site in SITES:
            for factor in ("lora_a", "lora_b"):
                tensors[f"blk.{layer}.{site}.{factor}"] = block.get_submodule(site).get_parameter(factor).half()
    for name in ("projector.0.weight", "projector.0.bias", "projector.2.weight", "projector.2.bias"):
        tensors[name] = model.get_parameter(name).float()
    for name in ("null_behaviour", "verdict_head", "gate.weight", "gate.bias"):
        tensors[name] = model.get_parameter(name).float()
    return {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}


def load_adapter(model: Recommender, tensors: dict[str, Tensor]) -> None:
    """Puts the tensors of `adapter.safetensors` into a model, whose unit factors become 1."""
    expected = set(adapter_tensors_names(len(model.lm.blocks)))
    if expected != set(tensors):
        raise TrainingError(f"the adapter lacks or has too many tensors: {sorted(expected ^ set(tensors))[:5]}")
    model.item_unit.fill_(1)
    model.embedding_unit.fill_(1)
    with torch.no_grad():
        for name, tensor in tensors.items():
            path = f"lm.blocks.{name.removeprefix('blk.')}" if name.startswith("blk.") else name
            model.get_parameter(path).copy_(tensor)


def adapter_tensors_names(layers: int) -> list[str]:
    """Returns every tensor name of `adapter.safetensors`."""
    low_rank = [f"blk.{layer}.{site}.lora_{f}" for layer in range(layers) for site in SITES for f in "ab"]
    projector = [f"projector.{i}.{kind}" for i in (0, 2) for kind in ("weight", "bias")]
    return [*low_rank, *projector, "null_behaviour", "verdict_head", "gate.weight", "gate.bias"]


def sasrec_tensors(sasrec: Sasrec) -> dict[str, Tensor]:
    """Returns the tensors of `sasrec.safetensors`; the item embedding as F16, whose values the model must hold already."""
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in sasrec.state_dict().items()}
    items = tensors["item_embedding.weight"]
    if not torch.equal(items, items.half().float()):
        raise ValueError("round_item_embedding() first: a pack stores it as float16")
    return {**tensors, "item_embedding.weight": items.half()}


def write_pack(folder: Path, model: Recommender, data: Dataset, record: PackRecord) -> None:
    """Writes the four files of a pack; the probe is computed from the files written, in float32 on the CPU."""
    folder.mkdir(parents=True, exist_ok=True)
    model.fold_units()
    (folder / _ADAPTER).write_bytes(save(adapter_tensors(model)))
    (folder / _SASREC).write_bytes(save(sasrec_tensors(model.sasrec)))
    catalogue = {"schema": "becausal-catalogue/1", "items": [film.to_json() for film in data.films]}
    write_compact_json(folder / _CATALOGUE, catalogue)
    base = read_base(BASE_12)
    tokens = title_tokens(data.films, record.year_rule, Tokenizer.from_gguf(base))
    shape, sasrec = model.shape, model.sasrec.shape
    manifest: dict[str, Any] = {
        "schema": "becausal-pack/1",
        "name": folder.name,
        "title": data.title,
        "base": {"sha256": read_json(BASE_12 / "manifest.json")["sha256"], "layers": len(model.lm.blocks)},
        "prompt": {
            "template": TEMPLATE,
            "year": record.year_rule,
            "historyItems": HISTORY_ITEMS,
            "maxTitleTokens": MAX_TITLE_TOKENS,
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
        | {"items": len(data.films), "licence": data.licence, "titleTokensSha256": title_tokens_sha256(tokens)},
        "fusion": {"beta": 0.0, "chosenOn": "not chosen yet"},
        "slate": {"size": SLATE_SIZE},
        "probe": {},
        "training": record.training,
        "metrics": [],
    }
    write_json(folder / _MANIFEST, manifest)
    exported = load_pack(folder)
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


def _file(path: Path) -> dict[str, Any]:
    data = path.read_bytes()
    return {"file": path.name, "byteLength": len(data), "sha256": sha256(data)}


def load_catalogue(folder: Path) -> list[Film]:
    """Reads `catalogue.json`."""
    return [Film.from_json(row) for row in read_json(folder / _CATALOGUE)["items"]]


def load_sasrec(tensors: dict[str, Tensor], shape: SasrecShape) -> Sasrec:
    """Builds a SASRec from the tensors of `sasrec.safetensors`."""
    sasrec = Sasrec(shape)
    sasrec.load_state_dict({name: tensor.float() for name, tensor in tensors.items()})
    return sasrec.eval()


def load_pack(folder: Path, base: Gguf | None = None, dtype: torch.dtype = torch.float32) -> Recommender:
    """Builds the recommender of a written pack on the embedded base."""
    manifest = read_json(folder / _MANIFEST)
    for part in ("adapter", "sasrec", "catalogue"):
        if sha256((folder / manifest[part]["file"]).read_bytes()) != manifest[part]["sha256"]:
            raise TrainingError(f"{folder / manifest[part]['file']} does not match its manifest; export the pack again")
    s, a = manifest["sasrec"], manifest["adapter"]
    shape = SasrecShape(s["items"], s["dim"], s["maxLength"], s["layers"], s["heads"], s["ffn"])
    model = build_recommender(
        base or read_base(BASE_12),
        load_catalogue(folder),
        manifest["prompt"]["year"],
        load_sasrec(load_file(folder / _SASREC), shape),
        AdapterShape(a["rank"], a["experts"], a["scale"]),
        dtype,
    )
    load_adapter(model, load_file(folder / _ADAPTER))
    return model.eval()
