import torch
from tiny import ITEMS, tiny_films, tiny_recommender

from becausal_training.catalogue import prompt_titles
from becausal_training.prompt import ABSENT, pad_left
from becausal_training.tokenizer import Tokenizer

HISTORIES = [[3, 17, 0], [], list(range(20, 32))]
CANDIDATES = torch.tensor([[5, 6], [0, 39], [38, 1]])


def plain_prompt(tokenizer: Tokenizer, history: list[int], candidates: list[int]) -> list[tuple[int, int, int, int]]:
    """The template written out slot by slot: (token, behaviour, branch, position)."""
    titles = prompt_titles(tiny_films(), "when-ambiguous")
    slots = [(token, ABSENT, 0) for token in tokenizer.encode("This user has watched:")]
    for item in history[-10:]:
        slots += [(token, ABSENT, 0) for token in tokenizer.encode(" " + titles[item])[:18]]
        slots += [(0, item, 0), (tokenizer.single(";"), ABSENT, 0)]
    slots += [(token, ABSENT, 0) for token in tokenizer.encode("\nWill the user watch next:")]
    prefix = len(slots)
    placed = [(*slot, position) for position, slot in enumerate(slots)]
    for branch, item in enumerate(candidates, 1):
        own = [(token, ABSENT, branch) for token in tokenizer.encode(" " + titles[item])[:18]]
        own += [(0, item, branch), (tokenizer.single("?"), ABSENT, branch)]
        placed += [(*slot, prefix + offset) for offset, slot in enumerate(own)]
    return placed


def test_packed_prompts_are_the_template_written_out():
    from tiny import tiny_gguf

    model, tokenizer = tiny_recommender(), Tokenizer.from_gguf(tiny_gguf())
    packed = model.template.pack(pad_left(HISTORIES, 10), CANDIDATES)
    for row, history in enumerate(HISTORIES):
        plain = plain_prompt(tokenizer, history, CANDIDATES[row].tolist())
        arrays = (packed.tokens, packed.behaviour, packed.branch, packed.position)
        got = list(zip(*(array[row, : len(plain)].tolist() for array in arrays), strict=True))
        assert got == plain
        assert (packed.branch[row, len(plain) :] == ABSENT).all()
        ends = [i for i in range(len(plain)) if plain[i][2] > 0 and (i + 1 == len(plain) or plain[i + 1][2] != plain[i][2])]
        assert packed.readout[row].tolist() == ends
    assert model.template.lengths(pad_left(HISTORIES, 10), CANDIDATES).tolist() == [
        len(plain_prompt(tokenizer, h, c)) for h, c in zip(HISTORIES, CANDIDATES.tolist(), strict=True)
    ]


def test_a_token_sees_the_prefix_and_its_own_branch_only():
    packed = tiny_recommender().template.pack(pad_left(HISTORIES, 10), CANDIDATES)
    mask = packed.attention_mask()
    for row in range(3):
        branch = packed.branch[row].tolist()
        for query in range(0, len(branch), 7):
            if branch[query] == ABSENT:
                continue
            seen = {k for k in range(query + 1) if branch[k] == 0 or branch[k] == branch[query]}
            assert set(torch.nonzero(mask[row, query])[:, 0].tolist()) == seen


def test_no_prompt_mentions_a_film_that_does_not_exist():
    packed = tiny_recommender().template.pack(pad_left(HISTORIES, 10), CANDIDATES)
    assert packed.behaviour.max() < ITEMS
