from dataclasses import replace
from pathlib import Path

import pytest
import torch
from tiny import tiny_dataset, tiny_gguf, tiny_recommender

from becausal_training import pack as packs
from becausal_training.errors import TrainingError
from becausal_training.files import read_json
from becausal_training.goldens import write_goldens
from becausal_training.interactions import split_points
from becausal_training.pack import PackRecord, load_pack, write_pack
from becausal_training.prompt import pad_left


@pytest.fixture()
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(packs, "read_base", lambda _: tiny_gguf())
    folder = tmp_path / "tiny"
    training = {"commit": "c", "dataSha256": tiny_dataset().data_sha256}
    write_pack(folder, tiny_recommender(), tiny_dataset(), PackRecord("when-ambiguous", training, [1, 2], [3, 4]))
    return folder


def test_a_written_pack_scores_like_the_rounded_model(written: Path):
    model = tiny_recommender()
    for block in model.lm.blocks:
        for name, parameter in block.named_parameters():
            assert "lora" in name
            parameter.data = parameter.data.half().float()
    history, candidates = pad_left([[3, 9]], 12), torch.tensor([[0, 7, 30]])
    with torch.no_grad():
        for exported, trained in zip(
            load_pack(written).score(history, candidates), model.score(history, candidates), strict=True
        ):
            assert torch.allclose(exported, trained, atol=1e-4)


def test_the_probe_is_what_the_pack_scores(written: Path):
    probe = read_json(written / "manifest.json")["probe"]
    with torch.no_grad():
        verdicts, _ = load_pack(written).score(pad_left([probe["history"]], 12), torch.tensor([probe["candidates"]]))
    assert verdicts[0].tolist() == pytest.approx(probe["verdictLogOdds"], abs=1e-4)


def test_an_altered_file_is_refused(written: Path):
    data = bytearray((written / "adapter.safetensors").read_bytes())
    data[-1] ^= 1
    (written / "adapter.safetensors").write_bytes(data)
    with pytest.raises(TrainingError, match=r"adapter.safetensors does not match"):
        load_pack(written)


def test_goldens_are_the_same_twice(written: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("becausal_training.goldens.SLATES", 5)
    monkeypatch.setattr("becausal_training.goldens.CANDIDATES", 6)
    for name in "ab":
        write_goldens(written, tiny_dataset(), tmp_path / name)
    for file in ("blocks.json", "slates.json"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()
    assert len(read_json(tmp_path / "a" / "slates.json")["slates"]) == 5


def test_goldens_of_other_data_are_refused(written: Path, tmp_path: Path):
    other = replace(tiny_dataset(), data_sha256="1" * 64)
    with pytest.raises(TrainingError, match="was trained on data 0000"):
        write_goldens(written, other, tmp_path)


def test_users_are_split_eighty_ten_ten():
    assert split_points(671) == (537, 604)
