"""Checkpoint files that are whole or not there at all, whenever a run is killed."""

from pathlib import Path
from typing import Any

import torch


def save_whole(path: Path, content: dict[str, Any]) -> None:
    """Writes `content` beside `path` and then puts it in its place, making the folder if needed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}.partial")
    torch.save(content, temporary)
    temporary.replace(path)
