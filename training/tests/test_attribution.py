from itertools import combinations

import numpy as np
import pytest
import torch
from tiny import tiny_recommender

from becausal_training.attribution import (
    attention_shares,
    attention_weights,
    channel_effects,
    coalition_value,
    exact_shapley,
    kept_only,
    leave_one_out,
    packed_with_muted,
    replacement,
    sampled_shapley,
    values_of,
)
from becausal_training.language_model import Block, rotary_angles
from becausal_training.prompt import ABSENT, NEUTRAL_TITLE, PackedPrompts
from becausal_training.recommender import Recommender
from becausal_training.tokenizer import byte_alphabet

HISTORY = torch.tensor([[3, 7, 12, 25, 31], [ABSENT, ABSENT, 8, 0, 39]])
CANDIDATES = torch.tensor([[5, 17, 2], [17, 30, 5]])


@pytest.fixture(scope="module")
def model() -> Recommender:
    return tiny_recommender()


def pair_game(kept: np.ndarray) -> np.ndarray:
    """Items 0 to 3 are worth 1, -2, 0 and 0.5, items 1 and 3 together 3 more; item 2 is worth nothing."""
    return kept @ np.array([1.0, -2.0, 0.0, 0.5]) + 3.0 * kept[:, 1] * kept[:, 3]


def text_of(prompts: PackedPrompts, row: int) -> str:
    """The text of the prefix; a slot is shown as its film."""
    characters = byte_alphabet()
    parts = []
    for token, film, branch in zip(prompts.tokens[row], prompts.behaviour[row], prompts.branch[row], strict=True):
        if branch == 0:
            parts.append(f"[{film}]" if film != ABSENT else characters[token].replace("Ġ", " "))
    return "".join(parts)


def test_exact_shapley_splits_a_pair_evenly_and_gives_an_idle_item_nothing():
    assert np.allclose(exact_shapley(pair_game, 4), [1.0, -0.5, 0.0, 2.0], atol=1e-12)


def test_sampled_shapley_adds_up_at_any_number_of_pairs_and_comes_within_its_errors():
    rng = np.random.default_rng(0)
    whole = pair_game(np.ones((1, 4)))[0] - pair_game(np.zeros((1, 4)))[0]
    assert sampled_shapley(pair_game, 4, 1, rng).effects.sum() == pytest.approx(whole, abs=1e-12)
    found = sampled_shapley(pair_game, 4, 400, rng)
    assert found.coalitions <= 16
    assert found.standard_errors[2] == pytest.approx(0, abs=1e-12)
    # A pair of orders holds each of two items once in front of the other, so an interaction of two is exact.
    assert np.allclose(found.effects, exact_shapley(pair_game, 4), atol=1e-12)

    def triple(kept: np.ndarray) -> np.ndarray:
        return kept[:, :3].all(1) * 6.0

    found = sampled_shapley(triple, 4, 400, rng)
    assert (found.standard_errors[:3] > 0).all()
    assert (np.abs(found.effects - [2, 2, 2, 0]) <= 4 * found.standard_errors + 1e-12).all()


def test_too_many_items_are_not_enumerated():
    with pytest.raises(ValueError, match="sample them"):
        exact_shapley(pair_game, 20)


def test_values_are_the_verdict_its_contrast_and_the_log_share_whatever_shares_a_batch(model: Recommender):
    with torch.no_grad():
        slate = model.score(HISTORY, CANDIDATES)[0]
    expected = torch.stack([slate[:, 0], slate[:, 0] - slate.mean(1), slate.log_softmax(1)[:, 0]], 1)
    assert np.allclose(values_of(model, HISTORY, CANDIDATES), expected, atol=1e-4)
    assert np.allclose(values_of(model, HISTORY, CANDIDATES, batch=1), expected, atol=1e-4)
    alone = values_of(model, HISTORY, CANDIDATES[:, :1])
    assert np.allclose(alone, torch.stack([slate[:, 0], torch.zeros(2), torch.zeros(2)], 1), atol=1e-4)


def test_what_is_not_kept_is_gone(model: Recommender):
    kept = torch.tensor([[True, False, True, True, False]] * 2)
    assert kept_only(HISTORY, kept).tolist() == [[ABSENT, ABSENT, 3, 12, 25], [ABSENT, ABSENT, ABSENT, 8, 0]]
    value = coalition_value(model, HISTORY[0], CANDIDATES[0])
    nothing = values_of(model, torch.full((1, 5), ABSENT), CANDIDATES[:1])
    assert value(np.array([[False] * 5])) == pytest.approx(nothing, abs=1e-4)


def test_leave_one_out_and_replacement_are_differences_of_values_of(model: Recommender):
    whole = values_of(model, HISTORY, CANDIDATES)
    effects = leave_one_out(model, HISTORY, CANDIDATES)
    without = values_of(model, torch.tensor([[ABSENT, 3, 7, 25, 31]]), CANDIDATES[:1])
    assert effects[0, 2] == pytest.approx(whole[0] - without[0], abs=1e-4)
    assert effects[1, :2] == pytest.approx(np.zeros((2, 3)), abs=1e-4)

    stand_ins = torch.arange(10).reshape(1, 5, 2).repeat(2, 1, 1)
    effects = replacement(model, HISTORY, CANDIDATES, stand_ins)
    changed = values_of(model, torch.tensor([[3, 2, 12, 25, 31], [3, 3, 12, 25, 31]]), CANDIDATES[[0, 0]])
    assert effects[0, 1] == pytest.approx(whole[0] - changed.mean(0), abs=1e-4)


def test_shapley_of_a_model_adds_up_and_sampling_agrees(model: Recommender):
    value = coalition_value(model, HISTORY[0], CANDIDATES[0])
    exact = exact_shapley(value, 5)
    ends = value(np.array([[True] * 5, [False] * 5]))
    assert exact.sum(0) == pytest.approx(ends[0] - ends[1], abs=1e-4)
    every = [value(np.isin(np.arange(5), chosen)[None])[0] for size in range(6) for chosen in combinations(range(5), size)]
    assert (np.std(every, axis=0) > 0.01).all()
    found = sampled_shapley(value, 5, 200, np.random.default_rng(1))
    assert (np.abs(found.effects - exact) <= 4 * found.standard_errors + 1e-4).all()


def test_a_muted_item_keeps_its_place_and_loses_its_title_or_its_vector(model: Recommender):
    mute = torch.zeros(2, 5, dtype=torch.bool)
    mute[:, [2, 4]] = True
    plain, _ = packed_with_muted(model, HISTORY, CANDIDATES)
    assert torch.equal(plain.behaviour, model.pack(HISTORY, CANDIDATES).behaviour)
    silent, null_slot = packed_with_muted(model, HISTORY, CANDIDATES, muted_text=mute)
    assert not null_slot.any()
    neutral, question = f" {NEUTRAL_TITLE}", "ĊWill the user watch next:"
    assert text_of(plain, 1) == f"This user has watched: fir 0 (1988)[8]; oak 0[0]; yew 3 (2019)[39];{question}"
    assert text_of(silent, 1) == f"This user has watched:{neutral}[8]; oak 0[0];{neutral}[39];{question}"
    assert torch.equal(silent.tokens[silent.branch == 1], plain.tokens[plain.branch == 1])
    prompts, null_slot = packed_with_muted(model, HISTORY, CANDIDATES, muted_behaviour=mute)
    assert torch.equal(prompts.tokens, plain.tokens)
    assert prompts.behaviour[null_slot].tolist() == [12, 31, 8, 39]


def test_channels_are_the_corners_of_a_square(model: Recommender):
    place = torch.tensor([2, 4])
    found = channel_effects(model, HISTORY, CANDIDATES, place)
    own = torch.nn.functional.one_hot(place, 5).bool()
    both = values_of(model, HISTORY, CANDIDATES, own, own)
    whole = values_of(model, HISTORY, CANDIDATES)
    assert np.allclose(found.text + found.behaviour - found.interaction, whole - both, atol=1e-4)
    assert (np.abs(found.text) > 1e-3).all() and (np.abs(found.behaviour) > 1e-3).all()
    with torch.no_grad():
        kept = model.projector[2].weight.clone(), model.projector[2].bias.clone()
        model.projector[2].weight.zero_()
        model.projector[2].bias.copy_(model.null_behaviour)
        blind = channel_effects(model, HISTORY, CANDIDATES, place)
        model.projector[2].weight.copy_(kept[0])
        model.projector[2].bias.copy_(kept[1])
    assert np.allclose(blind.behaviour, 0, atol=1e-4)


def test_attention_weights_add_up_to_one_and_are_those_of_the_block(model: Recommender):
    prompts = model.pack(HISTORY, CANDIDATES)
    gate = model.gate_ranks(torch.tensor([[2.0, 1.0, 0.5, 0.5]]).expand(2, -1))[:, None]
    cosine, sine = (angle.float() for angle in rotary_angles(prompts.position, model.lm.shape))
    mask = prompts.attention_mask()[:, None]
    block = model.lm.blocks[0]
    assert isinstance(block, Block)
    with torch.no_grad():
        x = model.input_embeddings(prompts)
        weights, attended = attention_weights(block, x, cosine, sine, mask, gate)
        seen: list[torch.Tensor] = []
        hook = block.attn_output.register_forward_hook(lambda _, inputs, __: seen.append(inputs[0]))
        block(x, cosine, sine, mask, gate)
        hook.remove()
    assert torch.allclose(weights.sum(-1), torch.ones(()), atol=1e-6)
    assert (weights.masked_select(~mask) == 0).all()
    assert torch.allclose(attended, seen[0], atol=1e-5)


def test_attention_goes_to_items_and_to_the_rest_of_the_prompt(model: Recommender):
    shares = attention_shares(model, HISTORY, CANDIDATES)
    assert (shares[0] > 0).all() and shares[0].sum() < 1
    assert (shares[1, :2] == 0).all() and (shares[1, 2:] > 0).all()
    assert np.allclose(shares, attention_shares(model, HISTORY, CANDIDATES, batch=1), atol=1e-6)
    alone = attention_shares(model, torch.tensor([[3, 7, 12, 25, 31]]), CANDIDATES[:1])
    assert np.allclose(alone, shares[:1], atol=1e-6)
    # What the history attends to is the same for every candidate; what a candidate's branch attends to is not.
    other = attention_shares(model, HISTORY, CANDIDATES.flip(0))
    assert np.abs(other - shares).max() > 1e-3
