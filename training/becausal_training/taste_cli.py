"""The steps of the command line that are about tastes."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from becausal_training.datasets import NAMES, load_dataset
from becausal_training.paths import PACKS, RESULTS

if TYPE_CHECKING:
    from becausal_training.sasrec import Sasrec

RECORD = RESULTS / "taste.json"
AddStep = Callable[..., argparse.ArgumentParser]


def _space(options: argparse.Namespace) -> None:
    from becausal_training.preference_file import FILE, stored_prior, write_preference_file
    from becausal_training.taste_evidence import TasteSpace, fit_taste_prior
    from becausal_training.taste_goldens import PROMPT_FIXTURE, TASTE_GOLDENS, write_prompt_fixture, write_taste_goldens

    data = load_dataset("movies")
    space, prior = TasteSpace.of(data, data.bounds("train")), stored_prior(fit_taste_prior(data))
    size = write_preference_file(options.pack, space, prior, len(data.bounds("train")))
    print(f"wrote {options.pack / FILE}, {size:,} bytes")
    write_taste_goldens(space, prior)
    write_prompt_fixture(data.films)
    print(f"wrote {TASTE_GOLDENS} and {PROMPT_FIXTURE}")


def _world(options: argparse.Namespace) -> None:
    from becausal_training.taste_world import format_world, run_world

    rows = run_world(options.users, options.seed)
    print(format_world(rows))
    _record({"world": {"users": options.users, "seed": options.seed, "rows": rows}}, options.out)


def _curve(options: argparse.Namespace) -> None:
    from becausal_training.pack import load_pack
    from becausal_training.run import pick_device
    from becausal_training.taste_evaluation import few_shot_curve, format_curve
    from becausal_training.taste_evidence import fit_taste_prior

    for name in options.dataset:
        data = load_dataset(name)
        model = load_pack(PACKS / name, films=data.films).to(pick_device(options.device)) if options.hybrid else None
        record = few_shot_curve(data, fit_taste_prior(data), _sasrec_of(PACKS / name), model)
        print(format_curve(record), flush=True)
        _record({name: record}, options.out)


def _control(options: argparse.Namespace) -> None:
    from becausal_training.files import write_json
    from becausal_training.run import pick_device
    from becausal_training.taste_control import control_report, format_control

    report = control_report(options.pack, load_dataset("movies"), pick_device(options.device), options.slates, options.windows)
    print(format_control(report))
    if options.out is not None:
        write_json(options.out, report)


def _sasrec_of(folder: Path) -> "Sasrec":
    from safetensors.torch import load_file

    from becausal_training.files import read_json
    from becausal_training.pack import load_sasrec
    from becausal_training.sasrec import SasrecShape

    s = read_json(folder / "manifest.json")["sasrec"]
    shape = SasrecShape(s["items"], s["dim"], s["maxLength"], s["layers"], s["heads"], s["ffn"])
    return load_sasrec(load_file(folder / s["file"]), shape)


def _record(part: dict, path: Path) -> None:
    """Puts a part into the record, which holds what every step measured last."""
    from becausal_training.files import read_json, write_json

    write_json(path, (read_json(path) if path.exists() else {}) | part)


def add_taste_steps(add: AddStep) -> None:
    """Adds the steps; `add(name, action, help)` makes the parser of one."""
    space = add("taste-space", _space, "write the preference space beside the pack movies, and what src/persona must compute")
    space.add_argument("--pack", type=Path, default=PACKS / "movies")
    world = add("taste-world", _world, "infer tastes that are known and print how near it comes to the best possible inference")
    world.add_argument("--users", type=int, default=1_500)
    world.add_argument("--seed", type=int, default=0)
    curve = add("taste-curve", _curve, "what a few ratings tell about test users: pairwise accuracy and HR@1")
    curve.add_argument("--dataset", nargs="+", choices=NAMES, default=NAMES)
    curve.add_argument("--hybrid", action="store_true", help="HR@1 beside the language model too, which wants a GPU")
    curve.add_argument("--device")
    for step in (world, curve):
        step.add_argument("--out", type=Path, default=RECORD, help="the record that the results go into")
    control = add("taste-control", _control, "whether a pack's persona steers: flips, conflicts, few-shot curves (wants a GPU)")
    control.add_argument("--pack", type=Path, required=True)
    control.add_argument("--device")
    control.add_argument("--slates", type=int, default=200, help="fixed slates for each genre, and for conflicts")
    control.add_argument("--windows", type=int, help="windows of the few-shot curves (default all)")
    control.add_argument("--out", type=Path, help="receives the report")
