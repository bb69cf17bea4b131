import json
from pathlib import Path

import numpy as np
import pytest

from becausal_training.causes import FOUND, Explained
from becausal_training.errors import TrainingError
from becausal_training.metrics import user_bootstrap
from becausal_training.plan import read_plan
from becausal_training.results_page import PAGE, figure, render
from becausal_training.study import pack_hits, pack_numbers, unpack_hits, unpack_numbers
from becausal_training.worlds import SEES, judged

PLANS = Path(__file__).parents[1] / "plans"


def test_the_page_is_what_the_records_say():
    assert PAGE.read_text(encoding="utf-8") == render(), "run `python -m becausal_training results`"


def test_a_figure_shows_its_interval_and_sign():
    row = {"value": -0.0123, "low": -0.02, "high": 0.0049}
    assert figure(row, signed=True) == "-.012 [-.020, +.005]"
    assert figure({"value": 1.25, "low": 0.9999, "high": 1.4}) == "1.250 [1.000, 1.400]"


def test_the_page_shows_what_the_worlds_record(tmp_path: Path):
    found = user_bootstrap(np.array([1.0, 1.0, 0.0, 1.0]), np.arange(4))
    record = {"layers": 2, "device": "CPU", "wallSeconds": 3, "rows": [judged("text-informed", "hybrid", found, SEES)]}
    (tmp_path / "worlds.json").write_text(json.dumps(record))
    assert "| text-informed | hybrid | .750 [.250, 1.000] | 4 | >= 60% | met |" in render(tmp_path)


def test_the_page_shows_what_the_causes_record(tmp_path: Path):
    effects = np.array([[4.0, 1.0, 0.5], [1.0, 2.0, 0.0]])
    found = Explained("replacement", "verdict", effects, np.zeros(2, int), np.ones(2, int), np.arange(2))
    row = {**judged("cause-by-title", found.method, found.cause_on_top(), FOUND, "cause on top"), "of": found.value}
    record = {"layers": 2, "device": "CPU", "wallSeconds": 3, "settings": {"seed": 7}, "rows": [row]}
    record["medianEffects"] = [{"world": "cause-by-title", **found.medians()}]
    (tmp_path / "causes.json").write_text(json.dumps(record))
    page = render(tmp_path)
    assert "| cause-by-title | cause on top | verdict | replacement | .500 [.000, 1.000] | 2 | >= 95% | missed |" in page
    assert "| cause-by-title | verdict | replacement | 2.50 | 1.50 | 0.25 | 2 |" in page
    assert "seed 7" in page


def test_hits_and_numbers_survive_the_record():
    hits = np.array([0, 1, 1 / 2, 1 / 3, 1 / 5])
    assert np.allclose(unpack_hits(pack_hits(hits)), hits, atol=1e-12)
    users = np.array([0, 7, 942])
    assert unpack_numbers(pack_numbers(users)).tolist() == users.tolist()


@pytest.mark.parametrize("path", sorted(PLANS.glob("*.json")), ids=lambda path: path.stem)
def test_every_plan_can_be_read(path: Path):
    plan = read_plan(path)
    runs = list(plan.runs())
    assert len(runs) == len(plan.arms) * len(plan.seeds)
    assert {settings.adapter.seed for _, settings in runs} == set(plan.seeds)
    assert all(settings.dataset == plan.dataset for _, settings in runs)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"base": {"adapter": {"stepz": 3}}}, "stepz"),
        ({"base": {"adapter": {"steps": "many"}}}, "steps is int"),
        ({"arms": {"a": {"dataset": "movies"}}}, "share one data set"),
        ({"measure": "training"}, "validation or test"),
        ({"extra": 1}, "extra"),
    ],
)
def test_a_plan_that_says_what_no_setting_has_is_refused(tmp_path: Path, change: dict, message: str):
    plan = {"measure": "test", "base": {"dataset": "ml-100k"}, "sasrec": {"reference": {}}, "arms": {"a": {}}}
    path = tmp_path / "plan.json"
    path.write_text(json.dumps({**plan, **change}))
    with pytest.raises(TrainingError, match=message):
        read_plan(path)
