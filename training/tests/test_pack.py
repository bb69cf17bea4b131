from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from tiny import ITEMS, tiny_dataset, tiny_gguf, tiny_recommender

from becausal_training import pack as packs
from becausal_training.adapter_file import LowRankType, load_adapter, quantise_factor
from becausal_training.base import SOURCE_SHA256, base_sha256
from becausal_training.errors import TrainingError
from becausal_training.files import read_json, write_json
from becausal_training.goldens import write_goldens
from becausal_training.interactions import Dataset, split_points
from becausal_training.pack import PackRecord, load_pack, write_pack
from becausal_training.paths import BASE_12
from becausal_training.prompt import pad_left


@pytest.fixture()
def tiny_base(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packs, "read_base_layers", lambda _: tiny_gguf())


def write(folder: Path, data: Dataset, low_rank: LowRankType = "I8") -> None:
    training = {"commit": "c", "dataSha256": data.data_sha256}
    write_pack(folder, tiny_recommender(), data, PackRecord("when-ambiguous", training, [1, 2], [3, 4]), low_rank)


@pytest.fixture()
def written(tiny_base: None, tmp_path: Path) -> Path:
    write(tmp_path / "tiny", tiny_dataset())
    return tmp_path / "tiny"


@pytest.mark.parametrize("low_rank", ["F16", "I8"])
def test_a_written_pack_scores_like_the_rounded_model(low_rank: LowRankType, tiny_base: None, tmp_path: Path):
    write(tmp_path, tiny_dataset(), low_rank)
    model = tiny_recommender()
    with torch.no_grad():
        for name, parameter in model.lm.blocks.named_parameters():
            axis = 1 if name.endswith("lora_a") else 0  # along which a rank's numbers lie
            step = parameter.abs().amax(axis, keepdim=True) / 127
            parameter.copy_(parameter.half().float() if low_rank == "F16" else (parameter / step.clamp(1e-30)).round() * step)
        model.fold_units()
        for parameter in model.projector.parameters():
            parameter.copy_(parameter.half().float())
        history, candidates = pad_left([[3, 9]], 12), torch.tensor([[0, 7, 30]])
        for exported, trained in zip(
            load_pack(tmp_path).score(history, candidates), model.score(history, candidates), strict=True
        ):
            assert torch.allclose(exported, trained, atol=1e-4)


def test_eight_bits_take_half_the_space_and_change_little(tiny_base: None, tmp_path: Path):
    sizes, verdicts = {}, {}
    history, candidates = pad_left([[3, 9]], 12), torch.tensor([[0, 7, 30]])
    for low_rank in ("F16", "I8"):
        write(tmp_path / low_rank, tiny_dataset(), low_rank)
        tensors = load_file(tmp_path / low_rank / "adapter.safetensors")
        sizes[low_rank] = sum(t.nbytes for name, t in tensors.items() if name.startswith("blk.") and "scale" not in name)
        with torch.no_grad():
            verdicts[low_rank] = load_pack(tmp_path / low_rank).score(history, candidates)[0]
    assert sizes["I8"] * 2 == sizes["F16"]
    difference = (verdicts["I8"] - verdicts["F16"]).abs().max()
    assert 0 < difference < 0.2  # random factors, far larger than trained ones


def test_a_factor_comes_back_within_half_a_step_of_its_rank():
    values = torch.randn(4, 50) * torch.tensor([[1e-6], [1.0], [100.0], [0.0]])
    for axis, factor in ((0, values), (1, values.T)):
        q, scale = quantise_factor(factor, axis)
        back = q.float() * scale.unsqueeze(1 - axis)
        assert (q.abs().amax(1 - axis) == torch.tensor([127, 127, 127, 0])).all()
        assert ((back - factor).abs() <= scale.unsqueeze(1 - axis) * 0.5001).all()


def adapter_of(written: Path) -> dict[str, torch.Tensor]:
    return load_file(written / "adapter.safetensors")


A = "blk.0.ffn_down.lora_a"


@pytest.mark.parametrize(
    ("change", "refused"),
    [
        (lambda t: t.pop(f"{A}.scale"), "lacks or has too many tensors"),
        (lambda t: t.pop("verdict_head"), "lacks or has too many tensors"),
        (lambda t: t.update(extra=torch.zeros(1)), "lacks or has too many tensors"),
        (lambda t: t.update({f"{A}.scale": torch.ones(3)}), "must hold 8 finite float32 numbers"),
        (lambda t: t.update({f"{A}.scale": torch.full((8,), torch.nan)}), "must hold 8 finite float32 numbers"),
        (lambda t: t.update({f"{A}.scale": torch.ones(8).half()}), "must hold 8 finite float32 numbers"),
        (lambda t: t.update({A: t[A][:, :5]}), r"is \[8, 5\], expected \[8, 48\]"),
        (lambda t: t.update(verdict_head=torch.ones(32).to(torch.int8)), "low-rank factors are float16 or int8"),
        (lambda t: t.update({A: t[A].double(), f"{A}.scale": None}), "low-rank factors are float16 or int8"),
    ],
)
def test_a_hostile_adapter_is_refused_by_name(change: Callable[[dict], object], refused: str, written: Path):
    tensors = adapter_of(written)
    change(tensors)
    with pytest.raises(TrainingError, match=refused):
        load_adapter(tiny_recommender(), {name: tensor for name, tensor in tensors.items() if tensor is not None})


def test_a_diverged_run_is_not_exported(tiny_base: None, tmp_path: Path):
    model = tiny_recommender()
    with torch.no_grad():
        model.get_parameter("projector.2.bias")[0] = 1e6  # beyond float16
    with pytest.raises(TrainingError, match=r"projector.2.bias is not finite as torch.float16"):
        write_pack(tmp_path, model, tiny_dataset(), PackRecord("when-ambiguous", {}, [1], [2]))


def without_titles() -> Dataset:
    data = tiny_dataset()
    return replace(data, about=replace(data.about, name="secret", shares_titles=False))


def test_a_pack_whose_licence_keeps_titles_back_holds_none(tiny_base: None, tmp_path: Path):
    data = without_titles()
    write(tmp_path, data)
    text = (tmp_path / "catalogue.json").read_text() + (tmp_path / "manifest.json").read_text()
    assert not [film.title for film in data.films if film.title in text]
    assert read_json(tmp_path / "catalogue.json")["items"][7] == {"id": 7, "movieId": 107, "popularity": ITEMS - 7}
    assert read_json(tmp_path / "manifest.json")["catalogue"]["titles"] == "needed"
    with pytest.raises(TrainingError, match="data --dataset secret"):
        load_pack(tmp_path)
    write(tmp_path / "open", tiny_dataset())
    history, candidates = pad_left([[3, 9]], 12), torch.tensor([[0, 7, 30]])
    with torch.no_grad():
        own = load_pack(tmp_path, films=data.films).score(history, candidates)[0]
        assert torch.equal(own, load_pack(tmp_path / "open").score(history, candidates)[0])


def test_other_titles_than_the_trained_ones_are_refused(tiny_base: None, tmp_path: Path):
    data = without_titles()
    write(tmp_path, data)
    renamed = [*data.films[:-1], replace(data.films[-1], title="beech")]
    with pytest.raises(TrainingError, match=r"not those .* was trained with"):
        load_pack(tmp_path, films=renamed)
    with pytest.raises(TrainingError, match="films given are not those"):
        load_pack(tmp_path, films=data.films[::-1])


def test_a_pack_names_the_file_its_depth_runs_on():
    assert base_sha256(6) == base_sha256(12) == read_json(BASE_12 / "manifest.json")["sha256"]
    assert base_sha256(13) == base_sha256(30) == SOURCE_SHA256


def test_a_pack_of_an_unknown_base_is_refused(written: Path):
    manifest = read_json(written / "manifest.json")
    write_json(written / "manifest.json", manifest | {"base": {"sha256": "0" * 64, "layers": 2}})
    with pytest.raises(TrainingError, match="trained on a base of sha256 0000"):
        load_pack(written)


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
    for file in ("blocks.json", "slates.json", "token-log-probs.json"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()
    assert len(read_json(tmp_path / "a" / "slates.json")["slates"]) == 5


def test_goldens_of_other_data_are_refused(written: Path, tmp_path: Path):
    other = replace(tiny_dataset(), data_sha256="1" * 64)
    with pytest.raises(TrainingError, match="was trained on data 0000"):
        write_goldens(written, other, tmp_path)


def test_users_are_split_eighty_ten_ten():
    assert split_points(671) == (537, 604)
