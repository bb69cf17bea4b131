import json

import pytest
import torch
from tiny import tiny_recommender

from becausal_training.case_scores import read_cases, score_cases
from becausal_training.errors import TrainingError
from becausal_training.prompt import pad_left

CASES = [
    {"id": "a", "draw": 1, "history": [3, 17, 0, 8], "target": 5, "candidates": [5, 6, 21, 39]},
    {"id": "b", "history": [1], "target": 2, "candidates": [2, 4]},
    {"id": "c", "history": [8, 9], "target": 4, "candidates": [1, 4]},
]


def test_each_case_is_scored_as_the_model_scores_it_alone():
    model = tiny_recommender()
    scored = list(score_cases(model, CASES))
    assert [(case["id"], case.get("draw"), case["candidates"]) for case in scored] == [
        (case["id"], case.get("draw"), case["candidates"]) for case in CASES
    ]
    for case, expected in zip(scored, CASES, strict=True):
        history = pad_left([expected["history"]], model.sasrec.shape.max_length)
        candidates = torch.tensor([expected["candidates"]])
        with torch.no_grad():
            hybrid, sasrec = model.score(history, candidates)
            text, _ = model.score(history, candidates, behaviour=False)
            model.channels = "behaviour"
            behaviour, _ = model.score(history, candidates)
            model.channels = "hybrid"
        for mode, values in (("hybrid", hybrid), ("sasrec", sasrec), ("text", text), ("behaviour", behaviour)):
            assert torch.allclose(torch.tensor(case["scores"][mode]), values[0], atol=1e-5)


def test_cases_without_candidates_or_with_names_are_refused_by_line(tmp_path):
    path = tmp_path / "cases.jsonl"
    for wrong in ({"id": "d", "history": [1], "target": 2}, {**CASES[1], "history": ["Heat (1995)"]}):
        path.write_text("".join(f"{json.dumps(case)}\n" for case in (CASES[0], wrong)), encoding="utf-8")
        with pytest.raises(TrainingError, match="line 2"):
            read_cases(path)
