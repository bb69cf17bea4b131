"""Personas and examples: what they say, where they stand in a prompt, and that prompts without them are as before."""

from dataclasses import replace

import pytest
import torch
from test_objectives import SETTINGS
from tiny import ITEMS, tiny_dataset, tiny_films, tiny_gguf, tiny_recommender

from becausal_training.batches import Draw, TrainingData
from becausal_training.catalogue import Film, prompt_titles
from becausal_training.crossfit import own_source
from becausal_training.personas import MOST_EXAMPLES, Opinions, Tastes, direction_names
from becausal_training.prompt import ABSENT, OptionalPieces, PromptTemplate, pad_left
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


def test_directions_are_genres_then_eras():
    films = [
        Film(0, 0, "a", 1994, ("Horror", "Comedy"), 1),
        Film(1, 1, "b", 1955, ("Drama",), 1),
        Film(2, 2, "c", None, (), 1),
    ]
    assert direction_names(films) == ["comedy", "drama", "horror", "films before 1960", "1990s"]


def test_a_persona_is_what_is_rated_unlike_everyone_does():
    genres = (("Drama",), ("Comedy",), ("Horror",))
    films = [Film(i, i, str(i), 1990, genres[i % 3], 10) for i in range(12)]
    tastes = Tastes.of(films, CPU)  # comedy, drama, horror, 1990s
    opinions = torch.zeros(4, 12)
    opinions[0, [1, 4]] = 1  # two comedies
    opinions[1, [0, 1, 2]] = 1  # one of each, as everyone
    opinions[2, [2, 5, 8]] = -1  # three horror films disliked
    assert tastes.persona(opinions).tolist() == [[1, -1, -1, 0], [0, 0, 0, 0], [1, 1, -1, 0], [0, 0, 0, 0]]
    # By hand: two liked comedies, expected 2/3 of one, spread sqrt(2 * 1/3 * 2/3); the others fall short by as much as -1 sd.
    assert tastes.expected.tolist() == pytest.approx([1 / 3, 1 / 3, 1 / 3, 1.0])


def test_at_most_six_directions_speak():
    films = [Film(i, i, str(i), None, tuple(f"g{j:02d}" for j in range(12) if (i >> (j % 4)) & 1), 1) for i in range(16)]
    opinions = torch.zeros(1, 16)
    opinions[0, 15], opinions[0, 0] = 1, -1
    persona = Tastes.of(films, CPU).persona(opinions)
    assert persona[0].abs().sum() == 6 and persona[0, :6].tolist() == [1] * 6


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
    everyone = Draw(model, training, replace(plain, persona=1.0), 0, True).batches()[0]
    assert (everyone.prompts.readout[:, -1] >= before.prompts.readout[:, -1]).all()
    assert (everyone.prompts.readout[:, -1] > before.prompts.readout[:, -1]).any()
