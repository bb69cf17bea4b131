"""Settings compared side by side: short arms measured on validation users, then whole runs of the finalists.

One worker process runs for each entry of `slots` (a device may be named more than once).
"""

import multiprocessing as mp
import shutil
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, replace
from multiprocessing.queues import Queue
from pathlib import Path
from typing import Any

import torch

from becausal_training.adapter_training import AdapterSettings, train_adapter
from becausal_training.catalogue import YearRule
from becausal_training.datasets import load_dataset
from becausal_training.files import write_json
from becausal_training.run import (
    RunSettings,
    describe_device,
    evaluate_pack,
    publish_results,
    quick_validation,
    train_pack,
    trainable_recommender,
)
from becausal_training.sasrec import Sasrec, SasrecShape
from becausal_training.sasrec_training import SasrecRun, SasrecSettings, train_sasrec

_SLATES = (50, 100)
_slot = "cpu"


def sasrec_arms(steps: int) -> dict[str, SasrecSettings]:
    """Returns the SASRec settings compared: `steps` is the middle of three budgets."""
    base = SasrecSettings(steps=steps)
    return {
        "reference": base,
        "seed 1": replace(base, seed=1),
        "shorter": replace(base, steps=steps * 7 // 10),
        "shorter, seed 1": replace(base, steps=steps * 7 // 10, seed=1),
        "longer, dropout 0.4": replace(base, steps=steps * 3 // 2, dropout=0.4),
        "dropout 0.4": replace(base, dropout=0.4),
        "rate 0.002, dropout 0.4": replace(base, learning_rate=2e-3, dropout=0.4),
        "shorter, dropout 0.2": replace(base, steps=steps * 7 // 10, dropout=0.2),
    }


def adapter_arms(steps: int, batch: int) -> dict[str, RunSettings]:
    """Returns the adapter settings compared, the reference first."""
    adapter = AdapterSettings(steps=steps, batch=batch, schedule="cosine", learning_rate=1e-3)
    base = RunSettings(adapter=adapter, year_rule="when-ambiguous")

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


def finalists(
    steps: Sequence[int], batch: int, year_rules: Sequence[YearRule], self_normalisation: Sequence[float]
) -> dict[str, RunSettings]:
    """Returns every combination of budget, year rule and self-normalisation weight, the longest runs first."""
    return {
        f"{rule}-{count}-{weight:g}": RunSettings(
            adapter=AdapterSettings(steps=count, batch=batch, self_normalisation=weight), year_rule=rule
        )
        for count in sorted(steps, reverse=True)
        for rule in year_rules
        for weight in self_normalisation
    }


class _Workers:
    """A pool of processes, each bound to one slot."""

    def __init__(self, slots: Sequence[str]) -> None:
        context = mp.get_context("spawn")
        free: Queue[str] = context.Queue()
        for slot in slots:
            free.put(slot)
        self.pool = ProcessPoolExecutor(len(slots), context, _take_slot, (free,))
        self.started = time.monotonic()

    def log(self, name: str, found: Any) -> None:
        print(f"{time.monotonic() - self.started:.0f} s  {name}: {found}", flush=True)


def _take_slot(free: "Queue[str]") -> None:
    global _slot
    _slot = free.get()
    torch.set_num_threads(2)
    if _slot.startswith("cuda"):
        torch.cuda.set_device(_slot)


def choose_sasrec(workers: _Workers, folder: Path, steps: int) -> tuple[Path, dict[str, Any]]:
    """Trains every SASRec arm and returns the file of the best by validation HR@1, and the record of all."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {name: folder / f"sasrec-{index}.pt" for index, name in enumerate(sasrec_arms(steps))}
    arms = sasrec_arms(steps).items()
    jobs = {name: workers.pool.submit(_sasrec_arm, settings, files[name]) for name, settings in arms}
    report: dict[str, Any] = {}
    for name, job in jobs.items():
        report[name] = job.result()
        workers.log(name, f"{report[name]['validation']} at step {report[name]['bestStep']}")
    return files[max(report, key=lambda name: report[name]["validation"]["HR@1"])], report


def run_study(
    folder: Path, slots: Sequence[str], sasrec_steps: int, steps: int, batch: int, windows: int | None
) -> dict[str, Any]:
    """Runs all short arms and writes `study.json`; every finished arm is in it as soon as it ends."""
    workers = _Workers(slots)
    report: dict[str, Any] = {"slots": list(slots), "adapter": {}}
    sasrec_file, report["sasrec"] = choose_sasrec(workers, folder, sasrec_steps)
    arms = {
        name: workers.pool.submit(_adapter_arm, settings, sasrec_file, windows)
        for name, settings in adapter_arms(steps, batch).items()
    }
    for name, arm in arms.items():
        report["adapter"][name] = arm.result()
        workers.log(name, report["adapter"][name]["validation"])
        write_json(folder / "study.json", report)
    report["wallSeconds"] = round(time.monotonic() - workers.started)
    write_json(folder / "study.json", report)
    return report


def run_finalists(
    out: Path,
    work: Path,
    slots: Sequence[str],
    sasrec_steps: int,
    settings: dict[str, RunSettings],
    windows: int | None,
    commit: str,
) -> None:
    """Trains every finalist on the best SASRec, archives each pack in `out` and reports their evaluations."""
    workers = _Workers(slots)
    report: dict[str, Any] = {"slots": list(slots), "finalists": {}}
    sasrec_file, report["sasrec"] = choose_sasrec(workers, work, sasrec_steps)
    write_json(out / "report.json", report)
    jobs = {
        name: workers.pool.submit(_finalist, name, finalist, sasrec_file, out, work, windows, commit)
        for name, finalist in settings.items()
    }
    for name, job in jobs.items():
        report["finalists"][name] = job.result()
        workers.log(name, "done")
        write_json(out / "report.json", report)


def _sasrec_arm(settings: SasrecSettings, path: Path) -> dict[str, Any]:
    run = train_sasrec(load_dataset("movies"), settings, torch.device(_slot))
    stored = {"best_step": run.best_step, "validation": run.validation, "curve": run.curve, "seconds": run.seconds}
    torch.save({"model": run.model.state_dict(), "settings": asdict(settings), "run": stored}, path)
    return {"settings": asdict(settings), **run.to_json()}


def load_sasrec_run(path: Path, items: int, device: torch.device) -> tuple[SasrecRun, SasrecSettings]:
    """Loads a SASRec arm with its record."""
    stored = torch.load(path, map_location=device, weights_only=True)
    model = Sasrec(SasrecShape(items)).to(device)
    model.load_state_dict(stored["model"])
    return SasrecRun(model.eval(), **stored["run"]), SasrecSettings(**stored["settings"])


def _adapter_arm(settings: RunSettings, sasrec_file: Path, windows: int | None) -> dict[str, Any]:
    data, device = load_dataset("movies"), torch.device(_slot)
    sasrec, _ = load_sasrec_run(sasrec_file, len(data.films), device)
    model = trainable_recommender(data, sasrec.model, settings, device)
    run = train_adapter(model, data, settings.adapter, None, quick_validation(data, windows), 1, log=lambda _: None)
    return {"settings": asdict(settings), "device": describe_device(device), **run.to_json()}


def _finalist(
    name: str, settings: RunSettings, sasrec_file: Path, out: Path, work: Path, windows: int | None, commit: str
) -> dict[str, Any]:
    data, device = load_dataset("movies"), torch.device(_slot)
    sasrec, sasrec_settings = load_sasrec_run(sasrec_file, len(data.films), device)
    settings = replace(settings, sasrec=sasrec_settings)
    started = time.monotonic()

    def log(line: str) -> None:
        print(f"{name} {time.monotonic() - started:.0f} s: {line}", flush=True)

    folder = work / name / "movies"
    run = train_pack(data, settings, sasrec, folder, work / name / "checkpoint", commit, log)
    shutil.make_archive(str(out / name), "gztar", folder.parent, "movies")
    log("exported")
    results = evaluate_pack(folder, data, device, windows, _SLATES)
    publish_results(folder, results, folder / "results.json")
    shutil.make_archive(str(out / name), "gztar", folder.parent, "movies")
    log("evaluated")
    return {"settings": asdict(settings), "results": results, **run.to_json()}
