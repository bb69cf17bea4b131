"""`public/evidence/summary.json`: what the app's evidence page shows of the records in `training/results`.

The records keep every question's hit and weigh megabytes; this holds each figure once, with its interval, its counts and the
names by which the page words it. Nothing is measured here.
"""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from becausal_training.errors import TrainingError
from becausal_training.files import read_json, write_compact_json
from becausal_training.metrics import Doubles, Estimate, Ints, user_bootstrap
from becausal_training.paths import REPOSITORY, RESULTS
from becausal_training.probes import INTACT, compare_by_cluster
from becausal_training.results_page import (
    ABLATIONS,
    CAUSES,
    DEEP,
    DEPTH,
    HYBRID,
    PACKS,
    PAPERS,
    REFERENCE,
    UNIFORM,
    WORLDS,
    by_arm,
    mean_hits,
    of_seeds,
)
from becausal_training.study import unpack_hits, unpack_numbers

SUMMARY = REPOSITORY / "public" / "evidence" / "summary.json"
SCHEMA = "becausal-evidence/1"

MODES = {"popularity": "popularity", "SASRec": "sasrec", "text only": "text", HYBRID: "hybrid", "fused": "fused"}
MEASURES = {"HR@1", "HR@10", "NDCG@10", "Recall@50", "Recall@100"}
_WINDOWS, _LAST = "all windows of the test users", "last targets of the test users, mean of 50 draws"
_RATED_LAST, _RERANKED = "films rated before ranked last", "SASRec's top {} reranked"
PROTOCOLS = {
    f"20 candidates, {_WINDOWS}": "20-windows",
    f"20 candidates, {_WINDOWS}, {_RATED_LAST}": "20-windows-watched-last",
    f"20 candidates, {_LAST}": "20-last",
    f"20 candidates, {_LAST}, {_RATED_LAST}": "20-last-watched-last",
    f"whole catalogue, {_WINDOWS}": "catalogue",
    f"whole catalogue, {_WINDOWS}, {_RERANKED.format(50)}": "catalogue-slate-50",
    f"whole catalogue, {_WINDOWS}, {_RERANKED.format(100)}": "catalogue-slate-100",
}
VALIDATION = "20-validation"
PLANTED = "planted"

Row = dict[str, Any]


def write_summary(results: Path = RESULTS, file: Path = SUMMARY) -> None:
    """Writes the summary."""
    write_compact_json(file, summarise(results))


def summarise(results: Path = RESULTS) -> Row:
    """Returns the summary. Raises TrainingError where a record holds something that the page has no name for."""
    sections = []
    for name in (*PACKS, DEEP):
        sections.append(_pack(results, name))
        sections.append(_tampered(results, f"{name}-pack"))
    sections += [_choice(results), *(_crossfit(results, name) for name in PACKS), _ablations(results)]
    sections += [_ablations_tampered(results), _clusters(results), _depth(results), _worlds(results), _causes(results)]
    return {"schema": SCHEMA, "sections": sections, "papers": [_paper(index) for index in range(len(PAPERS))]}


def slug(name: str) -> str:
    """Returns the name by which the page words an arm: `hybrid, iLoRA` as `hybrid-ilora`."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def _known(names: dict[str, str], name: str) -> str:
    if name not in names:
        raise TrainingError(
            f"the evidence page has no name for {name!r}: add one to evidence_summary.py and to the page's wording"
        )
    return names[name]


def _section(identity: str, record: str, command: str, figures: Iterable[Row], **facts: Any) -> Row:
    return {"id": identity, "record": f"training/results/{record}.json", "command": command, **facts, "figures": list(figures)}


def _figure(measure: str, protocol: str, estimate: Estimate | Row, form: str = "value", **names: Any) -> Row:
    row = estimate.to_json() if isinstance(estimate, Estimate) else estimate
    numbers = {key: row[key] for key in ("value", "low", "high", "n", "users")}
    return {"measure": measure, "protocol": protocol, "form": form, **names, **numbers}


def _pack(results: Path, name: str) -> Row:
    record = read_json(results / f"{name}.json")
    forms = (("metrics", "value", None), ("differences", "difference", "minus"), ("ratios", "ratio", "over"))
    figures = []
    for key, form, other in forms:
        for row in record[key]:
            if row["name"] not in MEASURES:
                raise TrainingError(f"{name}.json: the evidence page does not know the measure {row['name']!r}")
            names = {"mode": _known(MODES, row["model"])} | ({"against": _known(MODES, row[other])} if other else {})
            figures.append(_figure(row["name"], _known(PROTOCOLS, row["protocol"]), row, form, **names))
    if name == DEEP:
        command = f"python -m becausal_training evaluate --dataset ml-100k --pack DIR/{DEEP}"
    else:
        command = f"npm run evaluate -- --dataset {name}"
    return _section(name, name, command, figures, device=record["device"], beta=record["beta"])


def _study(record: Row) -> Row:
    run = record["runs"][0]
    adapter = run["settings"]["adapter"]
    return {
        "device": run["device"],
        "commit": record["commit"],
        "steps": adapter["steps"],
        "batch": adapter["batch"],
        "seeds": sorted({run["seed"] for run in record["runs"]}),
    }


def _command(record: Row) -> str:
    return f"python -m becausal_training study plans/{record['plan']}.json --out DIR"


def _probed(identity: str, name: str, record: Row) -> Row:
    probes = record["runs"][0]["probes"]
    figures = [_figure("HR@1", "20-windows", row, arm=slug(row["model"]), mode="hybrid") for row in probes["metrics"]]
    figures += [
        _figure("HR@1", "20-windows", row, "difference", arm=slug(row["model"]), mode="hybrid", against=slug(INTACT))
        for row in probes["differences"]
    ]
    gate = {key: probes["gate"][key] for key in ("meanEntropy", "mutualInformationWithClusters", "clusters", "n")}
    return _section(identity, name, _command(record), figures, **_study(record), gate=gate)


def _tampered(results: Path, name: str) -> Row:
    return _probed(f"{name.removesuffix('-pack')}-tampered", name, read_json(results / f"{name}.json"))


def _ablations_tampered(results: Path) -> Row:
    return _probed("ablations-tampered", ABLATIONS, read_json(results / f"{ABLATIONS}.json"))


def _choice(results: Path) -> Row:
    """The two ways to train 30 layers, on the validation windows that decided; no interval was recorded."""
    record = read_json(results / f"{DEEP}-pack.json")
    figures = []
    for run in record["runs"]:
        found = run["run"]["validation"][-1]
        for model, measure in ((m, f) for f in ("HR@1", "NDCG@10") for m in ("SASRec", "text only", "hybrid", "fused")):
            if f"{model} {measure}" not in found:
                continue
            plain = {"value": found[f"{model} {measure}"], "low": None, "high": None, "users": None}
            row = {**plain, "n": run["settings"]["validation_windows"]}
            protocol = VALIDATION if measure == "HR@1" else "catalogue-validation"
            figures.append(_figure(measure, protocol, row, arm=slug(run["arm"]), mode=MODES.get(model, "hybrid")))
    return _section(f"{DEEP}-choice", f"{DEEP}-pack", _command(record), figures, **_study(record))


def _measured(record: Row) -> tuple[dict[str, list[Row]], Ints]:
    arms = by_arm(record)
    return arms, unpack_numbers(next(iter(arms.values()))[0]["results"][-1]["users"])


def _crossfit(results: Path, name: str) -> Row:
    record = read_json(results / f"{name}-crossfit.json")
    arms, users = _measured(record)
    *_, plain = arms
    figures = [_figure("HR@1", VALIDATION, user_bootstrap(mean_hits(arms[plain], "SASRec"), users), mode="sasrec")]
    for arm, runs in arms.items():
        for model in ("text only", HYBRID, "fused"):
            names = {"arm": slug(arm), "mode": MODES[model]}
            hits = mean_hits(runs, model)
            figures.append(_figure("HR@1", VALIDATION, user_bootstrap(hits, users), **names))
            if arm != plain:
                minus = user_bootstrap(hits - mean_hits(arms[plain], model), users)
                figures.append(_figure("HR@1", VALIDATION, minus, "difference", **names, against=slug(plain)))
    return _section(f"{name}-crossfit", f"{name}-crossfit", _command(record), figures, **_study(record))


def _by_seed(runs: list[Row]) -> list[float]:
    return [round(float(unpack_hits(run["results"][-1]["hits"][HYBRID]).mean()), 4) for run in runs]


def _ablations(results: Path) -> Row:
    record = read_json(results / f"{ABLATIONS}.json")
    arms, users = _measured(record)
    reference = arms[REFERENCE]

    def figure(hits: Doubles, form: str = "value", **names: Any) -> Row:
        return _figure("HR@1", "20-windows", user_bootstrap(hits, users), form, **names)

    figures = [figure(mean_hits(reference, "SASRec"), mode="sasrec")]
    for name, runs in arms.items():
        arm = slug(name)
        hits = mean_hits(runs, HYBRID)
        figures.append(figure(hits, arm=arm, mode="hybrid") | {"bySeed": _by_seed(runs)})
        figures.append(figure(mean_hits(runs, "fused"), arm=arm, mode="fused"))
        if name != REFERENCE:
            base = mean_hits(of_seeds(reference, runs), HYBRID)
            figures.append(figure(hits - base, "difference", arm=arm, mode="hybrid", against=slug(REFERENCE)))
    return _section("ablations", ABLATIONS, _command(record), figures, **_study(record))


def _clusters(results: Path) -> Row:
    record = read_json(results / f"{ABLATIONS}.json")
    arms, users = _measured(record)
    reference, uniform = arms[REFERENCE], arms[UNIFORM]
    first, second = mean_hits(of_seeds(reference, uniform), HYBRID), mean_hits(uniform, HYBRID)
    found = compare_by_cluster(first, second, unpack_numbers(reference[0]["clusters"]), users)
    names = {"mode": "hybrid", "against": slug(UNIFORM)}
    figures = [_figure("HR@1", "20-windows", found["all"], "difference", arm="all", **names)]
    for row in found["clusters"]:
        pair = {"means": [row["first"], row["second"]]}
        figures.append(_figure("HR@1", "20-windows", row, "difference", arm=f"cluster-{row['cluster']}", **names) | pair)
    return _section("ablations-clusters", ABLATIONS, _command(record), figures, **_study(record))


def _depth(results: Path) -> Row:
    record = read_json(results / f"{DEPTH}.json")
    arms, users = _measured(record)
    figures = []
    for name, runs in arms.items():
        arm = slug(name)
        hits, sasrec, fused = (mean_hits(runs, model) for model in (HYBRID, "SASRec", "fused"))
        seconds = sum(run["run"]["wallSeconds"] for run in runs) / len(runs)
        value = _figure("HR@1", "20-windows", user_bootstrap(hits, users), arm=arm, mode="hybrid")
        figures.append(value | {"trainingSeconds": round(seconds, 1)})
        figures.append(_figure("HR@1", "20-windows", user_bootstrap(fused, users), arm=arm, mode="fused"))
        minus = user_bootstrap(hits - sasrec, users)
        figures.append(_figure("HR@1", "20-windows", minus, "difference", arm=arm, mode="hybrid", against="sasrec"))
    return _section("depth", DEPTH, _command(record), figures, **_study(record))


def _bar(row: Row) -> Row:
    """The bar as fractions, e.g. `>= 60%` as at least .6; nothing where a figure is held to none."""
    if not row["bar"]:
        return {}
    bounds = [round(int(number) / 100, 2) for number in re.findall(r"(\d+)%", row["bar"])]
    is_least, is_most = row["bar"].startswith(">="), row["bar"].startswith("<=")
    least, most = (bounds[0], None) if is_least else (None, bounds[0]) if is_most else (bounds[0], bounds[-1])
    return {"bar": {"least": least, "most": most, "met": row["verdict"] == "met"}}


def _planted(name: str, record: Row, figures: Iterable[Row], **facts: Any) -> Row:
    about = {
        "device": record["device"],
        "commit": record["commit"],
        "layers": record["layers"],
        "seconds": record["wallSeconds"],
    }
    return _section(name, name, f"python -m becausal_training {name}", figures, **about, **facts)


def _worlds(results: Path) -> Row:
    record = read_json(results / f"{WORLDS}.json")
    figures = [
        _figure(row["name"], PLANTED, row, world=slug(row["world"]), arm=slug(row["arm"])) | _bar(row) for row in record["rows"]
    ]
    return _planted("worlds", record, figures)


def _causes(results: Path) -> Row:
    record = read_json(results / f"{CAUSES}.json")
    measures = {"HR@1": "HR@1"} | {
        name: slug(name) for name in ("cause on top", "distractor / cause, median", "share of text", "share of behaviour")
    }

    def names(row: Row) -> Row:
        of = {"of": slug(row["of"])} if row["of"] else {}
        return {"world": slug(row["world"]), "arm": slug(row["arm"]), **of}

    figures = [_figure(_known(measures, row["name"]), PLANTED, row, **names(row)) | _bar(row) for row in record["rows"]]
    medians = [
        names(row) | {key: row[key] for key in ("cause", "distractor", "largestNoise", "n")} for row in record["medianEffects"]
    ]
    return _planted("causes", record, figures, medians=medians)


def _paper(index: int) -> Row:
    paper = PAPERS[index]
    return {"method": slug(paper.method), "languageModel": slug(paper.language_model), "low": paper.low, "high": paper.high}
