"""Plans: JSON files in `training/plans` that name the runs to compare, as changes to the default settings."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from pathlib import Path
from typing import Any, Literal, TypeVar

from becausal_training.errors import TrainingError
from becausal_training.files import read_json
from becausal_training.run import RunSettings
from becausal_training.sasrec_training import SasrecSettings

Settings = TypeVar("Settings")
MeasuredOn = Literal["validation", "test"]
_KEYS = {"about", "measure", "base", "seeds", "sasrec", "arms"}


@dataclass(frozen=True)
class Arm:
    """One setting that is run once a seed."""

    name: str
    settings: RunSettings
    probed: bool
    """Also measured with its channels and its gate tampered with."""
    exported: bool
    """Also written as a pack."""


@dataclass(frozen=True)
class Plan:
    """What a study runs: SASRecs, the best of which (on validation windows) all arms use, then every arm with every seed."""

    name: str
    dataset: str
    measured_on: MeasuredOn
    """Windows whose results are recorded: those of the validation users, or of the test users as well."""
    seeds: tuple[int, ...]
    sasrec: Mapping[str, SasrecSettings]
    arms: tuple[Arm, ...]

    def runs(self) -> Iterator[tuple[Arm, RunSettings]]:
        """Yields every arm with the settings of every seed, seed by seed."""
        for seed in self.seeds:
            for arm in self.arms:
                yield arm, replace(arm.settings, adapter=replace(arm.settings.adapter, seed=seed))


def read_plan(path: Path) -> Plan:
    """Reads a plan; a key that no setting has is refused by name."""
    content = read_json(path)
    if unknown := set(content) - _KEYS:
        raise TrainingError(f"{path} has unknown keys: {sorted(unknown)}")
    base = override(RunSettings(), content.get("base", {}), path)
    if content["measure"] not in ("validation", "test"):
        raise TrainingError(f"{path}: measure is validation or test, not {content['measure']!r}")
    arms = tuple(
        Arm(
            name,
            override(base, {key: value for key, value in changes.items() if key not in ("probed", "exported")}, path),
            bool(changes.get("probed", False)),
            bool(changes.get("exported", False)),
        )
        for name, changes in content["arms"].items()
    )
    if unlike := [arm.name for arm in arms if arm.settings.dataset != base.dataset]:
        raise TrainingError(f"{path}: all arms share one data set, unlike {unlike}")
    return Plan(
        name=path.stem,
        dataset=base.dataset,
        measured_on=content["measure"],
        seeds=tuple(content.get("seeds", [0])),
        sasrec={name: override(base.sasrec, changes, path) for name, changes in content["sasrec"].items()},
        arms=arms,
    )


def override(settings: Settings, changes: Mapping[str, Any], source: Path) -> Settings:
    """Returns a settings dataclass with `changes` made, nested ones field by field."""
    known = {field.name: getattr(settings, field.name) for field in fields(settings)}  # type: ignore[arg-type]
    if unknown := set(changes) - set(known):
        raise TrainingError(f"{source}: {type(settings).__name__} has no {sorted(unknown)}")
    made = {
        name: override(known[name], value, source) if is_dataclass(known[name]) else _checked(name, known[name], value, source)
        for name, value in changes.items()
    }
    return replace(settings, **made)  # type: ignore[type-var]


def _checked(name: str, default: Any, value: Any, source: Path) -> Any:
    is_whole_for_float = isinstance(default, float) and isinstance(value, int) and not isinstance(value, bool)
    if default is not None and type(value) is not type(default) and not is_whole_for_float:
        raise TrainingError(f"{source}: {name} is {type(default).__name__}, not {value!r}")
    return value
