"""Small helpers for files whose content is checked: sha256 and stable JSON."""

import hashlib
import json
from pathlib import Path
from typing import Any


def sha256(data: bytes | bytearray | memoryview) -> str:
    """Returns the lower-case hexadecimal sha256."""
    return hashlib.sha256(data).hexdigest()


def write_json(path: Path, content: Any) -> None:
    """Writes indented JSON with a final newline, making the folder if needed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def write_compact_json(path: Path, content: Any) -> bytes:
    """Writes JSON without spaces and with a final newline; returns the bytes written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    data = (json.dumps(content, ensure_ascii=False, separators=(",", ":")) + "\n").encode("utf-8")
    path.write_bytes(data)
    return data


def read_json(path: Path) -> Any:
    """Reads a JSON file."""
    return json.loads(path.read_text(encoding="utf-8"))
