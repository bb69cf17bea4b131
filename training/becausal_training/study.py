"""Runs a plan: every arm with every seed on one SASRec, side by side, and one record of all of it.

One worker process runs for each entry of `slots` (a device may be named more than once). The record is written anew after
every run, and a run that it holds already is not repeated, so a killed study goes on where it was.
"""

import base64
import multiprocessing as mp
import re
import shutil
import time
import zlib
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import asdict, replace
from multiprocessing.queues import Queue
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from becausal_training.adapter_training import train_adapter
from becausal_training.clusters import k_means
from becausal_training.crossfit import BehaviourSource, train_without_fold
from becausal_training.datasets import load_dataset
from becausal_training.evaluation import BETAS
from becausal_training.files import read_json, write_json
from becausal_training.interactions import Dataset, Part
from becausal_training.metrics import Doubles, Ints, user_bootstrap
from becausal_training.pack import load_pack
from becausal_training.plan import Arm, MeasuredOn, Plan
from becausal_training.probes import CLUSTERS, probe_report, score_probes
from becausal_training.recommender import Recommender
from becausal_training.run import (
    RunSettings,
    behaviour_sources,
    describe_device,
    evaluate_pack,
    publish_results,
    train_pack,
    trainable_recommender,
)
from becausal_training.sasrec_training import SasrecRun, SasrecSettings, train_sasrec
from becausal_training.scoring import score_candidates

_SLATES = (50, 100)
_PARTS_OF_A_HIT = 240
_slot = "cpu"


def run_study(plan: Plan, out: Path, work: Path, slots: Sequence[str], commit: str, windows: int | None = None) -> Path:
    """Runs all of `plan` and returns its record `out / PLAN.json`; exported packs become archives beside it.

    `windows` measures only so many windows, drawn at random. SASRecs, packs and checkpoints stay in `work`.
    The whole evaluation of an exported pack lies beside its archive.
    """
    workers, started = _workers(slots), time.monotonic()
    path = out / f"{plan.name}.json"
    data = load_dataset(plan.dataset)
    record = read_json(path) if path.exists() else {"plan": plan.name, "dataset": plan.dataset, "runs": []}
    record |= {"dataSha256": data.data_sha256, "commit": commit, "slots": list(slots), "measuredOn": plan.measured_on}

    def log(line: str) -> None:
        print(f"{time.monotonic() - started:.0f} s  {line}", flush=True)

    folders = {name: work / f"{plan.name}-sasrec-{index}" for index, name in enumerate(plan.sasrec)}
    if "sasrec" not in record or not folders[record["sasrec"]["chosen"]].exists():
        record["sasrec"] = _choose_sasrec(workers, plan, folders, log)
        write_json(path, record)
    chosen = record["sasrec"]["chosen"]
    sasrec = (plan.sasrec[chosen], folders[chosen])
    _train_folds(workers, plan, sasrec, log)
    done = {(run["arm"], run["seed"]) for run in record["runs"]}
    jobs: list[tuple[Arm, int, Future[dict[str, Any]]]] = []
    for arm, settings in plan.runs():
        if (arm.name, settings.adapter.seed) not in done:
            job = workers.submit(_run_arm, plan, arm, settings, sasrec, out, work, commit, windows)
            jobs.append((arm, settings.adapter.seed, job))
    for arm, seed, job in jobs:
        record["runs"].append({"arm": arm.name, "seed": seed, **job.result()})
        log(f"{arm.name}, seed {seed}: {record['runs'][-1]['results'][0]['rows']}")
        record["wallSeconds"] = round(time.monotonic() - started)
        write_json(path, record)
    workers.shutdown()
    return path


def _choose_sasrec(
    workers: ProcessPoolExecutor, plan: Plan, folders: dict[str, Path], log: Callable[[str], None]
) -> dict[str, Any]:
    """Trains every SASRec of the plan, each into its folder, and names the best by HR@1 on validation windows."""
    jobs = {name: workers.submit(_run_sasrec, plan.dataset, settings, folders[name]) for name, settings in plan.sasrec.items()}
    arms: dict[str, Any] = {}
    for name, job in jobs.items():
        arms[name] = job.result()
        log(f"SASRec {name}: {arms[name]['validation']} at step {arms[name]['bestStep']}")
    return {"chosen": max(arms, key=lambda name: arms[name]["validation"]["HR@1"]), "arms": arms}


def _train_folds(
    workers: ProcessPoolExecutor, plan: Plan, sasrec: tuple[SasrecSettings, Path], log: Callable[[str], None]
) -> None:
    """Trains side by side the SASRecs that the plan's arms are cross-fitted with; the arms load them."""
    asked = sorted({settings.adapter.cross_fit for _, settings in plan.runs() if settings.adapter.cross_fit})
    jobs = [workers.submit(_run_fold, plan.dataset, *sasrec, folds, fold) for folds in asked for fold in range(folds)]
    for job in jobs:
        log(job.result())


def _run_fold(dataset: str, settings: SasrecSettings, folder: Path, folds: int, fold: int) -> str:
    data = load_dataset(dataset)
    whole = train_sasrec(data, settings, torch.device(_slot), folder=folder)
    found = train_without_fold(data, whole, settings, folds, fold, folder)
    return f"SASRec without fold {fold} of {folds}: {found.validation}, {found.seconds:.0f} s"


def _run_sasrec(dataset: str, settings: SasrecSettings, folder: Path) -> dict[str, Any]:
    run = train_sasrec(load_dataset(dataset), settings, torch.device(_slot), folder=folder)
    return {"settings": asdict(settings), **run.to_json()}


def _run_arm(
    plan: Plan,
    arm: Arm,
    settings: RunSettings,
    trained_sasrec: tuple[SasrecSettings, Path],
    out: Path,
    work: Path,
    commit: str,
    windows: int | None,
) -> dict[str, Any]:
    """Trains and measures one arm with one seed on this worker's device; its SASRec is finished and only loaded."""
    data, device = load_dataset(plan.dataset), torch.device(_slot)
    settings = replace(settings, sasrec=trained_sasrec[0])
    sasrec = train_sasrec(data, settings.sasrec, device, folder=trained_sasrec[1])
    sources = behaviour_sources(data, settings, sasrec, trained_sasrec[1], lambda _: None)
    name = f"{re.sub('[^a-z0-9]+', '-', arm.name.lower()).strip('-')}-{settings.adapter.seed}"
    if arm.exported:
        return _run_exported(name, arm, data, settings, sasrec, sources, out, work / name, commit, windows, device)
    model = trainable_recommender(data, sasrec.model, settings, device)
    run = train_adapter(model, data, settings.adapter, log=lambda _: None, sources=sources)
    record = {
        "settings": asdict(settings),
        "device": describe_device(device),
        "run": run.to_json(),
        "results": measure(model, data, plan.measured_on, windows),
    }
    return record | (_probed(model, data, plan.measured_on, windows) if arm.probed else {})


def _probed(model: Recommender, data: Dataset, part: MeasuredOn, windows: int | None) -> dict[str, Any]:
    probes = score_probes(model, data, part, windows)
    clusters = k_means(probes.states, CLUSTERS)
    return {"probes": probe_report(probes, clusters), "clusters": pack_numbers(clusters)}


def _run_exported(
    name: str,
    arm: Arm,
    data: Dataset,
    settings: RunSettings,
    sasrec: SasrecRun,
    sources: Sequence[BehaviourSource],
    out: Path,
    work: Path,
    commit: str,
    windows: int | None,
    device: torch.device,
) -> dict[str, Any]:
    """As `_run_arm`, through the files of a pack: what is measured is what was written."""
    folder = work / data.name

    def log(line: str) -> None:
        print(f"{name}: {line}", flush=True)

    run = train_pack(data, settings, sasrec, sources, folder, work / "checkpoint", commit, log)
    shutil.make_archive(str(out / name), "gztar", work, data.name)
    evaluation = evaluate_pack(folder, data, device, windows, _SLATES)
    publish_results(folder, evaluation, out / f"{name}.json")
    shutil.make_archive(str(out / name), "gztar", work, data.name)
    windows_protocol = evaluation["metrics"][0]["protocol"]
    rows = {row["model"]: row["value"] for row in evaluation["metrics"] if row["protocol"] == windows_protocol}
    record = {
        "settings": asdict(settings),
        "device": describe_device(device),
        "run": run.to_json(),
        "results": [{"part": "test", "rows": rows}],
    }
    if arm.probed:
        record |= _probed(load_pack(folder, films=data.films).to(device), data, "test", windows)
    return record


def measure(model: Recommender, data: Dataset, measured_on: MeasuredOn, windows: int | None) -> list[dict[str, Any]]:
    """Returns HR@1 among 20 candidates on validation windows, and on test windows if `measured_on` is "test".

    The fusion weight is the best on the validation windows. Hits of every window are kept, so that arms can be compared
    window by window.
    """
    parts: tuple[Part, ...] = ("validation", "test") if measured_on == "test" else ("validation",)
    beta, results = 0.0, []
    for part in parts:
        scores = score_candidates(model, data, part, windows)
        if part == "validation":
            beta = max(BETAS, key=lambda weight: float(scores.hits(scores.fused(weight)).mean()))
        hits = scores.hits_by_model(beta)
        results.append(
            {
                "part": part,
                "beta": beta,
                "rows": {name: round(float(values.mean()), 4) for name, values in hits.items()},
                "minusSasrec": user_bootstrap(hits["hybrid iLoRA"] - hits["SASRec"], scores.users).to_json(),
                "hits": {name: pack_hits(values) for name, values in hits.items()},
                "users": pack_numbers(scores.users),
            }
        )
    return results


def pack_hits(hits: Doubles) -> str:
    """Returns hits as text: 240ths (a tie of up to 6 is exact), one byte each, deflated, base64."""
    return _pack(np.round(hits * _PARTS_OF_A_HIT).astype(np.uint8))


def unpack_hits(text: str) -> Doubles:
    """Returns what `pack_hits` was given."""
    return np.frombuffer(_unpack(text), np.uint8) / _PARTS_OF_A_HIT


def pack_numbers(numbers: Ints) -> str:
    """Returns users or clusters of every window as text: little-endian 16-bit numbers, deflated, base64."""
    return _pack(numbers.astype("<u2"))


def unpack_numbers(text: str) -> Ints:
    """Returns what `pack_numbers` was given."""
    return np.frombuffer(_unpack(text), "<u2").astype(np.int64)


def _pack(values: npt.NDArray[Any]) -> str:
    return base64.b64encode(zlib.compress(values.tobytes(), 9)).decode()


def _unpack(text: str) -> bytes:
    return zlib.decompress(base64.b64decode(text))


def _workers(slots: Sequence[str]) -> ProcessPoolExecutor:
    """Returns a pool of processes, each bound to one slot."""
    context = mp.get_context("spawn")
    free: Queue[str] = context.Queue()
    for slot in slots:
        free.put(slot)
    return ProcessPoolExecutor(len(slots), context, _take_slot, (free,))


def _take_slot(free: "Queue[str]") -> None:
    global _slot
    _slot = free.get()
    torch.set_num_threads(2)
    if _slot.startswith("cuda"):
        torch.cuda.set_device(_slot)
