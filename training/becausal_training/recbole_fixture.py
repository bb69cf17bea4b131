"""Random rankings and what RecBole's own metrics say of them, for the tests of other implementations.

RecBole's metric classes are loaded out of its wheel by file: the package itself would import all of its models. Two names that
NumPy has dropped since are put back, and its imports that the metrics of a ranked list never call are empty.
"""

import sys
import zipfile
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import torch

from becausal_training.files import write_json
from becausal_training.packages import fetch_wheel

PACKAGE = ("recbole", "1.2.1")
CUTOFFS = [1, 5, 10, 20]
USERS, ITEMS = 40, 60
MOST_RELEVANT = 30
SEED = 20240917
METRICS = ("Hit", "MRR", "NDCG", "ItemCoverage")


def recbole_metrics() -> ModuleType:
    """Returns RecBole's module of metrics."""
    for name in ("recbole", "recbole.utils", "recbole.evaluator", "recbole.evaluator.utils", "sklearn", "sklearn.metrics"):
        sys.modules[name] = ModuleType(name)
    vars(sys.modules["recbole.utils"])["EvaluatorType"] = SimpleNamespace(RANKING=1, VALUE=2)
    vars(sys.modules["recbole.evaluator.utils"])["_binary_clf_curve"] = None
    for name in ("auc", "mean_absolute_error", "mean_squared_error"):
        vars(sys.modules["sklearn.metrics"])[name] = None
    vars(np).update({"float": np.float64, "bool": np.bool_})
    with zipfile.ZipFile(fetch_wheel(*PACKAGE)) as wheel:
        for name in ("base_metric", "metrics"):
            module = ModuleType(f"recbole.evaluator.{name}")
            sys.modules[module.__name__] = module
            exec(compile(wheel.read(f"recbole/evaluator/{name}.py"), f"{name}.py", "exec"), vars(module))
    return sys.modules["recbole.evaluator.metrics"]


def write_fixture(path: Path) -> None:
    """Writes users with their whole ranking and their relevant items, and every metric at every cutoff over all of them."""
    metrics = recbole_metrics()
    rng = np.random.default_rng(SEED)
    rankings = np.array([rng.permutation(ITEMS) for _ in range(USERS)])
    # Half of the users have one relevant item, as in this project; the others up to more than a list shows.
    counts = [1 if user % 2 == 0 else int(rng.integers(2, MOST_RELEVANT)) for user in range(USERS)]
    relevant = [sorted(rng.choice(ITEMS, count, replace=False).tolist()) for count in counts]
    top = rankings[:, : max(CUTOFFS)]
    hits = np.array([np.isin(row, items) for row, items in zip(top, relevant, strict=True)])
    data: dict[str, Any] = {
        "rec.topk": torch.from_numpy(np.concatenate([hits, np.array(counts)[:, None]], 1).astype(np.int64)),
        "rec.items": torch.from_numpy(top),
        "data.num_items": ITEMS,
    }
    values: dict[str, float] = {}
    for name in METRICS:
        metric = getattr(metrics, name)({"topk": CUTOFFS, "metric_decimal_place": 15})
        values |= {key: float(value) for key, value in metric.calculate_metric(data).items()}
    made_by = f"python -m becausal_training recbole-fixture, with {PACKAGE[0]} {PACKAGE[1]} and seed {SEED}"
    users = [{"ranking": ranking, "relevant": items} for ranking, items in zip(rankings.tolist(), relevant, strict=True)]
    write_json(path, {"madeBy": made_by, "items": ITEMS, "cutoffs": CUTOFFS, "metrics": values, "users": users})
