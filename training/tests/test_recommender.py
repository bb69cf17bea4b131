import pytest
import torch
import torch.nn.functional as F
from tiny import ITEMS, tiny_recommender

from becausal_training.goldens import _blocks, _token_log_probabilities
from becausal_training.language_model import LowRank, rms_norm, rotary_angles, rotate
from becausal_training.prompt import pad_left

HISTORY = pad_left([[3, 17, 0, 8]], 12)
CANDIDATES = torch.tensor([[5, 6, 21, 39]])


def score(model, history=HISTORY, candidates=CANDIDATES, **options):
    with torch.no_grad():
        return model.score(history, candidates, **options)[0]


def test_shuffling_candidates_changes_no_score():
    model, order = tiny_recommender(), torch.tensor([2, 0, 3, 1])
    assert torch.allclose(score(model)[:, order], score(model, candidates=CANDIDATES[:, order]), atol=1e-5)


def test_adding_a_candidate_changes_no_other_score():
    model = tiny_recommender()
    more = torch.cat([torch.tensor([[11]]), CANDIDATES], 1)
    assert torch.allclose(score(model, candidates=more)[:, 1:], score(model), atol=1e-5)


def test_a_prompt_scores_the_same_alone_and_in_a_batch():
    model = tiny_recommender()
    both = score(model, pad_left([[3, 17, 0, 8], list(range(10))], 12), CANDIDATES.expand(2, 4))
    assert torch.allclose(both[:1], score(model), atol=1e-5)


def test_uniform_gate_is_plain_lora():
    layer = LowRank(6, 5, 4)
    torch.nn.init.normal_(layer.lora_b)
    x = torch.randn(2, 3, 6)
    plain = F.linear(F.linear(x, layer.lora_a), layer.lora_b)
    assert torch.allclose(layer(x, torch.ones(2, 1, 4)), plain)


def test_one_hot_gate_is_one_expert():
    model = tiny_recommender()
    one_hot = torch.tensor([[0.0, 4.0, 0.0, 0.0]])
    ranks = model.gate_ranks(one_hot)
    assert ranks.tolist() == [[0, 0, 4, 4, 0, 0, 0, 0]]


def test_gate_starts_uniform_and_sums_to_the_number_of_experts():
    state = torch.randn(3, 8)
    assert torch.allclose(tiny_recommender(randomise=False).gate_weights(state), torch.ones(3, 4))
    trained = tiny_recommender().gate_weights(state)
    assert torch.allclose(trained.sum(1), torch.full((3,), 4.0), atol=1e-5)
    assert trained.std() > 0.01


def test_every_channel_reaches_the_score():
    model = tiny_recommender()
    before = score(model)
    assert not torch.allclose(score(model, behaviour=False), before, atol=1e-3)
    assert not torch.allclose(score(model, pad_left([[3, 17, 8]], 12)), before, atol=1e-3)
    with torch.no_grad():
        model.gate.bias.add_(torch.tensor([3.0, 0, 0, 0]))
    assert not torch.allclose(score(model), before, atol=1e-3)


def test_an_empty_history_has_the_zero_state():
    model = tiny_recommender()
    empty = pad_left([[]], 12)
    assert torch.equal(model.sasrec.state(empty), torch.zeros(1, 8))
    assert torch.isfinite(score(model, empty)).all()


def test_folding_units_changes_no_score():
    model = tiny_recommender()
    with torch.no_grad():
        model.null_behaviour.normal_()
    before = score(model), score(model, behaviour=False)
    model.fold_units()
    assert float(model.item_unit) == float(model.embedding_unit) == 1
    assert torch.allclose(score(model), before[0], atol=1e-4)
    assert torch.allclose(score(model, behaviour=False), before[1], atol=1e-4)


def test_rotation_keeps_lengths_and_depends_on_distance_only():
    shape = tiny_recommender().lm.shape
    q, k = torch.randn(2, shape.head_width).double()

    def product(i: int, j: int) -> float:
        cosine, sine = rotary_angles(torch.tensor([[i, j]]), shape)
        turned = rotate(torch.stack([q, k])[None, None], cosine, sine)[0, 0]
        assert turned.norm(dim=-1).tolist() == pytest.approx([float(q.norm()), float(k.norm())])
        return float(turned[0] @ turned[1])

    assert product(9, 4) == pytest.approx(product(105, 100))
    assert product(9, 4) != pytest.approx(product(9, 5))


def test_rms_norm_is_its_formula():
    x, gain = torch.randn(3, 5), torch.randn(5)
    expected = x / (x.square().mean(-1, keepdim=True) + 1e-5).sqrt() * gain
    assert torch.allclose(rms_norm(x, gain, 1e-5), expected, atol=1e-6)


def test_padding_does_not_change_the_states_of_sasrec():
    sasrec = tiny_recommender().sasrec
    films = [4, 9, 2]
    padded = sasrec(pad_left([films], 12))[0, -3:]
    assert torch.allclose(sasrec(torch.tensor([films]))[0], padded, atol=1e-5)


def test_golden_blocks_end_in_the_scores():
    import base64

    import numpy as np

    model = tiny_recommender().double()
    blocks = _blocks(model, [3, 17], [5, 6])
    stored = np.frombuffer(base64.b64decode(blocks["tensors"][-1]["dataB64"]), "<f4")
    expected = score(model, pad_left([[3, 17]], 12), torch.tensor([[5, 6]]))[0]
    assert stored == pytest.approx(expected.numpy(), abs=1e-4)
    assert max(blocks["inputs"]["behaviour"]) < ITEMS


def test_golden_token_log_probabilities_are_those_of_each_branch_read_alone():
    model = tiny_recommender().double()
    history, candidates = [3, 17], [5, 6]
    golden = _token_log_probabilities(model, history, candidates)
    lm, padded = model.lm, pad_left([history], 12)
    for index, candidate in enumerate(candidates):
        prompts = model.pack(padded, torch.tensor([[candidate]]))
        length = int((prompts.branch[0] >= 0).sum())
        with torch.no_grad():
            x, mask = model.input_embeddings(prompts), prompts.attention_mask()
            gate = model.gate_ranks(model.gate_weights(model.sasrec.state(padded)))
            logits = lm.read_out(lm(x, prompts.position, mask, gate))[0] @ lm.embedding.T
        log_p = torch.log_softmax(logits, -1)
        tokens = [t for t in range(length) if prompts.branch[0, t] > 0 and prompts.behaviour[0, t] < 0]
        expected = [float(log_p[t - 1, prompts.tokens[0, t]]) for t in tokens]
        assert golden["logProbs"][index] == pytest.approx(expected, abs=1e-4)


def test_computing_read_out_places_alone_changes_no_verdict():
    model = tiny_recommender()
    prompts = model.pack(HISTORY, CANDIDATES)
    gate = model.gate_weights(model.sasrec.state(HISTORY))
    x, mask = model.input_embeddings(prompts), prompts.attention_mask()
    with torch.no_grad():
        whole = model.lm(x, prompts.position, mask, model.gate_ranks(gate))
        assert whole.shape[1] == prompts.tokens.shape[1]
        assert torch.allclose(model.read_verdicts(whole, prompts.readout), model.verdicts(prompts, gate), atol=1e-5)
        places = torch.tensor([[4, 0, 4]])
        assert torch.allclose(model.residual_at(prompts, gate, places), whole[:, [4, 0, 4]], atol=1e-5)


def test_token_log_probabilities_are_those_of_the_tied_head():
    lm = tiny_recommender().lm
    residual, tokens = torch.randn(2, 3, lm.shape.width), torch.tensor([[1, 2, 3], [4, 5, 6]])
    expected = torch.log_softmax(lm.read_out(residual) @ lm.embedding.T, -1).gather(-1, tokens[..., None])[..., 0]
    assert torch.allclose(lm.token_log_probabilities(residual, tokens), expected, atol=1e-5)
