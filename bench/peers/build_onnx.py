"""Writes a published SmolLM2 GGUF file as the ONNX graphs that onnxruntime-web is measured with.

Needs numpy, onnx and onnxruntime: `python -m pip install numpy onnx onnxruntime`, then

    node scripts/python.mjs bench/peers/build_onnx.py .models/SmolLM2-135M-Instruct.Q4_1.gguf .models/onnx

Graphs of the same weights, inputs and outputs as the public exports of such models have them (`input_ids`, `attention_mask`,
`past_key_values.*` in, `logits`, `present.*` out), and built to be fast:

- `int8*.onnx`: ONNX Runtime's own dynamic quantisation of the f32 graph (what transformers.js loads as `q8`). Signed weights: they are
  as fast in the browser as unsigned ones and keep the answers, which unsigned ones do not.
- `q4*.onnx`: `MatMulNBits`, 4 bits in blocks of 32, from the file's own blocks: w = d q + m = d (q - zero), zero = -m / d in f32.
  Rounded zero points and another accuracy level are no faster in the browser, and rounding changes the answers.
- `*-gqa.onnx`: attention as `GroupQueryAttention`, as newer exports have it. The others have it in plain operators: in the browser
  that is up to twice as fast, and a whole batch may be continued from a past.

Norms are the fused operators. Logits are computed at one position of each row alone, which the input `last` names: neither a prefill
nor a continuation needs more, and a row may be padded on its right.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic

from becausal_training.gguf import Gguf, Tensor, as_bytes, read_gguf

Floats = npt.NDArray[np.float32]
BLOCK = 32


def blocks_of(tensor: Tensor) -> tuple[npt.NDArray[np.uint8], Floats, Floats]:
    """Returns quants [rows, blocks, 32], scale and minimum [rows, blocks] of a Q4_1 or Q8_0 tensor (Q8_0: q + 128, -128 d)."""
    rows, cols = tensor.shape
    if tensor.type_name == "Q4_1":
        raw = as_bytes(tensor).reshape(rows, cols // BLOCK, 20)
        scale, minimum = (raw[..., at : at + 2].copy().view("<f2")[..., 0].astype(np.float32) for at in (0, 2))
        quants = np.concatenate([raw[..., 4:] & 15, raw[..., 4:] >> 4], axis=-1)
        return quants, scale, minimum
    if tensor.type_name == "Q8_0":
        raw = as_bytes(tensor).reshape(rows, cols // BLOCK, 34)
        scale = raw[..., :2].copy().view("<f2")[..., 0].astype(np.float32)
        quants = (raw[..., 2:].copy().view(np.int8).astype(np.int16) + 128).astype(np.uint8)
        return quants, scale, -128 * scale
    raise SystemExit(f"{tensor.name} is {tensor.type_name}; this script knows Q4_1 and Q8_0")


def floats_of(tensor: Tensor) -> Floats:
    """Returns a tensor's weights as f32."""
    if tensor.type_name == "F32":
        return as_bytes(tensor).view("<f4").reshape(tensor.shape).astype(np.float32)
    quants, scale, minimum = blocks_of(tensor)
    return (quants * scale[..., None] + minimum[..., None]).reshape(tensor.shape)


def halves(rows: int, head_dim: int) -> npt.NDArray[np.int64]:
    """Returns the row order that turns interleaved rotary pairs (as GGUF stores q and k) into halves (as the exports have them)."""
    within = np.concatenate([np.arange(0, head_dim, 2), np.arange(1, head_dim, 2)])
    return (np.arange(0, rows, head_dim)[:, None] + within[None]).reshape(-1)


class Graph:
    """One ONNX graph under construction."""

    def __init__(self, source: Gguf, *, four_bits: bool, plain_attention: bool) -> None:
        self.source, self.four_bits, self.plain_attention = source, four_bits, plain_attention
        number = lambda key: source.number(f"llama.{key}")  # noqa: E731
        self.layers, self.width = int(number("block_count")), int(number("embedding_length"))
        self.heads, self.kv_heads = int(number("attention.head_count")), int(number("attention.head_count_kv"))
        self.head_dim = self.width // self.heads
        self.epsilon, self.base = float(number("attention.layer_norm_rms_epsilon")), float(number("rope.freq_base"))
        self.positions = 2048
        self.nodes: list[onnx.NodeProto] = []
        self.initialisers: list[onnx.TensorProto] = []
        self.inputs: list[onnx.ValueInfoProto] = []
        self.outputs: list[onnx.ValueInfoProto] = []

    def constant(self, name: str, values: npt.NDArray[np.generic]) -> str:
        """Adds an initialiser once and returns its name."""
        if all(known.name != name for known in self.initialisers):
            self.initialisers.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def op(
        self, kind: str, inputs: list[str], outputs: int | list[str] = 1, domain: str = "", **attributes: object
    ) -> str | list[str]:
        """Adds a node; returns the name of its output, or their names."""
        stem = f"{kind}_{len(self.nodes)}"
        names = outputs if isinstance(outputs, list) else [f"{stem}_{i}" for i in range(outputs)]
        self.nodes.append(helper.make_node(kind, inputs, names, stem, domain=domain, **attributes))
        return names[0] if len(names) == 1 else names

    def linear(self, x: str, name: str, tensors: list[Tensor], orders: list[npt.NDArray[np.int64] | None] | None = None) -> str:
        """Adds y = x W^T for tensors stacked along their outputs, rows reordered where an order is given."""
        orders = orders or [None] * len(tensors)
        pick = lambda values, order: values if order is None else values[order]  # noqa: E731
        if not self.four_bits:
            stacked = np.concatenate([pick(floats_of(t), order) for t, order in zip(tensors, orders, strict=True)])
            return self.op("MatMul", [x, self.constant(f"{name}.weight", stacked.T)])
        parts = [blocks_of(t) for t in tensors]
        quants, scale, minimum = (
            np.concatenate([pick(part[i], order) for part, order in zip(parts, orders, strict=True)]) for i in range(3)
        )
        bits = 8 if tensors[0].type_name == "Q8_0" else 4
        flat = scale == 0
        zero = -minimum / np.where(flat, 1, scale)
        packed = quants if bits == 8 else quants[..., 0::2] | quants[..., 1::2] << 4
        out, blocks = scale.shape
        inputs = [
            x,
            self.constant(f"{name}.q", packed.astype(np.uint8)),
            self.constant(f"{name}.scale", np.where(flat, 1, scale).astype(np.float32).reshape(-1)),
            self.constant(f"{name}.zero", zero.astype(np.float32).reshape(-1)),
        ]
        if bits == 8:
            # Eight bits want whole zero points; those of Q8_0 are.
            self.initialisers = [known for known in self.initialisers if known.name != inputs[3]]
            inputs[3] = self.constant(f"{name}.zero8", zero.astype(np.uint8).reshape(-1))
        return self.op("MatMulNBits", inputs, domain="com.microsoft", K=blocks * BLOCK, N=out, bits=bits, block_size=BLOCK)

    def norm(self, x: str, name: str) -> str:
        """Adds an RMS norm."""
        weight = self.constant(name, floats_of(self.source.tensors[name]))
        return self.op("SimplifiedLayerNormalization", [x, weight], axis=-1, epsilon=self.epsilon, stash_type=1)

    def skip_norm(self, x: str, skip: str, name: str) -> tuple[str, str]:
        """Adds x + skip and its RMS norm; returns (norm, sum)."""
        weight = self.constant(name, floats_of(self.source.tensors[name]))
        stem = f"skip_{len(self.nodes)}"
        self.op(
            "SkipSimplifiedLayerNormalization",
            [x, skip, weight],
            [f"{stem}_norm", "", "", f"{stem}_sum"],
            "com.microsoft",
            epsilon=self.epsilon,
        )
        return f"{stem}_norm", f"{stem}_sum"

    def build(self) -> onnx.ModelProto:
        """Returns the model."""
        tensors = self.source.tensors
        self.input("input_ids", TensorProto.INT64, ["batch", "length"])
        self.input("attention_mask", TensorProto.INT64, ["batch", "total"])
        inverse = self.base ** (-np.arange(0, self.head_dim, 2) / self.head_dim)
        angles = np.arange(self.positions)[:, None] * inverse[None]
        self.constant("cos", np.cos(angles).astype(np.float32))
        self.constant("sin", np.sin(angles).astype(np.float32))
        x = self.op("Gather", [self.constant("embedding", floats_of(tensors["token_embd.weight"])), "input_ids"])
        shared = self.plain_inputs() if self.plain_attention else self.fused_inputs()
        normed = self.norm(x, "blk.0.attn_norm.weight")
        q_order, k_order = (halves(n * self.head_dim, self.head_dim) for n in (self.heads, self.kv_heads))
        for layer in range(self.layers):
            of = lambda *names: [tensors[f"blk.{layer}.{name}.weight"] for name in names]  # noqa: B023, E731
            stem = f"blk.{layer}"
            qkv = self.linear(normed, f"{stem}.qkv", of("attn_q", "attn_k", "attn_v"), [q_order, k_order, None])
            attended = (self.plain if self.plain_attention else self.fused)(qkv, layer, shared)
            normed, x = self.skip_norm(x, self.linear(attended, f"{stem}.out", of("attn_output")), f"{stem}.ffn_norm.weight")
            gate = self.linear(normed, f"{stem}.gate", of("ffn_gate"))
            up = self.linear(normed, f"{stem}.up", of("ffn_up"))
            hidden = self.op("Mul", [self.op("Mul", [gate, self.op("Sigmoid", [gate])]), up])
            down = self.linear(hidden, f"{stem}.down", of("ffn_down"))
            following = f"blk.{layer + 1}.attn_norm.weight" if layer + 1 < self.layers else "output_norm.weight"
            normed, x = self.skip_norm(x, down, following)
        self.input("last", TensorProto.INT64, ["batch", 1])
        last = self.op("GatherND", [normed, "last"], batch_dims=1)
        head = self.linear(last, "head", [tensors["token_embd.weight"]])
        self.op("Identity", [head], ["logits"])
        self.output("logits", ["batch", "vocabulary"])
        graph = helper.make_graph(self.nodes, "smollm2", self.inputs, self.outputs, self.initialisers)
        opsets = [helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=9)

    def input(self, name: str, kind: int, shape: list[str | int]) -> None:
        """Declares an input of the graph."""
        self.inputs.append(helper.make_tensor_value_info(name, kind, shape))

    def output(self, name: str, shape: list[str | int]) -> None:
        """Declares an f32 output of the graph."""
        self.outputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))

    def cache(self, layer: int) -> tuple[list[str], list[str]]:
        """Declares one layer's past and present; returns their names."""
        pasts = [f"past_key_values.{layer}.{part}" for part in ("key", "value")]
        presents = [f"present.{layer}.{part}" for part in ("key", "value")]
        for past in pasts:
            self.input(past, TensorProto.FLOAT, ["batch", self.kv_heads, "past", self.head_dim])
        for present in presents:
            self.output(present, ["batch", self.kv_heads, "total", self.head_dim])
        return pasts, presents

    def fused_inputs(self) -> dict[str, str]:
        """Adds what GroupQueryAttention wants of the mask: the last position of every row, and the length in all."""
        axis = self.constant("axis_1", np.array([1]))
        one = self.constant("one", np.array([1], np.int64))
        counted = self.op("Sub", [self.op("ReduceSum", ["attention_mask", axis], keepdims=0), one])
        shape = self.op("Shape", ["attention_mask"])
        total = self.op("Gather", [shape, self.constant("second", np.array(1, np.int64))], axis=0)
        return {
            "last": self.op("Cast", [counted], to=TensorProto.INT32),
            "total": self.op("Cast", [total], to=TensorProto.INT32),
        }

    def fused(self, qkv: str, layer: int, shared: dict[str, str]) -> str:
        """Adds one layer's attention as the fused operator."""
        pasts, presents = self.cache(layer)
        name = f"attention_{layer}"
        self.op(
            "GroupQueryAttention",
            [qkv, "", "", *pasts, shared["last"], shared["total"], "cos", "sin"],
            [name, *presents],
            "com.microsoft",
            num_heads=self.heads,
            kv_num_heads=self.kv_heads,
            do_rotary=1,
            rotary_interleaved=0,
            scale=self.head_dim**-0.5,
        )
        return name

    def plain_inputs(self) -> dict[str, str]:
        """Adds what the plain operators share: this call's cosines and sines, and the causal mask over past and own positions."""
        at = lambda name, axis: self.op(  # noqa: E731
            "Gather", [self.op("Shape", [name]), self.constant(f"axis_{axis}_scalar", np.array(axis, np.int64))], axis=0
        )
        length, total = at("input_ids", 1), at("attention_mask", 1)
        one = self.constant("one_scalar", np.array(1, np.int64))
        rows = self.op("Range", [self.op("Sub", [total, length]), total, one])
        columns = self.op("Range", [self.constant("zero_scalar", np.array(0, np.int64)), total, one])
        ahead = self.op("Greater", [columns, self.op("Unsqueeze", [rows, self.constant("axis_1", np.array([1]))])])
        low, none = (self.constant(name, np.array(v, np.float32)) for name, v in (("low", -1e9), ("none", 0)))
        return {
            "cos": self.op("Gather", ["cos", rows]),
            "sin": self.op("Gather", ["sin", rows]),
            "mask": self.op("Where", [ahead, low, none]),
        }

    def plain(self, qkv: str, layer: int, shared: dict[str, str]) -> str:
        """Adds one layer's attention as MatMul, Add, Softmax, MatMul, query heads grouped by the key head they share."""
        pasts, presents = self.cache(layer)
        sizes = self.constant("qkv_sizes", np.array([self.heads, self.kv_heads, self.kv_heads], np.int64) * self.head_dim)
        parts = self.op("Split", [qkv, sizes], 3, axis=2)
        split = lambda part, heads: self.op(  # noqa: E731
            "Transpose",
            [self.op("Reshape", [part, self.constant(f"split_{heads}", np.array([0, 0, heads, self.head_dim]))])],
            perm=[0, 2, 1, 3],
        )
        q, k, v = (split(part, heads) for part, heads in zip(parts, (self.heads, self.kv_heads, self.kv_heads), strict=True))
        q, k = self.rotate(q, shared), self.rotate(k, shared)
        for past, own, present in zip(pasts, (k, v), presents, strict=True):
            self.op("Concat", [past, own], [present], axis=2)
        group = self.heads // self.kv_heads
        grouped = self.op("Reshape", [q, self.constant("grouped", np.array([0, self.kv_heads, group, -1, self.head_dim]))])
        axis = self.constant("axis_2", np.array([2]))
        keys = self.op("Unsqueeze", [self.op("Transpose", [presents[0]], perm=[0, 1, 3, 2]), axis])
        scale = self.constant("scale", np.array(self.head_dim**-0.5, np.float32))
        scores = self.op("Add", [self.op("MatMul", [self.op("Mul", [grouped, scale]), keys]), shared["mask"]])
        mixed = self.op("MatMul", [self.op("Softmax", [scores], axis=-1), self.op("Unsqueeze", [presents[1], axis])])
        flat = self.op("Reshape", [mixed, self.constant("ungrouped", np.array([0, self.heads, -1, self.head_dim]))])
        return self.op(
            "Reshape", [self.op("Transpose", [flat], perm=[0, 2, 1, 3]), self.constant("joined", np.array([0, 0, self.width]))]
        )

    def rotate(self, x: str, shared: dict[str, str]) -> str:
        """Adds the rotary embedding in halves."""
        left, right = self.op("Split", [x], 2, axis=3)
        times = lambda a, b: self.op("Mul", [a, shared[b]])  # noqa: E731
        turned = [
            self.op("Sub", [times(left, "cos"), times(right, "sin")]),
            self.op("Add", [times(right, "cos"), times(left, "sin")]),
        ]
        return self.op("Concat", turned, axis=3)


def main() -> int:
    """Writes the graphs."""
    parser = argparse.ArgumentParser(description="Writes a SmolLM2 GGUF file as ONNX graphs.")
    parser.add_argument("gguf", type=Path)
    parser.add_argument("folder", type=Path)
    given = parser.parse_args()
    source = read_gguf(given.gguf.read_bytes())
    given.folder.mkdir(parents=True, exist_ok=True)
    for suffix, plain in (("", True), ("-gqa", False)):
        onnx.save(Graph(source, four_bits=True, plain_attention=plain).build(), given.folder / f"q4{suffix}.onnx")
        whole = given.folder / f"f32{suffix}.onnx"
        onnx.save(Graph(source, four_bits=False, plain_attention=plain).build(), whole)
        quantize_dynamic(
            whole,
            given.folder / f"int8{suffix}.onnx",
            weight_type=QuantType.QInt8,
            per_channel=True,
            op_types_to_quantize=["MatMul", "Gather"],
            extra_options={"DefaultTensorType": TensorProto.FLOAT},
        )
        whole.unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main())
