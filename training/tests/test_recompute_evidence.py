"""Bundles of the command line from the shipped pack: every figure follows from the answers, and a changed one does not."""

import copy
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
SCRIPT = HERE.parent / "recompute_evidence.py"
BUNDLES = sorted((HERE / "fixtures").glob("evidence-*.json"))


def run(path: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, str(SCRIPT), str(path)], capture_output=True, text=True, check=False)


def read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def numbers(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yields the paths of all fractional numbers."""
    if isinstance(value, float):
        yield path
    elif isinstance(value, dict | list):
        for key, part in value.items() if isinstance(value, dict) else enumerate(value):
            yield from numbers(part, (*path, key))


def changed(bundle: Any, path: tuple[Any, ...], by: float) -> Any:
    other = copy.deepcopy(bundle)
    place = other
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] += by
    return other


def test_the_bundles_are_of_every_method() -> None:
    maps = [read(path)["effects"]["shown"] for path in BUNDLES]
    assert {(m["method"], "pairs" in m) for m in maps} == {
        ("leave-one-out", False),
        ("replacement", False),
        ("shapley", True),
        ("shapley", False),
    }
    parts = {name for path in BUNDLES for name, part in read(path).items() if part is not None}
    assert {"slate", "channels", "strips", "audit", "counterfactual", "whatIf"} <= parts
    assert sum(path.stat().st_size for path in BUNDLES) < 150_000


@pytest.mark.parametrize("path", BUNDLES, ids=lambda path: path.stem)
def test_every_figure_follows_from_the_answers(path: Path) -> None:
    done = run(path)
    assert "FAIL" not in done.stdout
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("ok  ") >= 5


def test_a_changed_answer_is_found(tmp_path: Path) -> None:
    bundle = read(HERE / "fixtures" / "evidence-exact.json")
    tampered = tmp_path / "tampered.json"
    tampered.write_text(json.dumps(changed(bundle, ("effects", "answers", 1, "verdict", 0), 1e-3)), encoding="utf-8")
    done = run(tampered)
    assert done.returncode == 1
    assert "FAIL effects, deltaNats" in done.stdout


@pytest.mark.parametrize("path", BUNDLES, ids=lambda path: path.stem)
def test_no_shown_figure_can_be_changed_unseen(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(SCRIPT.parent))
    import recompute_evidence

    bundle = read(path)
    # Not of the answers: a time, the bounds (constants, or of the number of items alone), and the weights of the gate.
    free = ("milliseconds", "bound", "gate")
    shown = [
        (name, *place)
        for name, part in bundle.items()
        if isinstance(part, dict) and "shown" in part
        for key in ("shown", "controlMap", "redrawn")
        for place in numbers(part.get(key), (key,))
        if not any(word in place for word in free)
    ]
    assert len(shown) > 5
    # Every kind of figure once, whichever row or column it is in.
    kinds = {tuple(key for key in place if isinstance(key, str)): place for place in shown}
    unseen = []
    for place in kinds.values():
        recompute_evidence.failures = 0
        recompute_evidence.recompute(changed(bundle, place, 1e-6))
        if recompute_evidence.failures == 0:
            unseen.append(place)
    assert unseen == []
