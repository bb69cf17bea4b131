"""The tensors of `adapter.safetensors` (docs/formats.md, section 3), rounded to what a pack stores.

A low-rank factor is stored as float16, or as whole numbers of 8 bits with one scale for each rank: `w = scale * q` with q
from -127 to 127. The projector is stored as float16, what is small as float32.
"""

from typing import Literal

import torch
from torch import Tensor

from becausal_training.errors import TrainingError
from becausal_training.recommender import Recommender

SITES = ("attn_qkv", "attn_output", "ffn_gate_up", "ffn_down")
LowRankType = Literal["F16", "I8"]
_LARGEST = 127


def adapter_tensors(model: Recommender, low_rank: LowRankType = "I8") -> dict[str, Tensor]:
    """Returns the tensors of `adapter.safetensors`; the model's unit factors must be folded in already."""
    if float(model.item_unit) != 1 or float(model.embedding_unit) != 1:
        raise ValueError("fold_units() first: the format has no unit factors")
    tensors: dict[str, Tensor] = {}
    for name in adapter_tensor_names(len(model.lm.blocks)):
        values = model.get_parameter(_parameter_path(name)).detach().cpu()
        if name.startswith("blk.") and low_rank == "I8":
            tensors[name], tensors[f"{name}.scale"] = quantise_factor(values, _rank_axis(name))
        else:
            tensors[name] = values.half() if name.startswith(("blk.", "projector.")) else values.float()
    for name, tensor in tensors.items():
        if tensor.is_floating_point() and not torch.isfinite(tensor).all():
            raise TrainingError(f"{name} is not finite as {tensor.dtype}: the run has diverged, and there is nothing to export")
    return {name: tensor.contiguous() for name, tensor in tensors.items()}


def load_adapter(model: Recommender, tensors: dict[str, Tensor]) -> None:
    """Puts the tensors of `adapter.safetensors` into a model, whose unit factors become 1."""
    expected = set(adapter_tensor_names(len(model.lm.blocks)))
    factors = {name for name in expected & set(tensors) if name.startswith("blk.")}
    scales = {f"{name}.scale" for name in factors if tensors[name].dtype == torch.int8}
    if expected | scales != set(tensors):
        raise TrainingError(f"the adapter lacks or has too many tensors: {sorted((expected | scales) ^ set(tensors))[:5]}")
    model.item_unit.fill_(1)
    model.embedding_unit.fill_(1)
    with torch.no_grad():
        for name in expected:
            parameter = model.get_parameter(_parameter_path(name))
            values = _values(name, tensors)
            if values.shape != parameter.shape:
                raise TrainingError(f"{name} is {list(values.shape)}, expected {list(parameter.shape)}")
            parameter.copy_(values)


def quantise_factor(values: Tensor, rank_axis: int) -> tuple[Tensor, Tensor]:
    """Returns int8 values and the scale `[rank]` whose product is nearest to `values` with the largest of a rank exact."""
    scale = values.float().abs().amax(1 - rank_axis) / _LARGEST
    divisor = torch.where(scale > 0, scale, 1).unsqueeze(1 - rank_axis)
    return (values.float() / divisor).round().clamp(-_LARGEST, _LARGEST).to(torch.int8), scale


def adapter_tensor_names(layers: int) -> list[str]:
    """Returns the name of every tensor of `adapter.safetensors` but the scales."""
    low_rank = [f"blk.{layer}.{site}.lora_{f}" for layer in range(layers) for site in SITES for f in "ab"]
    projector = [f"projector.{i}.{kind}" for i in (0, 2) for kind in ("weight", "bias")]
    return [*low_rank, *projector, "null_behaviour", "verdict_head", "gate.weight", "gate.bias"]


def _values(name: str, tensors: dict[str, Tensor]) -> Tensor:
    tensor = tensors[name]
    if tensor.dtype in (torch.float16, torch.float32):
        return tensor.float()
    if tensor.dtype != torch.int8 or not name.startswith("blk."):
        raise TrainingError(f"{name} is {tensor.dtype}; low-rank factors are float16 or int8, the others float16 or float32")
    axis, scale = _rank_axis(name), tensors[f"{name}.scale"]
    if scale.dtype != torch.float32 or list(scale.shape) != [tensor.shape[axis]] or not torch.isfinite(scale).all():
        raise TrainingError(f"{name}.scale must hold {tensor.shape[axis]} finite float32 numbers, one a rank")
    return tensor.float() * scale.unsqueeze(1 - axis)


def _rank_axis(name: str) -> int:
    return 0 if name.endswith(".lora_a") else 1


def _parameter_path(name: str) -> str:
    return f"lm.blocks.{name.removeprefix('blk.')}" if name.startswith("blk.") else name
