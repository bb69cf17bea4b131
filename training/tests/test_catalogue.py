import pytest
from tiny import tiny_films

from becausal_training.catalogue import move_articles, prompt_titles, title_tokens_sha256
from becausal_training.files import sha256


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ("Matrix, The", "The Matrix"),
        ("Good, the Bad and the Ugly, The (Buono, il brutto, il cattivo, Il)",
         "The Good, the Bad and the Ugly (Il Buono, il brutto, il cattivo)"),
        ("Avventura, L' (Adventure, The)", "L'Avventura (The Adventure)"),
        ("Human Centipede II (Full Sequence), The", "The Human Centipede II (Full Sequence)"),
        ("Librarian, The: The Curse of the Judas Chalice", "The Librarian: The Curse of the Judas Chalice"),
        ("Hidden (a.k.a. Cache, The) (Caché)", "Hidden (a.k.a. The Cache) (Caché)"),
        ("Corrina, Corrina", "Corrina, Corrina"),
        ("Blind Side, The ", "The Blind Side"),
        ("Sam, I", "Sam, I"),
    ],
)  # fmt: skip
def test_articles_move_to_the_front(stored: str, shown: str):
    assert move_articles(stored) == shown


def test_years_appear_where_the_rule_says():
    films = tiny_films()
    assert prompt_titles(films, "always")[1] == "elm 0 (1981)"
    assert prompt_titles(films, "always")[0] == "oak 0"  # it has no year
    shared = prompt_titles(films, "when-ambiguous")
    assert shared[1] == "elm 0 (1981)" and shared[6] == "elm 0 (1986)"
    assert prompt_titles(films[:5], "when-ambiguous") == [film.title for film in films[:5]]


def test_the_token_hash_is_that_of_counted_little_endian_ids():
    assert title_tokens_sha256([[1, 2], []]) == sha256(bytes([2, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0]))
