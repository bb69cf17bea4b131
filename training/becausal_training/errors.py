"""The one error that a command reports without a traceback."""


class TrainingError(Exception):
    """An expected failure: the message says what happened, to what, and what to do."""
