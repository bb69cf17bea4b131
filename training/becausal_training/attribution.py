"""What each history item does to a candidate: the app's attribution methods, for a recommender in PyTorch.

A history S has three values, all in nats (`values_of`): the verdict log-odds of the first candidate and their contrast with
the mean of all candidates, which the app explains as it is asked to, and its log share, the log of the softmax of the verdicts
over the candidates. Training decides shares; the level of the verdicts it only pins down a little, so a cause may well speak by
lowering the verdicts of the others. Every effect is of all values and "total": SASRec state, gate and prompt are those of the
changed history. Every value is asked of the model, in batches. Histories are `[rows, items]`, oldest first, ABSENT in front;
candidates are `[rows, candidates]`.

- leave-one-out: v(all) - v(all without i); the effects do not add up to anything.
- replacement: v(all) - mean over stand-ins j of v(all with j in place of i). The number of items, and with stand-ins of as
  many tokens the place of every other item, stays what it was.
- Shapley: the mean marginal of i over all orders, exact (2^n coalitions) or over pairs of an order and its reverse; either way
  the effects add up to v(all) - v(none).
- channels of one item, 2 x 2: v11 as it is, v01 with the neutral title, v10 with the null vector in its slot, v00 with both.
  Text T = v11 - v01, behaviour B = v11 - v10, interaction I = v11 - v10 - v01 + v00. The gate is that of the whole history.
- attention: how much the first candidate's branch attends to each item, mean over layers, heads and the branch's tokens. It is
  no effect, only the common explanation to compare with.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import factorial

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor

from becausal_training.language_model import Block, rms_norm, rotary_angles, rotate
from becausal_training.prompt import ABSENT, HISTORY_ITEMS, PackedPrompts
from becausal_training.recommender import Recommender

BATCH = 128
MAX_EXACT_ITEMS = 12

Doubles = npt.NDArray[np.float64]
Value = Callable[[npt.NDArray[np.bool_]], Doubles]
"""Values of coalitions `[coalitions, items]`, true where an item is kept: `[coalitions]` or `[coalitions, values]`."""
VALUES = ("verdict", "contrast", "log share")
"""The columns of `values_of`."""


def packed_with_muted(
    model: Recommender,
    history: Tensor,
    candidates: Tensor,
    muted_text: Tensor | None = None,
    muted_behaviour: Tensor | None = None,
) -> tuple[PackedPrompts, Tensor]:
    """Packs prompts whose items may have the neutral title (`muted_text`) or the null vector (`muted_behaviour`).

    Both are `[rows, items]` like `history`. Returns the prompts and where a slot is null `[rows, length]`.
    """
    shown = history[:, -HISTORY_ITEMS:]

    def muted(where: Tensor | None) -> Tensor:
        return torch.zeros_like(shown, dtype=torch.bool) if where is None else where[:, -HISTORY_ITEMS:]

    # The template's segment number `items` is the neutral title. Its slot would show a film of that number, so the slots
    # are given their films again, in the order in which they stand.
    neutral = model.template.items
    prompts = model.pack(torch.where(muted(muted_text) & (shown != ABSENT), neutral, shown), candidates)
    is_item = (prompts.behaviour != ABSENT) & (prompts.branch == 0)
    absent = (shown == ABSENT).sum(1, keepdim=True)
    place = (is_item.cumsum(1) - 1 + absent).clamp(0, shown.shape[1] - 1)
    behaviour = torch.where(is_item, shown.gather(1, place), prompts.behaviour)
    null_slot = is_item & muted(muted_behaviour).gather(1, place)
    return replace(prompts, behaviour=behaviour), null_slot


@torch.no_grad()
def values_of(
    model: Recommender,
    history: Tensor,
    candidates: Tensor,
    muted_text: Tensor | None = None,
    muted_behaviour: Tensor | None = None,
    batch: int = BATCH,
) -> Doubles:
    """Returns `[rows, 3]`: `VALUES` of the first candidate; rows of like length share a batch."""
    lengths = model.template.lengths(history[:, -HISTORY_ITEMS:], candidates)
    found = np.empty((len(history), len(VALUES)))
    for rows in lengths.argsort(stable=True).split(batch):
        shown = history[rows]
        gate = model.gates(shown, model.sasrec.state(shown))
        texts, slots = (None if muted is None else muted[rows] for muted in (muted_text, muted_behaviour))
        prompts, null_slot = packed_with_muted(model, shown, candidates[rows], texts, slots)
        if model.channels == "text":
            null_slot = torch.ones_like(null_slot)
        verdicts = model.verdicts(prompts, gate, null_slot).double()
        own = verdicts[:, 0]
        every = torch.stack([own, own - verdicts.mean(1), verdicts.log_softmax(1)[:, 0]], 1)
        found[rows.cpu().numpy()] = every.cpu().numpy()
    return found


def kept_only(history: Tensor, kept: Tensor) -> Tensor:
    """Returns histories without the items that are not `kept` `[rows, items]`, ABSENT in front."""
    order = kept.to(torch.int8).argsort(dim=1, stable=True)
    return torch.where(kept, history, ABSENT).gather(1, order)


def leave_one_out(model: Recommender, history: Tensor, candidates: Tensor) -> Doubles:
    """Returns the leave-one-out effects `[rows, items, 3]`."""
    rows, items = history.shape
    kept = ~torch.eye(items, dtype=torch.bool, device=history.device).repeat(rows, 1)
    shown = kept_only(history.repeat_interleave(items, 0), kept)
    without = values_of(model, shown, candidates.repeat_interleave(items, 0))
    return values_of(model, history, candidates)[:, None] - without.reshape(rows, items, -1)


def replacement(model: Recommender, history: Tensor, candidates: Tensor, stand_ins: Tensor) -> Doubles:
    """Returns the replacement effects `[rows, items, 3]`; `stand_ins` is `[rows, items, n]`."""
    rows, items, count = stand_ins.shape
    changed = history[:, None, None, :].repeat(1, items, count, 1)
    place = torch.arange(items, device=history.device)
    changed[:, place, :, place] = stand_ins.transpose(0, 1)
    values = values_of(model, changed.flatten(0, 2), candidates.repeat_interleave(items * count, 0))
    return values_of(model, history, candidates)[:, None] - values.reshape(rows, items, count, -1).mean(2)


def coalition_value(model: Recommender, history: Tensor, candidates: Tensor) -> Value:
    """Returns the values of the coalitions of one history `[items]`, for `exact_shapley` and `sampled_shapley`."""

    def value(kept: npt.NDArray[np.bool_]) -> Doubles:
        masks = torch.from_numpy(kept).to(history.device)
        return values_of(model, kept_only(history.expand(len(masks), -1), masks), candidates.expand(len(masks), -1))

    return value


def exact_shapley(value: Value, items: int) -> Doubles:
    """Returns the Shapley values `[items, ...]`: sum over S without i of |S|! (n - |S| - 1)! / n! (v(S + i) - v(S))."""
    if not 0 < items <= MAX_EXACT_ITEMS:
        raise ValueError(f"{items} items have {2**items} coalitions; sample them")
    number = np.arange(2**items)
    kept = (number[:, None] >> np.arange(items) & 1).astype(bool)
    values, size = value(kept), kept.sum(1)
    weight = np.array([factorial(s) * factorial(items - s - 1) / factorial(items) for s in range(items)])
    without = [number[~kept[:, item]] for item in range(items)]
    return np.stack([weight[size[rows]] @ (values[rows | 1 << item] - values[rows]) for item, rows in enumerate(without)])


@dataclass(frozen=True)
class SampledShapley:
    """Estimated Shapley values and their standard errors over pairs, `[items, ...]`, and how many coalitions were asked."""

    effects: Doubles
    standard_errors: Doubles
    coalitions: int


def sampled_shapley(value: Value, items: int, pairs: int, rng: np.random.Generator) -> SampledShapley:
    """Estimates Shapley values from `pairs` random orders, each with its reverse; no coalition is asked twice.

    The marginals of an order add up to v(all) - v(none), so the effects do too, at any number of pairs.
    """
    orders = np.stack([rng.permutation(items) for _ in range(pairs)])
    rank = np.stack([orders, orders[:, ::-1]], 1).argsort(-1)
    # joined[..., k, :] is the coalition of the first k items of an order.
    joined = rank[:, :, None, :] < np.arange(items + 1)[:, None]
    distinct, inverse = np.unique(joined.reshape(-1, items), axis=0, return_inverse=True)
    values = value(distinct)[inverse.reshape(pairs, 2, items + 1)]
    added = np.diff(values, axis=2)
    marginals = np.take_along_axis(added, rank.reshape(*rank.shape, *[1] * (added.ndim - 3)), 2).mean(1)
    errors = marginals.std(0, ddof=1) / pairs**0.5 if pairs > 1 else np.full(marginals.shape[1:], np.nan)
    return SampledShapley(marginals.mean(0), errors, len(distinct))


@dataclass(frozen=True)
class ChannelEffects:
    """Effects `[rows, 3]` of the two channels of one item of each row, and their interaction, in nats."""

    text: Doubles
    behaviour: Doubles
    interaction: Doubles


def channel_effects(model: Recommender, history: Tensor, candidates: Tensor, place: Tensor) -> ChannelEffects:
    """Returns the 2 x 2 effects of the item at `place` `[rows]` of each history."""
    own = F.one_hot(place, history.shape[1]).bool()
    v11 = values_of(model, history, candidates)
    v01 = values_of(model, history, candidates, muted_text=own)
    v10 = values_of(model, history, candidates, muted_behaviour=own)
    v00 = values_of(model, history, candidates, own, own)
    return ChannelEffects(v11 - v01, v11 - v10, v11 - v10 - v01 + v00)


def attention_weights(
    block: Block, x: Tensor, cosine: Tensor, sine: Tensor, mask: Tensor, gate: Tensor
) -> tuple[Tensor, Tensor]:
    """Returns the attention weights of a block `[prompts, heads, length, length]` and what it attends to, by its own rules.

    The second is the heads' outputs `[prompts, length, width]`, before the block's output matrix. `x` is the block's input,
    the rest as `Block.forward` takes it.
    """
    s = block.shape
    prompts, length, _ = x.shape
    h = rms_norm(x, block.attn_norm, s.epsilon).to(block.w_qkv.dtype)
    qkv = (F.linear(h, block.w_qkv) + block.attn_qkv(h, gate)).view(prompts, length, -1, s.head_width).transpose(1, 2)
    q, k, v = qkv.split([s.heads, s.kv_heads, s.kv_heads], 1)
    repeats = s.heads // s.kv_heads
    k, v = rotate(k, cosine, sine).repeat_interleave(repeats, 1), v.repeat_interleave(repeats, 1)
    scores = rotate(q, cosine, sine) @ k.transpose(2, 3) / s.head_width**0.5
    weights = scores.float().masked_fill(~mask, -torch.inf).softmax(-1)
    return weights, (weights.to(v.dtype) @ v).transpose(1, 2).reshape(prompts, length, s.width)


@torch.no_grad()
def attention_shares(model: Recommender, history: Tensor, candidates: Tensor, batch: int = BATCH) -> Doubles:
    """Returns the attention `[rows, items]` of the first candidate's branch to each item: title, slot and separator."""
    shares = []
    for rows in torch.arange(len(history), device=history.device).split(batch):
        shown = history[rows]
        gate = model.gate_ranks(model.gates(shown, model.sasrec.state(shown)))[:, None]
        prompts = model.pack(shown, candidates[rows, :1])
        mask, x = prompts.attention_mask()[:, None], model.input_embeddings(prompts)
        cosine, sine = (angle.to(x.dtype) for angle in rotary_angles(prompts.position, model.lm.shape))
        is_branch = (prompts.branch == 1).float()
        seen = torch.zeros_like(is_branch)
        for block in model.lm.blocks:
            assert isinstance(block, Block)
            weights, _ = attention_weights(block, x, cosine, sine, mask, gate)
            x = block(x, cosine, sine, mask, gate)
            seen += torch.einsum("pq,pqk->pk", is_branch, weights.mean(1)) / len(model.lm.blocks)
        items = _item_of_place(model, prompts, shown[:, -HISTORY_ITEMS:])
        each = F.one_hot(items.clamp(min=0), history.shape[1]) * (items != ABSENT)[..., None]
        shares.append((torch.einsum("pk,pki->pi", seen, each.float()) / is_branch.sum(1, keepdim=True)).double().cpu().numpy())
    return np.concatenate(shares)


def _item_of_place(model: Recommender, prompts: PackedPrompts, shown: Tensor) -> Tensor:
    """Returns the history item that each place of a prompt belongs to `[rows, length]`, ABSENT for none."""
    lengths = torch.where(shown == ABSENT, 0, model.template.segment_length[shown.clamp(min=0)])
    is_slot = (prompts.behaviour != ABSENT) & (prompts.branch == 0)
    # The separator follows the last slot, and the items stand in one run.
    last = (is_slot * torch.arange(is_slot.shape[1], device=is_slot.device)).max(1, keepdim=True).values + 1
    ends = lengths.cumsum(1) + last + 1 - lengths.sum(1, keepdim=True)
    place = torch.arange(is_slot.shape[1], device=is_slot.device).expand_as(is_slot).contiguous()
    item = torch.searchsorted(ends, place, right=True)
    is_item = (place >= ends[:, :1] - lengths[:, :1]) & (item < shown.shape[1])
    return torch.where(is_item, item, ABSENT)
