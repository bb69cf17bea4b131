"""GGUF version 3, read and written: header, metadata, tensor table, aligned tensor data.

Only what a little-endian file needs. Offsets and lengths are checked against the file before they are used.
"""

import struct
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from becausal_training.errors import TrainingError

MAGIC = b"GGUF"
VERSION = 3
DEFAULT_ALIGNMENT = 32

_SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_STRING = 8
_ARRAY = 9

# Tensor type -> (name, weights a block, bytes a block).
TENSOR_TYPES = {0: ("F32", 1, 4), 1: ("F16", 1, 2), 2: ("Q4_0", 32, 18), 3: ("Q4_1", 32, 20), 8: ("Q8_0", 32, 34)}
TYPE_IDS = {name: number for number, (name, _, _) in TENSOR_TYPES.items()}


@dataclass(frozen=True)
class Value:
    """One metadata value with the GGUF type it is stored as (`item_type` for the items of an array)."""

    value_type: int
    value: Any
    item_type: int | None = None


@dataclass(frozen=True)
class Tensor:
    """One tensor: `shape` is row-major (`[out, in]`), the reverse of the order on disk; `data` are its bytes."""

    name: str
    shape: tuple[int, ...]
    type_name: str
    data: memoryview | bytes

    @property
    def weights(self) -> int:
        """How many weights the tensor holds."""
        return int(np.prod(self.shape))


@dataclass(frozen=True)
class Gguf:
    """A whole file: metadata in file order and tensors in file order."""

    metadata: dict[str, Value]
    tensors: dict[str, Tensor]

    def number(self, key: str) -> int | float:
        """Returns a numeric metadata value."""
        found = self.metadata.get(key)
        if found is None or not isinstance(found.value, int | float):
            raise TrainingError(f"the GGUF file has no number {key}")
        return found.value

    def strings(self, key: str) -> list[str]:
        """Returns an array of strings."""
        found = self.metadata.get(key)
        if found is None or found.item_type != _STRING:
            raise TrainingError(f"the GGUF file has no list of strings {key}")
        return [item.decode("utf-8") for item in found.value]

    def integers(self, key: str) -> list[int]:
        """Returns an array of integers."""
        found = self.metadata.get(key)
        if found is None or found.value_type != _ARRAY or found.item_type == _STRING:
            raise TrainingError(f"the GGUF file has no list of integers {key}")
        return list(found.value)

    def with_number(self, key: str, number: int) -> "Gguf":
        """Returns the same file with one numeric metadata value replaced."""
        old = self.metadata[key]
        return replace(self, metadata={**self.metadata, key: replace(old, value=number)})


class _Cursor:
    """Reads little-endian values and refuses to run past the end."""

    def __init__(self, data: memoryview) -> None:
        self.data = data
        self.offset = 0

    def take(self, length: int) -> memoryview:
        if length < 0 or self.offset + length > len(self.data):
            raise TrainingError(f"the GGUF file ends inside a value at byte {self.offset} (it has {len(self.data)} bytes)")
        part = self.data[self.offset : self.offset + length]
        self.offset += length
        return part

    def scalar(self, code: str) -> Any:
        return struct.unpack("<" + code, self.take(struct.calcsize("<" + code)))[0]

    def string(self) -> bytes:
        return bytes(self.take(self.scalar("Q")))

    def value(self) -> Value:
        value_type = self.scalar("I")
        if value_type == _STRING:
            return Value(value_type, self.string())
        if value_type != _ARRAY:
            return Value(value_type, self.scalar(_code(value_type)))
        item_type, count = self.scalar("I"), self.scalar("Q")
        if item_type == _STRING:
            return Value(value_type, [self.string() for _ in range(count)], item_type)
        code = _code(item_type)
        raw = self.take(count * struct.calcsize("<" + code))
        return Value(value_type, list(struct.unpack(f"<{count}{code}", raw)), item_type)


def _code(value_type: int) -> str:
    if value_type not in _SCALARS:
        raise TrainingError(f"the GGUF file uses metadata type {value_type}, which GGUF version 3 does not define here")
    return _SCALARS[value_type]


def tensor_bytes(type_name: str, weights: int) -> int:
    """Returns how many bytes `weights` weights of a type take."""
    _, block, size = TENSOR_TYPES[TYPE_IDS[type_name]]
    if weights % block:
        raise TrainingError(f"{weights} weights are not a whole number of {type_name} blocks of {block}")
    return weights // block * size


def read_gguf(source: bytes | memoryview) -> Gguf:
    """Reads a whole file held in memory; tensor data are views into it."""
    cursor = _Cursor(memoryview(source))
    if bytes(cursor.take(4)) != MAGIC or cursor.scalar("I") != VERSION:
        raise TrainingError("this is not a GGUF file of version 3")
    tensor_count, value_count = cursor.scalar("Q"), cursor.scalar("Q")
    metadata: dict[str, Value] = {}
    for _ in range(value_count):
        key = cursor.string().decode("utf-8")
        metadata[key] = cursor.value()
    table: list[tuple[str, tuple[int, ...], str, int]] = []
    for _ in range(tensor_count):
        name = cursor.string().decode("utf-8")
        shape = tuple(reversed([cursor.scalar("Q") for _ in range(cursor.scalar("I"))]))
        type_id, offset = cursor.scalar("I"), cursor.scalar("Q")
        if type_id not in TENSOR_TYPES:
            raise TrainingError(f"tensor {name} has type {type_id}; supported are {', '.join(TYPE_IDS)}")
        table.append((name, shape, TENSOR_TYPES[type_id][0], offset))
    alignment = metadata["general.alignment"].value if "general.alignment" in metadata else DEFAULT_ALIGNMENT
    start = _align(cursor.offset, alignment)
    tensors: dict[str, Tensor] = {}
    for name, shape, type_name, offset in table:
        length = tensor_bytes(type_name, int(np.prod(shape)))
        if offset % alignment or start + offset + length > len(cursor.data):
            raise TrainingError(f"tensor {name} lies outside the file or off its {alignment}-byte alignment")
        tensors[name] = Tensor(name, shape, type_name, cursor.data[start + offset : start + offset + length])
    return Gguf(metadata, tensors)


def write_gguf(file: Gguf) -> bytes:
    """Returns the bytes of a file: metadata and tensors in the given order, data padded to the alignment."""
    found = file.metadata.get("general.alignment")
    alignment = found.value if found is not None else DEFAULT_ALIGNMENT
    head = bytearray(MAGIC + struct.pack("<IQQ", VERSION, len(file.tensors), len(file.metadata)))
    for key, value in file.metadata.items():
        head += _string(key.encode("utf-8")) + _value(value)
    body = bytearray()
    for tensor in file.tensors.values():
        expected = tensor_bytes(tensor.type_name, tensor.weights)
        if len(tensor.data) != expected:
            raise TrainingError(f"tensor {tensor.name} holds {len(tensor.data)} bytes instead of {expected}")
        dims = tuple(reversed(tensor.shape))
        head += _string(tensor.name.encode("utf-8")) + struct.pack(f"<I{len(dims)}Q", len(dims), *dims)
        head += struct.pack("<IQ", TYPE_IDS[tensor.type_name], len(body))
        body += tensor.data
        body += bytes(_align(len(body), alignment) - len(body))
    head += bytes(_align(len(head), alignment) - len(head))
    return bytes(head + body)


def _align(offset: int, alignment: int) -> int:
    return (offset + alignment - 1) // alignment * alignment


def _string(text: bytes) -> bytes:
    return struct.pack("<Q", len(text)) + text


def _value(value: Value) -> bytes:
    head = struct.pack("<I", value.value_type)
    if value.value_type == _STRING:
        return head + _string(value.value)
    if value.value_type != _ARRAY:
        return head + struct.pack("<" + _code(value.value_type), value.value)
    assert value.item_type is not None
    head += struct.pack("<IQ", value.item_type, len(value.value))
    if value.item_type == _STRING:
        return head + b"".join(_string(item) for item in value.value)
    return head + struct.pack(f"<{len(value.value)}{_code(value.item_type)}", *value.value)


def as_bytes(tensor: Tensor) -> npt.NDArray[np.uint8]:
    """Returns a tensor's bytes as an array that shares their memory."""
    return np.frombuffer(tensor.data, dtype=np.uint8)
