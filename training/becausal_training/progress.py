"""One line that shows how far a long step is, rewritten in place on a terminal."""

import sys
import time
from typing import TextIO

_WIDTH = 24
_SECONDS_BETWEEN = 0.5


class Progress:
    """A bar on a terminal, nothing elsewhere: the plain lines of a log say enough there."""

    def __init__(self, label: str, total: int, done: int = 0, stream: TextIO | None = None) -> None:
        """Begins at `done` of `total`."""
        self._label, self._total, self._first = label, total, done
        self._stream = stream or sys.stderr
        self._shows = self._stream.isatty()
        self._started = self._drawn = time.monotonic()

    def show(self, done: int, note: str = "") -> None:
        """Redraws the bar, at most twice a second and at the end."""
        now = time.monotonic()
        if not self._shows or (done < self._total and now - self._drawn < _SECONDS_BETWEEN):
            return
        self._drawn = now
        filled = _WIDTH * done // self._total
        left = (now - self._started) / max(1, done - self._first) * (self._total - done)
        bar = "█" * filled + "░" * (_WIDTH - filled)
        self._stream.write(f"\r\x1b[K{self._label} {bar} {done}/{self._total}, {_clock(left)} left{note and ', ' + note}")
        self._stream.flush()

    def clear(self) -> None:
        """Wipes the bar, so that a line can be printed in its place."""
        if self._shows:
            self._stream.write("\r\x1b[K")
            self._stream.flush()


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02d}"
