"""One recorded run: SASRec, adapter, export, evaluation of the exported files."""

import platform
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch

from becausal_training.adapter_settings import AdapterSettings
from becausal_training.adapter_training import AdapterRun, train_adapter
from becausal_training.base import read_base_layers
from becausal_training.catalogue import YearRule
from becausal_training.crossfit import BehaviourSource, cross_fit
from becausal_training.distributed import ALONE, Ranks
from becausal_training.errors import TrainingError
from becausal_training.evaluation import (
    candidate_metrics,
    cascade_metrics,
    choose_beta,
    last_target_metrics,
)
from becausal_training.files import read_json, write_json
from becausal_training.interactions import Dataset
from becausal_training.metrics import hit_at_1, ndcg_within
from becausal_training.pack import SLATE_SIZE, PackRecord, build_recommender, load_pack, record_results, write_pack
from becausal_training.paths import REPOSITORY
from becausal_training.recommender import AdapterShape, Recommender
from becausal_training.sasrec import Sasrec
from becausal_training.sasrec_training import SasrecRun, SasrecSettings, train_sasrec
from becausal_training.scoring import LAST_TARGET_DRAWS, save_scores, score_candidates, score_cascade, score_last_targets

SPLIT_RULE = "users by first kept interaction, 80/10/10"
_PROBE_PLACES = ((0, 5, 9), (1, 2, 30, 400))
"""Places, by popularity, of the films in the probe's history and among its candidates."""


@dataclass(frozen=True)
class RunSettings:
    """Everything that decides a run."""

    sasrec: SasrecSettings = field(default_factory=lambda: SasrecSettings(seed=1))
    adapter: AdapterSettings = field(default_factory=AdapterSettings)
    shape: AdapterShape = field(default_factory=AdapterShape)
    year_rule: YearRule = "always"
    dataset: str = "movies"
    layers: int = 12
    """How many layers of the base are used, from the first: up to 12 of the embedded file, more of the published one."""
    validation_windows: int = 1_500
    """Validation windows that are scored four times in training."""


def pick_device(name: str | None) -> torch.device:
    """Returns the named device, or the GPU if there is one."""
    return torch.device(name or ("cuda" if torch.cuda.is_available() else "cpu"))


def trainable_recommender(data: Dataset, sasrec: Sasrec, settings: RunSettings, device: torch.device) -> Recommender:
    """Returns an untrained recommender on the settings' base; on a GPU in bfloat16, block by block compiled."""
    torch.manual_seed(settings.adapter.seed)
    on_gpu = device.type == "cuda"
    dtype = torch.bfloat16 if on_gpu else torch.float32
    base = read_base_layers(settings.layers)
    model = build_recommender(base, data.films, settings.year_rule, sasrec, settings.shape, dtype).to(device)
    if on_gpu:
        torch.set_float32_matmul_precision("high")
        _allow_compiled_variants(32)
        for block in model.lm.blocks:
            block.compile(dynamic=True)
    return model


def _allow_compiled_variants(count: int) -> None:
    """Lets a block be compiled for with and without gradient, dropout and kept places before PyTorch gives up on it."""
    from torch._dynamo import config

    setattr(config, "recompile_limit" if hasattr(config, "recompile_limit") else "cache_size_limit", count)


def quick_validation(data: Dataset, windows: int | None) -> Callable[[Recommender], dict[str, float]]:
    """Returns a function that measures a model under training on some validation windows."""

    def validate(model: Recommender) -> dict[str, float]:
        scores = score_candidates(model, data, "validation", windows)
        cascade = score_cascade(model, data, "validation", SLATE_SIZE, windows)
        beta, table = choose_beta(scores, cascade)
        fused = next(row for row in table if row["beta"] == beta)
        return {
            "text only HR@1": float(hit_at_1(scores.text_only).mean()),
            "hybrid HR@1": float(hit_at_1(scores.hybrid).mean()),
            "SASRec HR@1": float(hit_at_1(scores.sasrec).mean()),
            "SASRec NDCG@10": float(ndcg_within(cascade.sasrec_rank, 10).mean()),
            "hybrid NDCG@10": float(ndcg_within(cascade.reranked(0.0), 10).mean()),
            "beta": beta,
            "fused HR@1": fused["HR@1"],
            "fused NDCG@10": fused["NDCG@10"],
        }

    return validate


def train_run(
    data: Dataset,
    settings: RunSettings,
    out: Path,
    device: torch.device,
    commit: str,
    log: Callable[[str], None] = print,
    ranks: Ranks = ALONE,
) -> Path:
    """Trains SASRec and adapter and returns the folder of the pack, `out / NAME`.

    Checkpoints lie in `out / checkpoint`: a run that was killed goes on from its last one. With several processes the first
    one trains the SASRec and the others load it.
    """
    if settings.dataset != data.name:
        raise TrainingError(f"the settings are for {settings.dataset}, the data are {data.name}")
    checkpoints, folder = out / "checkpoint", out / data.name
    if not ranks.is_first:
        ranks.wait()
    sasrec = train_sasrec(data, settings.sasrec, device, folder=checkpoints, log=log)
    if ranks.is_first:
        ranks.wait()
    sources = behaviour_sources(data, settings, sasrec, checkpoints, log, ranks)
    train_pack(data, settings, sasrec, sources, folder, checkpoints, commit, log, ranks)
    return folder


def behaviour_sources(
    data: Dataset,
    settings: RunSettings,
    sasrec: SasrecRun,
    folder: Path | None,
    log: Callable[[str], None],
    ranks: Ranks = ALONE,
) -> list[BehaviourSource]:
    """Returns what `settings.adapter.cross_fit` asks for, trained in `folder` by the first process or loaded from it."""
    if not settings.adapter.cross_fit:
        return []
    if not ranks.is_first:
        ranks.wait()
    sources = cross_fit(data, sasrec, settings.sasrec, settings.adapter.cross_fit, folder, log)
    if ranks.is_first:
        ranks.wait()
    return sources


def train_pack(
    data: Dataset,
    settings: RunSettings,
    sasrec: SasrecRun,
    sources: Sequence[BehaviourSource],
    folder: Path,
    checkpoints: Path,
    commit: str,
    log: Callable[[str], None] = print,
    ranks: Ranks = ALONE,
) -> AdapterRun:
    """Trains an adapter on a trained SASRec, on the device that one is on, and writes the pack into `folder`.

    With several processes the first one writes.
    """
    if settings.adapter.channels != "hybrid" or settings.adapter.gate == "random":
        raise TrainingError("a pack shows both channels with a gate of its own; other arms are measured where they are trained")
    device = sasrec.model.item_embedding.weight.device
    model = trainable_recommender(data, sasrec.model, settings, device)
    validate = quick_validation(data, settings.validation_windows)
    run = train_adapter(model, data, settings.adapter, checkpoints, validate, log=log, ranks=ranks, sources=sources)
    if not ranks.is_first:
        return run
    record = run.to_json()
    training = {
        "seed": settings.adapter.seed,
        "commit": commit,
        "dataSha256": data.data_sha256,
        "steps": settings.adapter.steps,
        "wallSeconds": round(sasrec.seconds + run.seconds),
        "device": f"{ranks.world} x {describe_device(device)}" if ranks.world > 1 else describe_device(device),
        **{name: value for name, value in record.items() if name not in ("wallSeconds", "validation")},
        "split": {"rule": SPLIT_RULE, **{part: len(data.bounds(part)) for part in ("train", "validation", "test")}},
        "settings": asdict(settings),
        "sasrec": sasrec.to_json(),
        "validation": record["validation"],
    }
    popular = sorted(data.films, key=lambda film: (-film.popularity, film.id))
    probe_history, probe_candidates = ([popular[min(i, len(popular) - 1)].id for i in places] for places in _PROBE_PLACES)
    write_pack(folder, model, data, PackRecord(settings.year_rule, training, probe_history, probe_candidates))
    return run


def evaluate_pack(
    folder: Path,
    data: Dataset,
    device: torch.device,
    count: int | None,
    slates: tuple[int, ...],
    scores: Path | None = None,
) -> dict[str, Any]:
    """Evaluates the files of a pack on the test users, in float32 (a GPU multiplies in TF32); with `scores`, stores all scores.

    On all windows the fusion weight is chosen anew, on the validation users; a sample of `count` keeps the manifest's.
    """
    torch.set_float32_matmul_precision("high")
    manifest = read_json(folder / "manifest.json")
    if (trained_on := manifest["training"]["dataSha256"]) != data.data_sha256:
        raise TrainingError(f"{folder} was trained on data {trained_on}, not on {data.name} ({data.data_sha256})")
    model = load_pack(folder, films=data.films).to(device)
    beta, betas = manifest["fusion"]["beta"], []
    if count is None:
        validation = score_candidates(model, data, "validation", with_text=False)
        beta, betas = choose_beta(validation, score_cascade(model, data, "validation", SLATE_SIZE))
    candidates = score_candidates(model, data, "test", count)
    last = score_last_targets(model, data, "test", LAST_TARGET_DRAWS if count is None else 1)
    cascade = score_cascade(model, data, "test", max(slates), count)
    if scores is not None:
        for name, part in {"windows": candidates, "last-targets": last, "catalogue": cascade}.items():
            save_scores(scores / f"{name}.npz", part, data, "test")
    windows = "all windows" if count is None else f"{count} windows"
    table = candidate_metrics(candidates, beta, windows) + last_target_metrics(last, beta)
    table += cascade_metrics(cascade, beta, slates, windows)
    return {
        "pack": folder.name,
        "device": describe_device(device),
        "beta": beta,
        "validation": betas,
        "metrics": table.metrics,
        "differences": table.differences,
        "ratios": table.ratios,
    }


def publish_results(folder: Path, results: dict[str, Any], path: Path) -> None:
    """Writes an evaluation to its results file and into the manifest of its pack."""
    write_json(path, results)
    record_results(folder, results["beta"], results["metrics"], results["differences"], results["ratios"])


def describe_device(device: torch.device) -> str:
    """Returns the device's name and PyTorch's version."""
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else f"{platform.machine()} CPU"
    return f"{name}, PyTorch {torch.__version__}"


def current_commit() -> str:
    """Returns the commit that is checked out, or "unknown" outside a git checkout."""
    done = subprocess.run(["git", "-C", str(REPOSITORY), "rev-parse", "HEAD"], capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"
