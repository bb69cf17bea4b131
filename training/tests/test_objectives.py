"""The losses against their formulas written out, and where their gradients go."""

from dataclasses import replace

import pytest
import torch
from tiny import ITEMS, tiny_dataset, tiny_recommender

from becausal_training.adapter_settings import AdapterSettings
from becausal_training.adapter_training import present
from becausal_training.batches import Draw, TrainingBatch, TrainingData
from becausal_training.crossfit import own_source
from becausal_training.objectives import batch_loss, token_weights
from becausal_training.prompt import ABSENT
from becausal_training.recommender import Recommender

SETTINGS = AdapterSettings(
    steps=10, batch=8, uniform_negatives=3, hard_negatives=2, hard_pool=8, slot_dropout=0.3, effect_share=0.5
)


def drawn(model: Recommender, settings: AdapterSettings, hybrid: bool = True, step: int = 3) -> list[TrainingBatch]:
    present(model, settings)
    data = tiny_dataset()
    training = TrainingData.of(data, settings, [own_source(data, model.sasrec)], torch.device("cpu"))
    return Draw(model, training, settings, step, hybrid).batches()


def gradients(model: Recommender, loss: torch.Tensor) -> dict[str, torch.Tensor]:
    model.zero_grad()
    loss.backward()
    return {name: p.grad.clone() for name, p in model.named_parameters() if p.grad is not None}


def plain_pass(model: Recommender, prompts, gate, null_slot):
    """Verdicts, and the probabilities of every next token, one whole prompt at a time."""
    x = model.input_embeddings(prompts, null_slot)
    residual = model.lm.residuals(x, prompts.position, prompts.attention_mask(), model.gate_ranks(gate))[-1]
    logits = model.lm.read_out(residual) @ model.lm.embedding.T
    return model.read_verdicts(residual, prompts.readout), torch.log_softmax(logits, -1)


def test_the_fit_is_the_sampled_softmax_with_its_level():
    model = tiny_recommender()
    (batch,) = drawn(model, SETTINGS)
    verdicts, _ = plain_pass(model, batch.prompts, model.gate_weights(batch.state), batch.null_slot)
    expected = torch.zeros(())
    for row in verdicts - batch.correction:
        level = row.exp().sum().log()
        expected = expected + (level - row[0] + SETTINGS.self_normalisation * level**2) / 8
    assert batch_loss(model, batch, SETTINGS).total.item() == pytest.approx(expected.item(), abs=1e-4)


@pytest.mark.parametrize("hybrid", [True, False])
def test_nextquill_losses_are_their_formulas(hybrid: bool):
    settings = replace(SETTINGS, title_loss=0.7, preference_effect=0.3)
    model = tiny_recommender()
    (batch,) = drawn(model, settings, hybrid)
    asked = batch.without_history
    assert asked is not None and len(asked.state) == 4 and (asked.history == ABSENT).all() and not asked.state.any()
    gate = torch.where(batch.uniform_gate[:, None], 1.0, model.gate_weights(batch.state))
    gate_0 = torch.where(batch.uniform_gate[:4, None], 1.0, model.gate_weights(asked.state))
    verdicts, tokens = plain_pass(model, batch.prompts, gate, batch.null_slot)
    verdicts_0, tokens_0 = plain_pass(model, asked.prompts, gate_0, asked.null_slot)
    effect, title = torch.zeros(()), torch.zeros(())
    weight, moved, count = 0.0, 0, 0
    for row in range(4):
        difference = verdicts[row] - verdicts_0[row] - batch.correction[row]
        effect = effect - torch.log_softmax(difference, 0)[0] / 4
        branch, branch_0 = batch.prompts.branch[row].tolist(), asked.prompts.branch[row].tolist()
        for offset in range(branch.count(1) - 2):  # all but the slot and the mark
            place, place_0 = branch.index(1) + offset, branch_0.index(1) + offset
            token = int(batch.prompts.tokens[row, place])
            log_with, log_without = tokens[row, place - 1, token], tokens_0[row, place_0 - 1, token]
            w = 0.9 if log_with.exp() - log_without.exp() > 0.05 else 0.1
            title, weight, moved, count = title - w * log_with, weight + w, moved + (w == 0.9), count + 1
    losses = batch_loss(model, batch, settings)
    assert float(losses.terms["preferenceEffect"]) == pytest.approx(effect.item(), abs=1e-4)
    assert float(losses.terms["title"]) == pytest.approx(title.item() / weight, abs=1e-4)
    assert (int(losses.terms["titleTokens"]), int(losses.terms["movedTokens"])) == (count, moved)
    plain = batch_loss(model, batch, SETTINGS).total
    assert (losses.total - plain).item() == pytest.approx(0.7 * title.item() / weight + 0.3 * effect.item(), abs=1e-4)


def test_candidates_are_muted_alike_with_and_without_history():
    model, settings = tiny_recommender(), replace(SETTINGS, preference_effect=0.1)
    (batch,) = drawn(model, settings)
    asked = batch.without_history
    assert asked is not None
    with_history = batch.null_slot.gather(1, batch.prompts.readout - 1)[:4]
    assert torch.equal(asked.null_slot.gather(1, asked.prompts.readout - 1), with_history)
    assert with_history.any() and not with_history.all()
    assert torch.equal(asked.prompts.behaviour.gather(1, asked.prompts.readout - 1), candidates_of(batch)[:4])


def candidates_of(batch: TrainingBatch) -> torch.Tensor:
    return batch.prompts.behaviour.gather(1, batch.prompts.readout - 1)


def test_token_weights_follow_the_threshold_and_carry_no_gradient():
    log_with = torch.log(torch.tensor([0.50, 0.10, 0.06, 0.30])).requires_grad_()
    log_without = torch.log(torch.tensor([0.44, 0.06, 0.01, 0.40]))
    weights = token_weights(log_with, log_without)
    assert weights.tolist() == pytest.approx([0.9, 0.1, 0.1, 0.1])
    assert not weights.requires_grad


def test_detaching_leaves_what_is_said_without_history_alone():
    """With the other terms off, the pass without history is the only way for a gradient to reach verdicts without history."""
    settings = replace(SETTINGS, preference_effect=1.0, self_normalisation=0.0)
    model = tiny_recommender()
    (batch,) = drawn(model, settings)
    asked = batch.without_history
    assert asked is not None

    def by_hand(detach: bool) -> dict[str, torch.Tensor]:
        gate_0 = model.gate_weights(asked.state)
        verdicts = model.verdicts(batch.prompts, model.gate_weights(batch.state), batch.null_slot)
        without = model.verdicts(asked.prompts, gate_0, asked.null_slot)
        without = without.detach() if detach else without
        fit = -torch.log_softmax(verdicts - batch.correction, 1)[:, 0].mean()
        effect = -torch.log_softmax(verdicts[:4] - without - batch.correction[:4], 1)[:, 0].mean()
        return gradients(model, fit + effect)

    found = {}
    for detach in (True, False):
        settings = replace(settings, detach_without_history=detach)
        found[detach] = gradients(model, batch_loss(model, batch, settings).total)
        for name, expected in by_hand(detach).items():
            assert torch.allclose(found[detach][name], expected, atol=1e-4), name
    assert not torch.allclose(found[True]["verdict_head"], found[False]["verdict_head"], atol=1e-3)


def test_the_frozen_parts_get_no_gradient():
    settings = replace(SETTINGS, title_loss=1.0, preference_effect=1.0, detach_without_history=False)
    model = tiny_recommender()
    (batch,) = drawn(model, settings)
    found = gradients(model, batch_loss(model, batch, settings).total)
    assert set(found) == {name for name, p in model.named_parameters() if p.requires_grad}
    assert not any(name.startswith("sasrec") for name in found)
    assert all(p.grad is None for p in model.sasrec.parameters()) and model.lm.embedding.grad is None


def test_the_title_loss_reaches_the_low_rank_factors_but_not_the_verdict_head():
    model = tiny_recommender()
    (batch,) = drawn(model, replace(SETTINGS, title_loss=1.0))
    with_title = gradients(model, batch_loss(model, batch, replace(SETTINGS, title_loss=1.0)).total)
    without = gradients(model, batch_loss(model, batch, SETTINGS).total)
    assert torch.allclose(with_title["verdict_head"], without["verdict_head"], atol=1e-5)
    assert not torch.allclose(with_title["lm.blocks.0.attn_qkv.lora_b"], without["lm.blocks.0.attn_qkv.lora_b"], atol=1e-3)


def test_parts_of_a_batch_add_up_to_the_whole():
    model = tiny_recommender()
    settings = replace(SETTINGS, preference_effect=0.2, effect_share=1.0)
    (whole,) = drawn(model, settings)
    split = replace(settings, micro_batches=4)
    parts = drawn(model, split)
    targets = torch.cat([candidates_of(part)[:, 0] for part in parts])
    assert len(parts) == 4 and torch.equal(targets.sort().values, candidates_of(whole)[:, 0].sort().values)
    assert parts[0].prompts.tokens.shape[1] <= parts[-1].prompts.tokens.shape[1]
    expected = gradients(model, batch_loss(model, whole, settings).total)
    found = gradients(model, torch.stack([batch_loss(model, part, split).total for part in parts]).sum())
    for name, gradient in expected.items():
        assert torch.allclose(found[name], gradient, atol=1e-4), name


def test_a_step_without_the_extra_terms_makes_no_second_pass():
    (batch,) = drawn(tiny_recommender(), SETTINGS)
    assert batch.without_history is None
    (batch,) = drawn(tiny_recommender(), replace(SETTINGS, title_loss=0.1))
    assert batch.without_history is not None and batch.without_history.prompts.readout.shape == (4, 1)
    assert batch.prompts.behaviour.max() < ITEMS
