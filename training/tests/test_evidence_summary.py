import json
from pathlib import Path
from typing import Any

import pytest

from becausal_training.errors import TrainingError
from becausal_training.evidence_summary import MODES, SUMMARY, slug, summarise
from becausal_training.files import read_json
from becausal_training.paths import REPOSITORY, RESULTS
from becausal_training.results_page import PAGE, figure


@pytest.fixture(scope="module")
def summary() -> dict[str, Any]:
    return summarise()


def test_the_summary_is_what_the_records_say(summary: dict[str, Any]):
    assert read_json(SUMMARY) == json.loads(json.dumps(summary)), "run `python -m becausal_training results`"


def test_every_section_names_a_record_and_its_figures_are_finite(summary: dict[str, Any]):
    for section in summary["sections"]:
        assert (REPOSITORY / section["record"]).exists()
        assert section["command"]
        for row in section["figures"]:
            assert row["n"] > 0
            assert row["low"] is None or row["low"] <= row["value"] <= row["high"]


@pytest.mark.parametrize("name", ["movies", "ml-100k", "ml-100k-30-layers"])
def test_no_figure_of_a_pack_is_left_out(summary: dict[str, Any], name: str):
    record = read_json(RESULTS / f"{name}.json")
    (section,) = [section for section in summary["sections"] if section["id"] == name]
    wanted = [*record["metrics"], *record["differences"], *record["ratios"]]
    keys = ("value", "low", "high", "n", "users")
    assert [[row[key] for key in keys] for row in section["figures"]] == [[row[key] for key in keys] for row in wanted]
    assert [row["mode"] for row in section["figures"]] == [MODES[row["model"]] for row in wanted]


def test_every_figure_of_the_studies_stands_on_the_results_page_too(summary: dict[str, Any]):
    page = PAGE.read_text(encoding="utf-8")
    skipped = {"movies", "ml-100k", "ml-100k-30-layers"}
    for section in summary["sections"]:
        for row in section["figures"]:
            if section["id"] in skipped or row["low"] is None:
                continue
            assert figure(row, signed=row["form"] == "difference") in page, (section["id"], row)


def test_a_model_without_a_name_is_refused(tmp_path: Path):
    record = read_json(RESULTS / "movies.json")
    record["metrics"][0]["model"] = "oracle"
    for path in RESULTS.glob("*.json"):
        (tmp_path / path.name).write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "ml-100k.json").write_text(json.dumps(record), encoding="utf-8")
    with pytest.raises(TrainingError, match="no name for 'oracle'"):
        summarise(tmp_path)


def test_a_name_is_made_of_words():
    assert slug("hybrid's weights, behaviour only") == "hybrid-s-weights-behaviour-only"
    assert slug("rate 0.0006, ends at 0.6") == "rate-0-0006-ends-at-0-6"
