"""Evaluation on several processes or machines: one `becausal evaluate` for every shard of a file of cases, then an exact merge.

Nothing is computed here. The command line plans the cases once, the file is cut into runs of lines, every shard is scored by a
worker that may be killed and tried again (its journal goes on where it stopped), and `becausal evaluate --merge` computes the
figures from all cases: they are those of one unsharded run. `docs/scaling.md` says how and what it costs.
"""

import argparse
import importlib.util
import json
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Protocol

from becausal_training.errors import TrainingError
from becausal_training.paths import REPOSITORY

CLI = ("node", str(REPOSITORY / "bin" / "becausal.mjs"))


@dataclass(frozen=True)
class Job:
    """A command that writes `out`. `name` is what failures name."""

    name: str
    command: tuple[str, ...]
    out: Path


class Executor(Protocol):
    """Where jobs run. `Processes` and `Ray` are the two there are."""

    def run(self, jobs: Sequence[Job]) -> None:
        """Runs every job, each at most `retries` times more. Raises TrainingError naming the first that failed for good."""
        ...


def run_job(job: Job) -> str | None:
    """Runs one command; returns what went wrong, or nothing. A result that is there already is not made again."""
    if job.out.exists():
        return None
    try:
        ended = subprocess.run(job.command, capture_output=True, text=True, check=False)
    except OSError as error:
        return f"{job.command[0]} cannot be started ({error})"
    if ended.returncode == 0 and job.out.exists():
        return None
    said = ended.stderr.strip().splitlines()
    return said[-1] if said else f"it ended with {ended.returncode} and wrote no {job.out.name}"


def _check(jobs: Sequence[Job], failures: Sequence[str | None]) -> None:
    for job, failure in zip(jobs, failures, strict=True):
        if failure is not None:
            raise TrainingError(
                f"{job.name} failed: {failure}. What is finished is kept: run the same command again to go on with the rest."
            )


@dataclass(frozen=True)
class Processes:
    """Processes of this machine, `workers` at a time."""

    workers: int
    retries: int = 2

    def run(self, jobs: Sequence[Job]) -> None:
        """Runs the jobs; see `Executor`."""
        with ThreadPoolExecutor(self.workers) as pool:
            _check(jobs, list(pool.map(self._tried, jobs)))

    def _tried(self, job: Job) -> str | None:
        failure = run_job(job)
        for _ in range(self.retries):
            if failure is None:
                break
            failure = run_job(job)
        return failure


@dataclass(frozen=True)
class Ray:
    """Tasks of a Ray cluster, or of this machine's own Ray. All nodes must see the files under the same paths."""

    cpus: int
    retries: int = 2
    address: str | None = None

    def run(self, jobs: Sequence[Job]) -> None:
        """Runs the jobs; see `Executor`. Ray tries a task again whose worker or node is lost, and one whose command failed."""
        import ray

        @ray.remote(num_cpus=self.cpus, max_retries=self.retries, retry_exceptions=[RuntimeError])
        def scored(job: Job) -> None:
            failure = run_job(job)
            if failure is not None:
                raise RuntimeError(failure)

        ray.init(address=self.address, ignore_reinit_error=True, include_dashboard=False, log_to_driver=False)
        try:
            tasks = [scored.remote(job) for job in jobs]
            failures: list[str | None] = []
            for task in tasks:
                try:
                    ray.get(task)
                    failures.append(None)
                except (RuntimeError, ray.exceptions.RayError) as error:
                    cause = getattr(error, "cause", None) or error
                    failures.append(str(cause).strip().splitlines()[-1])
            _check(jobs, failures)
        finally:
            ray.shutdown()


def has_ray() -> bool:
    """Whether Ray is installed; it is no dependency."""
    return importlib.util.find_spec("ray") is not None


def cut(lines: Sequence[str], shards: int) -> list[list[str]]:
    """Cuts lines into at most `shards` runs, alike in length but one. Draws of one question may part: the merge joins them."""
    count = min(shards, len(lines))
    ends = [len(lines) * i // count for i in range(count + 1)] if count else []
    return [list(lines[start:end]) for start, end in pairwise(ends)]


def evaluate_sharded(
    cases: Path, shards: int, options: Sequence[str], out: Path, executor: Executor, cli: Sequence[str] = CLI
) -> None:
    """Scores `cases` (written by `evaluate --export-cases`) in shards and merges them into `out`; parts lie beside it.

    `options` go to every worker: pack, modes, protocol, backend, threads. Run again after a failure, finished shards are kept.
    """
    if not cases.exists():
        raise TrainingError(f"{cases} is not there: write it with `becausal evaluate … --export-cases {cases}`")
    lines = [line for line in cases.read_text(encoding="utf-8").splitlines() if line.strip()]
    if not lines:
        raise TrainingError(f"{cases} holds no case")
    _check_rows(cases, lines)
    folder = out.with_name(f"{out.name}.shards")
    _start(folder, {"cases": lines, "shards": shards, "options": list(options)})
    jobs = []
    for number, part in enumerate(cut(lines, shards), 1):
        file = folder / f"cases-{number}.jsonl"
        file.write_text("".join(f"{line}\n" for line in part), encoding="utf-8")
        result = folder / f"shard-{number}.json"
        command = (*cli, "evaluate", "--cases", str(file), *options, "--out", str(result))
        jobs.append(Job(f"shard {number} of {shards}", command, result))
    executor.run(jobs)
    merge = (*cli, "evaluate", "--merge", *(str(job.out) for job in jobs), "--cases", str(cases), "--out", str(out))
    out.unlink(missing_ok=True)
    failure = run_job(Job("the merge", merge, out))
    if failure is not None:
        raise TrainingError(f"the merge failed: {failure}")


def _check_rows(cases: Path, lines: Sequence[str]) -> None:
    """Titles have no meaning to the merge, which runs without a catalogue."""
    for number, line in enumerate(lines, 1):
        try:
            target = json.loads(line)["target"]
        except (ValueError, KeyError, TypeError):
            raise TrainingError(f"{cases}, line {number}: no case") from None
        if not isinstance(target, int):
            raise TrainingError(f"{cases}, line {number}: films must be rows of the catalogue, as --export-cases writes them")


def _start(folder: Path, job: dict) -> None:
    """Makes the folder of parts; parts of another job in it are not mistaken for this one's."""
    folder.mkdir(parents=True, exist_ok=True)
    record = folder / "job.json"
    wanted = json.dumps(job, ensure_ascii=False)
    if record.exists() and record.read_text(encoding="utf-8") != wanted:
        raise TrainingError(f"{folder} holds shards of another job: remove it or name another --out")
    record.write_text(wanted, encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> None:
    """`python -m becausal_training.sharded_evaluation`: options after `--` go to every worker."""
    parser = argparse.ArgumentParser(prog="python -m becausal_training.sharded_evaluation", description=__doc__)
    parser.add_argument("--cases", type=Path, required=True, help="written by `becausal evaluate … --export-cases FILE`")
    parser.add_argument("--shards", type=int, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--executor", choices=("processes", "ray"), default="ray" if has_ray() else "processes")
    parser.add_argument("--workers", type=int, default=2, help="processes at a time (not of Ray)")
    parser.add_argument("--cpus", type=int, default=1, help="of Ray: cores that a shard is given; pass --threads too")
    parser.add_argument("--address", help="of Ray: a cluster's address; default: a Ray of this machine's own")
    parser.add_argument("--retries", type=int, default=2)
    parser.add_argument("options", nargs="*", help="after --: for `becausal evaluate`, e.g. --pack movies --mode sasrec,fused")
    read = parser.parse_args(arguments)
    if read.shards < 1 or read.workers < 1:
        parser.error("--shards and --workers are whole numbers from 1")
    if read.executor == "ray" and not has_ray():
        parser.error("Ray is not installed: pip install 'becausal-training[ray]', or --executor processes")
    executor: Executor = (
        Ray(read.cpus, read.retries, read.address) if read.executor == "ray" else Processes(read.workers, read.retries)
    )
    try:
        # Workers start together: what builds itself on first use is built before.
        subprocess.run((*CLI, "--help"), capture_output=True, check=True)
        evaluate_sharded(read.cases.resolve(), read.shards, read.options, read.out.resolve(), executor)
    except TrainingError as error:
        sys.exit(f"{error}")
    print(f"wrote {read.out}")


if __name__ == "__main__":
    main()
