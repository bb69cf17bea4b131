"""The steps of the command line. Each imports what it needs, so that `base` runs without torch."""

import argparse
import json
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from becausal_training.datasets import DATA, NAMES, load_dataset, prepare_dataset
from becausal_training.errors import TrainingError
from becausal_training.paths import BASE_12, GOLDEN, PACKS, RECBOLE_METRICS, RESULTS, TINY_MODELS, WORK
from becausal_training.taste_cli import add_taste_steps

if TYPE_CHECKING:
    from becausal_training.interactions import Dataset
    from becausal_training.run import RunSettings


def _base_derive(_: argparse.Namespace) -> None:
    from becausal_training.base import derive_base

    derive_base()
    print(f"derived {BASE_12}")


def _base_full(_: argparse.Namespace) -> None:
    from becausal_training.base import write_full_model

    print(f"verified {write_full_model()}")


def _base_measure(_: argparse.Namespace) -> None:
    from becausal_training.embedding_study import measure_embedding

    print(json.dumps(measure_embedding(prepare_dataset("movies")), indent=2))


def _data(options: argparse.Namespace) -> None:
    for name in options.dataset:
        data = prepare_dataset(name)
        parts = " / ".join(str(len(data.bounds(part))) for part in ("train", "validation", "test"))
        print(f"{name}: {len(data.films)} films, users {parts} in {DATA / name}, sha256 {data.data_sha256}")


def _cases(options: argparse.Namespace) -> None:
    from becausal_training.held_out_cases import held_out_cases, write_cases

    cases = held_out_cases(load_dataset(options.dataset), options.count, options.seed)
    write_cases(options.out, cases)
    print(f"wrote {len(cases)} cases of {len({case['user'] for case in cases})} users to {options.out}")


def _study(options: argparse.Namespace) -> None:
    from becausal_training.plan import read_plan
    from becausal_training.run import current_commit
    from becausal_training.study import run_study

    plan, commit = read_plan(options.plan), options.commit or current_commit()
    run_study(plan, options.out, options.work, options.slots, commit, options.windows)


def _train(options: argparse.Namespace) -> None:
    _train_and_evaluate(options, load_dataset)


def _all(options: argparse.Namespace) -> None:
    from becausal_training.goldens import write_goldens

    trained = _train_and_evaluate(options, prepare_dataset)
    if trained is not None:
        folder, data = trained
        write_goldens(folder, data, options.out / "golden")
        print(f"wrote {options.out / 'golden'}")


def _train_and_evaluate(options: argparse.Namespace, read: "Callable[[str], Dataset]") -> "tuple[Path, Dataset] | None":
    """Trains, exports and evaluates; of several processes only the first evaluates and gets the pack's folder."""
    from becausal_training.distributed import join_ranks, leave_ranks
    from becausal_training.files import read_json
    from becausal_training.run import current_commit, evaluate_pack, pick_device, publish_results, train_run

    settings = _settings(options)
    ranks, device = join_ranks(pick_device(options.device))
    try:
        # One process at a time: the first may have to write what the others read.
        data = read(options.dataset) if ranks.is_first else None
        ranks.wait()
        data = data or read(options.dataset)

        def log(line: str) -> None:
            if ranks.is_first:
                print(line, flush=True)

        folder = train_run(data, settings, options.out, device, options.commit or current_commit(), log, ranks)
    finally:
        leave_ranks()
    if not ranks.is_first:
        return None
    results = evaluate_pack(folder, data, device, options.windows, (50, 100))
    publish_results(folder, results, options.out / "results.json")
    _print_results(results)
    print(f"wall seconds of training: {read_json(folder / 'manifest.json')['training']['wallSeconds']}")
    return folder, data


def _settings(options: argparse.Namespace) -> "RunSettings":
    """Returns the settings of a run: the defaults, changed by `--set` and by the options of their own."""
    from becausal_training.plan import override
    from becausal_training.run import RunSettings

    changes: dict[str, Any] = {}
    named = {"layers": options.layers, "adapter.steps": options.steps, "adapter.batch": options.batch}
    named |= {"adapter.seed": options.seed, "sasrec.steps": options.sasrec_steps, "dataset": options.dataset}
    pairs = [(name, value) for name, value in named.items() if value is not None]
    for text in options.set:
        name, _, value = text.partition("=")
        try:
            pairs.append((name, json.loads(value)))
        except json.JSONDecodeError:
            pairs.append((name, value))
    for name, value in pairs:
        *path, field = name.split(".")
        place = changes
        for part in path:
            place = place.setdefault(part, {})
        place[field] = value
    return override(RunSettings(), changes, Path("--set"))


def _evaluate(options: argparse.Namespace) -> None:
    from becausal_training.run import evaluate_pack, pick_device, publish_results

    folder = options.pack or PACKS / options.dataset
    results = evaluate_pack(
        folder, prepare_dataset(options.dataset), pick_device(options.device), options.windows, (50, 100), options.scores
    )
    _print_results(results)
    if options.publish:
        publish_results(folder, results, RESULTS / f"{options.dataset}.json")


def _probe(options: argparse.Namespace) -> None:
    from becausal_training.evaluation import format_table
    from becausal_training.files import write_json
    from becausal_training.pack import load_pack
    from becausal_training.probes import probe_report, save_probes, score_probes
    from becausal_training.run import pick_device

    data = prepare_dataset(options.dataset)
    model = load_pack(options.pack or PACKS / options.dataset, films=data.films).to(pick_device(options.device))
    scores = score_probes(model, data, options.part, options.windows)
    report = probe_report(scores)
    print(format_table(report["metrics"] + report["differences"] + report["clusters"]))
    print(json.dumps(report["gate"], indent=2))
    if options.out is not None:
        write_json(options.out / "probes.json", report)
        save_probes(options.out / "probes.npz", scores, data, options.part)


def _compare(options: argparse.Namespace) -> None:
    from becausal_training.probes import compare_stored

    print(json.dumps(compare_stored(options.first, options.second, options.probes), indent=2))


def _print_results(results: dict[str, Any]) -> None:
    from becausal_training.evaluation import format_table

    print(f"pack {results['pack']}, beta {results['beta']}, on {results['device']}")
    print(format_table(results["metrics"] + results["differences"] + results["ratios"]))


def _results(_: argparse.Namespace) -> None:
    from becausal_training.evidence_summary import SUMMARY, write_summary
    from becausal_training.results_page import PAGE, write_page

    write_page()
    write_summary()
    print(f"wrote {PAGE} and {SUMMARY}")


def _goldens(_: argparse.Namespace) -> None:
    from becausal_training.goldens import write_goldens

    write_goldens(PACKS / "movies", prepare_dataset("movies"), GOLDEN)
    print(f"wrote {GOLDEN}")


def _worlds(options: argparse.Namespace) -> None:
    from dataclasses import replace

    from becausal_training.base import keep_first_layers, read_base
    from becausal_training.files import write_json
    from becausal_training.run import current_commit, describe_device, pick_device
    from becausal_training.worlds import WorldSettings, format_worlds, run_worlds

    settings, device = WorldSettings(seed=options.seed), pick_device(options.device)
    about = {"commit": options.commit or current_commit(), "device": describe_device(device)}
    if options.steps:
        settings = replace(settings, adapter=replace(settings.adapter, steps=options.steps))
    record = run_worlds(keep_first_layers(read_base(), options.layers), settings, device, lambda line: print(line, flush=True))
    write_json(options.out, about | record)
    print(format_worlds(record["rows"]))
    print(f"wall seconds: {record['wallSeconds']}")


def _causes(options: argparse.Namespace) -> None:
    from dataclasses import replace
    from functools import partial

    from becausal_training.base import read_base_layers
    from becausal_training.causes import CauseSettings, format_causes, run_causes
    from becausal_training.files import write_json
    from becausal_training.run import current_commit, describe_device, pick_device

    settings, device = CauseSettings(seed=options.seed), pick_device(options.device)
    about = {"commit": options.commit or current_commit(), "device": describe_device(device)}
    if options.steps:
        settings = replace(settings, adapter=replace(settings.adapter, steps=options.steps))
    base = read_base_layers(options.layers)
    record = run_causes(base, settings, device, about, options.export, partial(print, flush=True), options.side_by_side)
    write_json(options.out, record)
    print(format_causes(record["rows"]))
    print(f"wall seconds: {record['wallSeconds']}")


def _tiny(options: argparse.Namespace) -> None:
    from becausal_training.tiny_models import write_tiny_models

    write_tiny_models(options.out)
    print(f"wrote {options.out}")


def _score_cases(options: argparse.Namespace) -> None:
    from becausal_training.case_scores import read_cases, score_cases
    from becausal_training.pack import load_pack
    from becausal_training.run import pick_device

    data = load_dataset(options.dataset)
    model = load_pack(options.pack or PACKS / options.dataset, films=data.films).to(pick_device(options.device))
    cases = read_cases(options.cases)
    with options.out.open("w", encoding="utf-8") as out:
        for case in score_cases(model.eval(), cases):
            out.write(f"{json.dumps(case)}\n")
    print(f"wrote {options.out}: {len(cases)} cases")


def _recbole_fixture(options: argparse.Namespace) -> None:
    from becausal_training.recbole_fixture import write_fixture

    write_fixture(options.out)
    print(f"wrote {options.out}")


def build_parser() -> argparse.ArgumentParser:
    """Returns the parser of all steps."""
    parser = argparse.ArgumentParser(prog="python -m becausal_training", description=__doc__)
    steps = parser.add_subparsers(dest="step", required=True)

    base = steps.add_parser("base", help="the embedded base and the published file").add_subparsers(required=True)
    _step(base, "derive", _base_derive, "write the 12-layer file in parts")
    _step(base, "full", _base_full, "put the published 30-layer file into .models/")
    _step(base, "measure", _base_measure, "measure what the 4-bit token embedding costs")
    data = _step(steps, "data", _data, "prepare the ratings and the catalogue of each data set")
    data.add_argument("--dataset", nargs="+", choices=NAMES, default=NAMES)

    cases = _step(steps, "cases", _cases, "write held-out predictions for `npx becausal audit --cases FILE`")
    cases.add_argument("--dataset", choices=NAMES, default="movies")
    cases.add_argument("--count", type=int, default=300)
    cases.add_argument("--seed", type=int, default=0)
    cases.add_argument("--out", type=Path, required=True)

    study = _step(steps, "study", _study, "train and measure every arm of a plan, side by side")
    study.add_argument("plan", type=Path, help="a file of training/plans")
    study.add_argument("--out", type=Path, required=True, help="receives the record and an archive of every exported pack")
    study.add_argument("--work", type=Path, default=WORK / "study", help="SASRecs, packs and checkpoints")
    study.add_argument("--slots", nargs="+", default=["cpu"], help="one worker for each entry, e.g. cuda:0 cuda:0")
    study.add_argument("--windows", type=int, default=None, help="windows to measure (default all)")
    study.add_argument("--commit", help="recorded (default: what is checked out)")

    for name, action, help_text in (
        ("train", _train, "train, export and evaluate a pack into a folder; goes on where it was killed"),
        ("all", _all, "prepare the data, then the same, then golden values"),
    ):
        train = _step(steps, name, action, help_text)
        train.add_argument("--out", type=Path, required=True)
        train.add_argument("--dataset", choices=NAMES, default="movies")
        train.add_argument("--layers", type=int, help="layers of the base: up to 12 embedded, up to 30 of the published file")
        train.add_argument("--device")
        train.add_argument("--sasrec-steps", type=int)
        train.add_argument("--steps", type=int)
        train.add_argument("--batch", type=int)
        train.add_argument("--seed", type=int)
        train.add_argument(
            "--set", action="append", default=[], metavar="NAME=VALUE", help="any setting, e.g. adapter.title_loss=0.1"
        )
        train.add_argument("--windows", type=int, default=None, help="windows to evaluate (default all)")
        train.add_argument("--commit", help="recorded in the manifest (default: what is checked out)")

    evaluate = _step(steps, "evaluate", _evaluate, "evaluate a pack and print its table")
    evaluate.add_argument("--dataset", choices=NAMES, default="movies")
    evaluate.add_argument("--pack", type=Path, help="the pack's folder (default: the committed pack of the data set)")
    evaluate.add_argument("--device")
    evaluate.add_argument("--windows", type=int, default=None, help="windows to evaluate (default all)")
    evaluate.add_argument("--scores", type=Path, help="store all scores in this folder, to compare models pair by pair")
    evaluate.add_argument("--publish", action="store_true", help="write the results file and the manifest")
    probe = _step(steps, "probe", _probe, "put each channel and the gate of a pack out of action and measure what is lost")
    probe.add_argument("--dataset", choices=NAMES, default="movies")
    probe.add_argument("--pack", type=Path, help="the pack's folder (default: the committed pack of the data set)")
    probe.add_argument("--part", choices=("test", "validation"), default="test")
    probe.add_argument("--device")
    probe.add_argument("--windows", type=int, default=None, help="windows to score (default all)")
    probe.add_argument("--out", type=Path, help="receives probes.json and probes.npz")
    compare = _step(steps, "compare", _compare, "HR@1 of one model minus another's, overall and by cluster of SASRec states")
    compare.add_argument("first", type=Path, help="windows.npz of `evaluate --scores`")
    compare.add_argument("second", type=Path, help="the same of the other model")
    compare.add_argument("--probes", type=Path, required=True, help="probes.npz of `probe --out`")
    _step(steps, "results", _results, "write docs/results.md and the evidence page's summary from the records in results/")
    _step(steps, "goldens", _goldens, "compute the engine's golden values from the committed pack")
    worlds = _step(steps, "worlds", _worlds, "train on planted worlds and print what was found against its bars")
    worlds.add_argument("--out", type=Path, default=RESULTS / "worlds.json", help="receives the record")
    worlds.add_argument("--device")
    worlds.add_argument("--layers", type=int, default=2, help="how many layers of the embedded base (default 2)")
    worlds.add_argument("--steps", type=int, help="in the group world; the others take half")
    worlds.add_argument("--seed", type=int, default=0)
    worlds.add_argument("--commit", help="recorded (default: what is checked out)")
    causes = _step(steps, "causes", _causes, "train on planted causes and print whether attribution finds them")
    causes.add_argument("--out", type=Path, default=RESULTS / "causes.json", help="receives the record")
    causes.add_argument("--export", type=Path, help="receives each world's pack and the test users it was measured on")
    causes.add_argument("--device")
    causes.add_argument("--layers", type=int, default=2, help="how many layers of the embedded base (default 2)")
    causes.add_argument("--steps", type=int, help="on the whole histories of each world")
    causes.add_argument("--side-by-side", action="store_true", help="a process for each world")
    causes.add_argument("--seed", type=int, default=0)
    causes.add_argument("--commit", help="recorded (default: what is checked out)")
    add_taste_steps(partial(_step, steps))
    tiny = _step(steps, "tiny", _tiny, "write tiny GGUF models of every weight type and what they predict (needs gguf)")
    tiny.add_argument("--out", type=Path, default=TINY_MODELS)
    scored = _step(steps, "score-cases", _score_cases, "score a file of cases, to hold `becausal evaluate` against it")
    scored.add_argument("--cases", type=Path, required=True, help="as `becausal evaluate --export-cases` writes them")
    scored.add_argument("--out", type=Path, required=True, help="receives a scored case a line")
    scored.add_argument("--dataset", choices=NAMES, default="movies")
    scored.add_argument("--pack", type=Path, help="the pack's folder (default: the committed pack of the data set)")
    scored.add_argument("--device")
    recbole = _step(steps, "recbole-fixture", _recbole_fixture, "compute RecBole's metrics of random rankings")
    recbole.add_argument("--out", type=Path, default=RECBOLE_METRICS)
    return parser


def _step(
    group: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    action: Callable[[argparse.Namespace], None],
    help_text: str,
) -> argparse.ArgumentParser:
    parser = group.add_parser(name, help=help_text)
    parser.set_defaults(action=action)
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Runs one step; expected failures print one line and return 1."""
    options = build_parser().parse_args(arguments)
    try:
        options.action(options)
    except TrainingError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0
