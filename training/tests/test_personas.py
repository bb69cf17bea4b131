"""Personas and examples: what they say, where they stand in a prompt, and that prompts without them are as before."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from test_objectives import SETTINGS
from tiny import ITEMS, tiny_dataset, tiny_films, tiny_gguf, tiny_recommender

from becausal_training.adapter_training import train_adapter
from becausal_training.batches import Draw, TrainingData
from becausal_training.catalogue import Film, prompt_titles
from becausal_training.crossfit import own_source
from becausal_training.errors import TrainingError
from becausal_training.interactions import Dataset, User
from becausal_training.objectives import _steering, batch_loss
from becausal_training.pack import _pieces
from becausal_training.personas import MOST_DIRECTIONS, MOST_EXAMPLES, STEER, Opinions, Tastes
from becausal_training.preference_space import PHRASES
from becausal_training.prompt import ABSENT, OptionalPieces, PromptTemplate, pad_left
from becausal_training.taste_evidence import TasteSpace, fit_taste_prior
from becausal_training.taste_prior import posterior
from becausal_training.tokenizer import Tokenizer
from becausal_training.windows import WindowTable

CPU = torch.device("cpu")
DIRECTIONS = ("comedy", "horror", "1990s")
HISTORY, CANDIDATES = pad_left([[3, 17], [5]], 10), torch.tensor([[5, 6], [0, 39]])


def template() -> PromptTemplate:
    tokenizer = Tokenizer.from_gguf(tiny_gguf())
    titles = [tokenizer.encode(" " + title) for title in prompt_titles(tiny_films(), "when-ambiguous")]
    return PromptTemplate(tokenizer, titles, DIRECTIONS)


def text_of(packed, row: int) -> str:
    """The prefix of a prompt as text, [film] for a slot."""
    tokens = [value.decode() for value in tiny_gguf().metadata["tokenizer.ggml.tokens"].value]
    parts = []
    for token, film, branch in zip(*(a[row].tolist() for a in (packed.tokens, packed.behaviour, packed.branch)), strict=True):
        if branch == 0:
            parts.append(f"[{film}]" if film != ABSENT else tokens[token])
    return "".join(parts).replace("Ġ", " ").replace("Ċ", "\n")


def test_pieces_stand_before_the_opening():
    pieces = OptionalPieces(
        persona=torch.tensor([[1, -1, 1], [0, -1, 0]]),
        liked=torch.tensor([[7, 8], [ABSENT, ABSENT]]),
        disliked=torch.tensor([[ABSENT, 9], [ABSENT, 9]]),
    )
    packed = template().pack(HISTORY, CANDIDATES, pieces=pieces)
    titles = prompt_titles(tiny_films(), "when-ambiguous")
    assert text_of(packed, 0) == (
        "Likes: comedy, 1990s.\nDislikes: horror.\n"
        f"Liked: {titles[7]}[7]; {titles[8]}[8];\nDisliked: {titles[9]}[9];\n"
        f"This user has watched: {titles[3]}[3]; {titles[17]}[17];\nWill the user watch next:"
    )
    assert text_of(packed, 1) == (
        f"Dislikes: horror.\nDisliked: {titles[9]}[9];\nThis user has watched: {titles[5]}[5];\nWill the user watch next:"
    )
    lengths = template().lengths(HISTORY, CANDIDATES, pieces)
    assert lengths.tolist() == [int((branch != ABSENT).sum()) for branch in packed.branch]


def test_silent_pieces_leave_the_prompt_as_it_is():
    silent = OptionalPieces(torch.zeros(2, 3, dtype=torch.long), torch.full((2, 4), ABSENT), torch.full((2, 4), ABSENT))
    plain, packed = template().pack(HISTORY, CANDIDATES), template().pack(HISTORY, CANDIDATES, pieces=silent)
    for name in ("tokens", "behaviour", "branch", "position", "readout"):
        assert torch.equal(getattr(plain, name), getattr(packed, name)), name


def test_neutral_titles_are_all_the_same_and_keep_the_slots():
    packed = template().pack(HISTORY, CANDIDATES, neutral_titles=True)
    assert text_of(packed, 0) == "This user has watched: a movie[3]; a movie[17];\nWill the user watch next:"
    assert packed.behaviour.gather(1, packed.readout - 1).tolist() == CANDIDATES.tolist()


def test_the_first_title_is_predicted_from_the_places_before_it():
    packed = template().pack(HISTORY, CANDIDATES)
    places, tokens, is_title = packed.first_title()
    titles, tokenizer = prompt_titles(tiny_films(), "when-ambiguous"), Tokenizer.from_gguf(tiny_gguf())
    for row, film in enumerate(CANDIDATES[:, 0].tolist()):
        expected = tokenizer.encode(" " + titles[film])
        assert tokens[row][is_title[row]].tolist() == expected
        first = packed.branch[row].tolist().index(1)
        assert places[row][is_title[row]].tolist() == list(range(first - 1, first - 1 + len(expected)))


def spaced_films() -> list[Film]:
    """Films of two genres, drama and comedy by turns, all as popular as one another."""
    return [Film(i, i, str(i), 1990, (("Drama",), ("Comedy",))[i % 2], 0) for i in range(24)]


def spaced_data() -> Dataset:
    """Half of the users keep dramas and leave comedies, the others the reverse."""
    rng = np.random.default_rng(0)
    users = []
    for number in range(20):
        items = rng.permutation(24)[:16]
        users.append(User(items, items % 2 == number % 2))
    return Dataset(spaced_films(), users, "0" * 64)


COMEDY, DRAMA = (PHRASES.index(name) for name in ("comedy", "drama"))


def test_a_persona_is_what_sets_a_user_apart():
    tastes = Tastes.of(spaced_data(), CPU)
    films = torch.tensor([[1, 3, 5, 7, 9], [1, 3, 5, 7, 9], [0, 1, 2, 3, ABSENT], [ABSENT] * 5])
    signs = torch.tensor([[1.0] * 5, [-1.0] * 5, [1.0] * 4 + [0.0], [0.0] * 5])
    persona = tastes.persona(films, signs)
    assert persona[:, COMEDY].tolist() == [1, -1, 0, 0]
    assert persona[0, DRAMA] <= 0 <= persona[1, DRAMA]
    assert not persona[3].any()
    assert (persona != 0).sum(1).max() <= MOST_DIRECTIONS


def test_the_inference_of_training_is_that_of_the_app():
    data = spaced_data()
    space, prior = TasteSpace.of(data, data.bounds("train")), fit_taste_prior(data)
    films, signs = torch.tensor([[1, 3, 4, 8], [0, 2, 5, ABSENT]]), torch.tensor([[1.0, 1.0, -1.0, 1.0], [-1.0, 1.0, 1.0, 0.0]])
    chance = Tastes.with_prior(space, prior, CPU).probabilities(films, signs)
    for row in range(2):
        known = films[row] != ABSENT
        rows, weights = space.rating_rows(films[row][known].numpy(), signs[row][known].numpy().astype(np.int8))
        found = posterior(prior, rows[None], weights[None])
        z = (found.mode[0] - prior.mean) / np.sqrt(np.diagonal(found.covariance[0]))
        expected = torch.special.ndtr(torch.from_numpy(z))
        assert (chance[row] - expected).abs().max() < 0.02


def test_made_up_personas_have_one_to_six_directions_of_both_signs():
    generator = torch.Generator().manual_seed(0)
    tastes = Tastes.of(spaced_data(), CPU)
    persona = tastes.made_up(lambda *shape: torch.rand(shape, generator=generator), 500)
    assert set((persona != 0).sum(1).tolist()) == {1, 2, 3, 4, 5, 6}
    assert abs(float(persona.float().mean())) < 0.01
    steering = tastes.steering(torch.eye(len(PHRASES), dtype=torch.long)[[COMEDY]], torch.tensor([[0, 1]]))
    assert steering.tolist() == [[0.0, STEER]]


def test_a_persona_is_drawn_from_few_ratings_before_the_target():
    data = tiny_dataset()
    table = WindowTable(data, data.bounds("train"), 1, CPU)
    opinions, every = Opinions(data, table, CPU), torch.arange(len(table))
    generator = torch.Generator().manual_seed(0)
    noise, number = (torch.rand(len(every), n, generator=generator) for n in (ITEMS, 2))
    films, signs = opinions.drawn(every, noise, number)
    before = opinions.before(every)
    assert torch.equal((films != ABSENT), signs != 0)
    for row in range(len(every)):
        there = films[row] != ABSENT
        assert before[row, films[row][there]].tolist() == signs[row][there].tolist()
    counts = set((signs != 0).sum(1).tolist())
    assert 0 in counts and 1 in counts and max(counts) > 8


def test_opinions_are_of_what_was_rated_before_and_examples_are_not_in_the_history():
    data = tiny_dataset()
    table = WindowTable(data, data.bounds("train"), 1, CPU)
    opinions, every = Opinions(data, table, CPU), torch.arange(len(table))
    before = opinions.before(every)
    for row, window in enumerate(data.windows("train", 1)):
        user = data.users[window.user]
        kept = dict(zip(user.items.tolist(), user.kept.tolist(), strict=True))
        expected = {film: 1 if kept[film] else -1 for film in window.seen.tolist()}
        assert {film: int(before[row, film]) for film in before[row].nonzero()[:, 0].tolist()} == expected
    shown = table.histories(every, 2)
    generator = torch.Generator().manual_seed(0)
    noise, number = (torch.rand(len(every), n, generator=generator) for n in (ITEMS, 2))
    liked, disliked = opinions.examples(every, shown, noise, number)
    counts = set()
    for row in range(len(every)):
        for films, sign in ((liked[row], 1), (disliked[row], -1)):
            there = [film for film in films.tolist() if film != ABSENT]
            assert len(set(there)) == len(there) and not set(there) & set(shown[row].tolist())
            assert all(before[row, film] == sign for film in there)
            counts.add(len(there))
    assert counts == set(range(MOST_EXAMPLES + 1))


def test_a_share_of_examples_carries_the_pieces():
    model, data = tiny_recommender(), tiny_dataset()
    plain = replace(SETTINGS, batch=64)
    told = replace(plain, in_context=0.5)
    training = TrainingData.of(data, told, [own_source(data, model.sasrec)], CPU)
    (before,), (after,) = (Draw(model, training, s, 0, True).batches() for s in (plain, told))
    longer = (after.prompts.branch == 0).sum(1) > (before.prompts.branch == 0).sum(1)
    assert 0.2 < longer.float().mean() < 0.6  # some users have nothing to show
    same = ~longer
    width = min(before.prompts.tokens.shape[1], after.prompts.tokens.shape[1])
    assert torch.equal(before.prompts.tokens[same][:, :width], after.prompts.tokens[same][:, :width])


def steered_batch(share: float, hybrid: bool = True):
    model, data = tiny_recommender(), tiny_dataset()
    settings = replace(SETTINGS, batch=64, steered=share)
    training = TrainingData.of(data, settings, [own_source(data, model.sasrec)], CPU)
    draw = Draw(model, training, settings, 0, hybrid)
    (batch,) = draw.batches()
    return model, settings, training, draw, batch


def test_a_steered_slate_holds_films_of_a_direction_that_speaks():
    _, settings, training, draw, batch = steered_batch(0.5)
    assert 20 < int(batch.steered.rows.sum()) < 44
    persona, slates = draw._pieces_shown.persona, draw._candidates
    assert all(len(set(slate)) == len(slate) for slate in slates.tolist())
    wholly = training.tastes.attributes[slates] >= 0.75
    share = round(0.4 * slates.shape[1])
    spoken = persona[:, None, :] != 0
    counts = (wholly & spoken).sum(1).max(1).values[batch.steered.rows]
    enough = (training.tastes.attributes >= 0.75).sum(0) >= share
    possible = (enough | (persona == 0)).all(1)[batch.steered.rows]
    assert possible.sum() > 2 and (counts >= share)[possible].all()
    plain = Draw(draw._model, training, replace(settings, steered=0.0, persona=1e-9), 0, True)
    rest = ~batch.steered.rows
    assert torch.equal(slates[rest], plain._candidates[rest])
    assert not persona[rest].any()


@pytest.mark.parametrize("hybrid", [True, False])
def test_steering_is_measured_from_what_the_model_says_without_persona(hybrid):
    model, settings, _, draw, batch = steered_batch(0.5, hybrid)
    without = draw._model.pack(draw._history, draw._candidates)
    width = without.tokens.shape[1]
    assert torch.equal(batch.steered.without_persona.tokens[:, :width], without.tokens)
    gate = torch.where(batch.uniform_gate[:, None], 1.0, model.gates(batch.history, batch.state))
    with torch.no_grad():
        before = model.verdicts_of(
            model.residual_at(without, gate, without.readout, ~torch.full_like(without.tokens, hybrid).bool())
        )
    reached = replace(batch, steered=replace(batch.steered, nats=2.0 * batch.steered.nats))
    for case, nats in ((batch, batch.steered.nats), (reached, 2.0 * batch.steered.nats)):
        divergence, moved = _steering(model, case, case.steered, gate, before + nats)
        assert divergence.abs().max() < 1e-4
        assert torch.allclose(moved, (before + nats).logsumexp(1) - before.logsumexp(1), atol=1e-4)
    missed, _ = _steering(model, batch, batch.steered, gate, before)
    speaks = batch.steered.nats.std(1) > 0.5
    assert (missed[speaks] > 0.01).all()
    losses = batch_loss(model, batch, settings)
    assert float(losses.terms["steering"]) > 0


def test_personas_train_for_a_few_steps():
    model, data = tiny_recommender(randomise=False), tiny_dataset()
    settings = replace(SETTINGS, steps=3, persona=0.25, steered=0.25, in_context=0.5)
    run = train_adapter(model, data, settings, log=lambda _: None)
    assert len(run.loss_curve) == 3 and all(np.isfinite(loss) for _, loss in run.loss_curve)


def test_shares_of_personas_are_of_the_same_examples():
    with pytest.raises(TrainingError, match="steered"):
        replace(SETTINGS, persona=0.6, steered=0.5)
    with pytest.raises(TrainingError, match="steered_first"):
        replace(SETTINGS, steered_first=0.2)


def test_a_pack_says_which_pieces_it_was_trained_to_read():
    def of(**adapter: float) -> dict[str, list[str]]:
        return _pieces({"settings": {"adapter": adapter}})

    assert of(persona=0.0, steered=0.0, in_context=0.0) == {} == _pieces({})
    assert of(steered=0.1) == {"pieces": ["persona"]}
    assert of(persona=0.2, in_context=0.5) == {"pieces": ["persona", "examples"]}
