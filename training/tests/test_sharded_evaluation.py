import json
import shutil
import subprocess
from pathlib import Path

import pytest

from becausal_training.errors import TrainingError
from becausal_training.paths import PACKS
from becausal_training.sharded_evaluation import CLI, Job, Processes, Ray, cut, evaluate_sharded, has_ray, run_job

needs_cli = pytest.mark.skipif(
    shutil.which("node") is None or not (PACKS / "movies" / "manifest.json").exists(), reason="needs Node and the movies pack"
)
OPTIONS = ("--pack", "movies", "--mode", "popularity,sasrec,hybrid,fused", "--threads", "1")


@pytest.fixture
def cases(tmp_path: Path) -> Path:
    rows = [
        {
            "id": f"c{i}",
            "user": f"u{i % 3}",
            "draw": 0,
            "history": [10 + i, 40 + i],
            "target": 70 + i,
            "candidates": [70 + i, 5],
        }
        for i in range(5)
    ]
    path = tmp_path / "cases.jsonl"
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    return path


def _whole(cases: Path, out: Path) -> dict:
    subprocess.run((*CLI, "evaluate", "--cases", str(cases), *OPTIONS, "--out", str(out)), check=True, capture_output=True)
    return json.loads(out.read_text(encoding="utf-8"))


def _same_figures(merged: dict, whole: dict) -> None:
    for key in ("metrics", "answers", "calibration", "cases", "settings", "pack", "data"):
        assert merged[key] == whole[key], key


@needs_cli
def test_two_workers_give_the_figures_of_one_run_to_the_last_bit(cases: Path, tmp_path: Path):
    whole = _whole(cases, tmp_path / "whole.json")
    out = tmp_path / "merged.json"
    evaluate_sharded(cases, 2, OPTIONS, out, Processes(2))
    _same_figures(json.loads(out.read_text(encoding="utf-8")), whole)


@needs_cli
@pytest.mark.skipif(not has_ray(), reason="needs the extra [ray]")
def test_ray_gives_the_same(cases: Path, tmp_path: Path):
    whole = _whole(cases, tmp_path / "whole.json")
    out = tmp_path / "merged.json"
    evaluate_sharded(cases, 2, OPTIONS, out, Ray(cpus=1))
    _same_figures(json.loads(out.read_text(encoding="utf-8")), whole)


@pytest.mark.parametrize(("lines", "shards", "sizes"), [(7, 3, [2, 2, 3]), (2, 5, [1, 1]), (4, 1, [4]), (0, 2, [])])
def test_every_line_is_in_one_shard_in_order(lines: int, shards: int, sizes: list[int]):
    wanted = [str(i) for i in range(lines)]
    parts = cut(wanted, shards)
    assert [len(part) for part in parts] == sizes
    assert [line for part in parts for line in part] == wanted


class _Fake:
    """A command line that writes what it is told to and counts how often it was called."""

    def __init__(self, folder: Path, failing: int = 0) -> None:
        self.log = folder / "log"
        script = folder / "fake.sh"
        script.write_text(
            f'echo "$@" >> {self.log}\n'
            f'if [ "$(grep -c . {self.log})" -le {failing} ]; then echo "no memory" >&2; exit 1; fi\n'
            'while [ "$1" != --out ]; do shift; done\necho "{}" > "$2"\n'
        )
        self.command = ("sh", str(script))

    def calls(self) -> list[str]:
        return self.log.read_text().splitlines()


def test_a_shard_that_fails_is_tried_again(cases: Path, tmp_path: Path):
    fake = _Fake(tmp_path, failing=2)
    evaluate_sharded(cases, 1, (), tmp_path / "out.json", Processes(1, retries=2), fake.command)
    assert len(fake.calls()) == 4


def test_a_shard_that_fails_for_good_is_named_and_the_finished_ones_are_kept(cases: Path, tmp_path: Path):
    fake = _Fake(tmp_path, failing=1)
    with pytest.raises(TrainingError, match="shard 1 of 2 failed: no memory"):
        evaluate_sharded(cases, 2, (), tmp_path / "out.json", Processes(1, retries=0), fake.command)
    assert not (tmp_path / "out.json").exists()
    evaluate_sharded(cases, 2, (), tmp_path / "out.json", Processes(1, retries=0), fake.command)
    scored = [line for line in fake.calls() if "--merge" not in line]
    assert [("cases-1" in line, "cases-2" in line) for line in scored] == [(True, False), (False, True), (True, False)]


def test_shards_of_another_job_are_not_mistaken_for_these(cases: Path, tmp_path: Path):
    fake = _Fake(tmp_path)
    evaluate_sharded(cases, 2, (), tmp_path / "out.json", Processes(1), fake.command)
    with pytest.raises(TrainingError, match="holds shards of another job"):
        evaluate_sharded(cases, 3, (), tmp_path / "out.json", Processes(1), fake.command)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "holds no case"),
        ('{"id": 1}\n', "line 1: no case"),
        ('{"target": "Heat (1995)"}\n', "must be rows of the catalogue"),
    ],
)
def test_a_file_that_cannot_be_sharded_is_refused(tmp_path: Path, text: str, message: str):
    path = tmp_path / "cases.jsonl"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(TrainingError, match=message):
        evaluate_sharded(path, 2, (), tmp_path / "out.json", Processes(1))


def test_a_command_that_cannot_be_started_is_said(tmp_path: Path):
    assert "cannot be started" in (run_job(Job("x", ("no-such-program",), tmp_path / "x.json")) or "")
