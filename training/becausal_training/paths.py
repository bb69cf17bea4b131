"""Where things lie in the repository."""

from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
TRAINING = REPOSITORY / "training"
CACHE = TRAINING / ".cache"
"""Downloaded packages; ignored by git."""
WORK = TRAINING / ".work"
"""Prepared data and checkpoints; ignored by git."""
RESULTS = TRAINING / "results"

BASE_12 = REPOSITORY / "public" / "models" / "smollm2-135m-instruct-12l"
FULL_MODEL = REPOSITORY / ".models" / "SmolLM2-135M-Instruct.Q4_1.gguf"
PACKS = REPOSITORY / "public" / "packs"
GOLDEN = REPOSITORY / "src" / "engine" / "golden"
TINY_MODELS = REPOSITORY / "src" / "model" / "fixtures" / "gguf"
RECBOLE_METRICS = REPOSITORY / "src" / "evaluate" / "fixtures" / "recbole-metrics.json"
