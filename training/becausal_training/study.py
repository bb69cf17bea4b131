"""Short arms with equal budgets, measured on validation users only: how the shipped settings were chosen.

Arms run side by side, one worker process for each entry of `slots` (a device may be named more than once).
"""

import multiprocessing as mp
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, replace
from multiprocessing.queues import Queue
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file

from becausal_training.adapter_training import AdapterSettings, train_adapter
from becausal_training.files import write_json
from becausal_training.interactions import load_movies
from becausal_training.pack import load_sasrec, sasrec_tensors
from becausal_training.run import RunSettings, describe_device, quick_validation, trainable_recommender
from becausal_training.sasrec import SasrecShape
from becausal_training.sasrec_training import SasrecSettings, train_sasrec

_slot = "cpu"


def sasrec_arms(steps: int) -> dict[str, SasrecSettings]:
    """Returns the SASRec settings compared."""
    base = SasrecSettings(steps=steps)
    return {
        "dropout 0.3, decay 0.05": base,
        "dropout 0.2, decay 0.05": replace(base, dropout=0.2),
        "dropout 0.4, decay 0.05": replace(base, dropout=0.4),
        "dropout 0.5, decay 0.05": replace(base, dropout=0.5),
        "dropout 0.3, decay 0.2": replace(base, weight_decay=0.2),
        "dropout 0.5, decay 0.2": replace(base, dropout=0.5, weight_decay=0.2),
        "dropout 0.3, decay 0.05, seed 1": replace(base, seed=1),
        "dropout 0.3, decay 0.05, rate 0.0005": replace(base, learning_rate=5e-4),
    }


def adapter_arms(steps: int, batch: int) -> dict[str, RunSettings]:
    """Returns the adapter settings compared, the reference first."""
    base = RunSettings(adapter=AdapterSettings(steps=steps, batch=batch))

    def changed(**values: Any) -> RunSettings:
        return replace(base, adapter=replace(base.adapter, **values))

    return {
        "reference": base,
        "years always": replace(base, year_rule="always"),
        "no correction": changed(correction=0.0),
        "half correction": changed(correction=0.5),
        "trapezoid": changed(schedule="trapezoid"),
        "rate 0.002": changed(learning_rate=2e-3),
        "reference, seed 1": changed(seed=1),
        "years always, seed 1": replace(changed(seed=1), year_rule="always"),
    }


def run_study(
    folder: Path, slots: Sequence[str], sasrec_steps: int, steps: int, batch: int, windows: int | None
) -> dict[str, Any]:
    """Runs all arms and writes `study.json`; every finished arm is in it as soon as it ends."""
    started = time.monotonic()
    context = mp.get_context("spawn")
    free: Queue[str] = context.Queue()
    for slot in slots:
        free.put(slot)
    report: dict[str, Any] = {"slots": list(slots), "sasrec": {}, "adapter": {}}
    with ProcessPoolExecutor(len(slots), context, _take_slot, (free,)) as pool:
        jobs = {
            name: pool.submit(_sasrec_arm, settings, folder / f"sasrec-{index}.safetensors")
            for index, (name, settings) in enumerate(sasrec_arms(sasrec_steps).items())
        }
        for name, job in jobs.items():
            report["sasrec"][name] = job.result()
            _log(started, name, report["sasrec"][name]["validation"])
        best = max(report["sasrec"].values(), key=lambda arm: arm["validation"]["HR@1"])
        arms = {
            name: pool.submit(_adapter_arm, settings, Path(best["file"]), windows)
            for name, settings in adapter_arms(steps, batch).items()
        }
        for name, arm in arms.items():
            report["adapter"][name] = arm.result()
            _log(started, name, report["adapter"][name]["validation"])
            write_json(folder / "study.json", report)
    report["wallSeconds"] = round(time.monotonic() - started)
    write_json(folder / "study.json", report)
    return report


def _log(started: float, name: str, found: Any) -> None:
    print(f"{time.monotonic() - started:.0f} s  {name}: {found}", flush=True)


def _take_slot(free: "Queue[str]") -> None:
    global _slot
    _slot = free.get()
    torch.set_num_threads(2)
    if _slot.startswith("cuda"):
        torch.cuda.set_device(_slot)


def _sasrec_arm(settings: SasrecSettings, path: Path) -> dict[str, Any]:
    run = train_sasrec(load_movies(), settings, torch.device(_slot))
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(sasrec_tensors(run.model), path)
    return {"settings": asdict(settings), "file": str(path), **run.to_json()}


def _adapter_arm(settings: RunSettings, sasrec_file: Path, windows: int | None) -> dict[str, Any]:
    data, device = load_movies(), torch.device(_slot)
    sasrec = load_sasrec(load_file(sasrec_file), SasrecShape(len(data.films))).to(device)
    model = trainable_recommender(data, sasrec, settings, device)
    run = train_adapter(model, data, settings.adapter, None, quick_validation(data, windows), 1, log=lambda _: None)
    return {"settings": asdict(settings), "device": describe_device(device), **run.to_json()}
