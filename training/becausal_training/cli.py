"""The steps of the command line. Each imports what it needs, so that `base` runs without torch."""

import argparse
import sys
from collections.abc import Callable

from becausal_training.errors import TrainingError


def _base_derive(_: argparse.Namespace) -> None:
    from becausal_training.base import derive_base
    from becausal_training.paths import BASE_12

    derive_base()
    print(f"derived {BASE_12}")


def _base_full(_: argparse.Namespace) -> None:
    from becausal_training.base import write_full_model

    print(f"verified {write_full_model()}")


def build_parser() -> argparse.ArgumentParser:
    """Returns the parser of all steps."""
    parser = argparse.ArgumentParser(prog="python -m becausal_training", description=__doc__)
    steps = parser.add_subparsers(dest="step", required=True)

    base = steps.add_parser("base", help="the embedded base and the published file").add_subparsers(required=True)
    _step(base, "derive", _base_derive, "write the 12-layer file in parts")
    _step(base, "full", _base_full, "put the published 30-layer file into .models/")
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
