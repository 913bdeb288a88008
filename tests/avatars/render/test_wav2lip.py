"""Wav2Lip with random weights of the right shape, and with wrong ones."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
import torch

from avatars.render.base import Pictures, RenderFailed, Table
from avatars.render.mel import spectrogram, windows
from avatars.render.wav2lip import Box, Wav2LipRenderer
from avatars.render.wav2lip_net import Wav2Lip, load_weights

torch.set_num_threads(1)
BOX = Box(left=20, top=10, right=84, bottom=90)
TABLE = np.zeros((3, 57), np.float32)


class Grey:
    """A base of one shade, brighter by 20 with each frame."""

    size = (112, 100)
    most = 8

    def render(self, table: Table) -> Pictures:
        shades = np.arange(len(table), dtype=np.uint8) * 20 + 80
        return np.broadcast_to(shades[:, None, None, None], (len(table), 100, 112, 3)).copy()


def weights(divisor: int) -> dict[str, torch.Tensor]:
    """Random, but strong enough that the sound reaches the picture through all layers."""
    with torch.random.fork_rng():
        torch.manual_seed(3)
        state = Wav2Lip(divisor).state_dict()
        for name, value in state.items():
            if name.endswith("conv_block.0.weight"):
                torch.nn.init.kaiming_normal_(value)
        return state


@pytest.fixture(scope="module")
def narrow(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("weights") / "narrow.pth"
    torch.save({"state_dict": {"module." + name: value for name, value in weights(8).items()}, "global_step": 7}, path)
    return path


def refused(path: Path) -> str:
    with pytest.raises(RenderFailed) as caught:
        load_weights(path)
    return caught.value.code


def tone(seconds: float) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    t = np.arange(int(seconds * 16_000)) / 16_000
    return (0.5 * np.sin(2 * np.pi * 440 * t)).astype(np.float32)


def test_it_takes_state_dicts_with_and_without_prefix_at_any_width(narrow: Path, tmp_path: Path) -> None:
    torch.save(weights(16), tmp_path / "plain.pt")
    for path, top in ((narrow, 64), (tmp_path / "plain.pt", 32)):
        network = load_weights(path)
        assert not network.training
        assert network.face_decoder_blocks[0][0].conv_block[0].weight.shape[0] == top  # type: ignore[index]


def test_it_has_the_published_networks_parameters() -> None:
    with torch.device("meta"):
        network = Wav2Lip()
    assert sum(value.numel() for value in network.parameters()) == 36_298_035
    names = network.state_dict()
    assert len(names) == 352
    assert names["face_encoder_blocks.0.0.conv_block.0.weight"].shape == (16, 6, 7, 7)
    assert names["face_decoder_blocks.6.0.conv_block.0.weight"].shape == (160, 64, 3, 3)
    assert names["audio_encoder.12.conv_block.1.running_mean"].shape == (512,)
    assert names["output_block.1.weight"].shape == (3, 32, 1, 1)


def test_it_changes_the_lower_face_with_the_sound_and_nothing_else(narrow: Path) -> None:
    renderer = Wav2LipRenderer(narrow, Grey(), BOX)
    silent, loud = (renderer.render_spoken(TABLE, sound, 25) for sound in (np.zeros(100, np.float32), tone(1)))
    base = Grey().render(TABLE)
    assert (renderer.render(TABLE) == base).all()
    changed = (loud != base).any(-1)
    assert changed[:, 60:80, 40:70].mean() > 0.8
    changed[:, BOX.top + 36 : BOX.bottom, BOX.left : BOX.right] = False
    assert not changed.any()
    assert (silent != loud).any()


def test_it_refuses_boxes_outside_the_picture(narrow: Path) -> None:
    for wrong in (
        Box(left=-1, top=0, right=60, bottom=60),
        Box(left=0, top=0, right=60, bottom=101),
        Box(left=0, top=0, right=20, bottom=60),
    ):
        with pytest.raises(RenderFailed) as caught:
            Wav2LipRenderer(narrow, Grey(), wrong)
        assert caught.value.code == "bad_box"


def test_it_refuses_weights_that_do_not_fit(tmp_path: Path) -> None:
    path = tmp_path / "wrong.pth"
    state = weights(16)
    for change in (
        {name: value for name, value in state.items() if name != "output_block.1.bias"},
        state | {"output_block.1.bias": torch.zeros(4)},
        state | {"more": torch.zeros(1)},
        {"a": torch.zeros(1)},
        state | {"face_decoder_blocks.0.0.conv_block.0.weight": torch.zeros(33, 33, 1, 1)},
    ):
        torch.save(change, path)
        assert refused(path) == "weights_wrong_shape"


class Trap:
    """Would make a file if a loader executed the pickle."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, tuple[Path]]:
        return Path.touch, (self.mark,)


@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
def test_it_executes_nothing_of_a_file(tmp_path: Path) -> None:
    torch.save({"state_dict": Trap(tmp_path / "executed")}, tmp_path / "trap.pth")
    (tmp_path / "bare.pth").write_bytes(pickle.dumps(Trap(tmp_path / "executed")))
    (tmp_path / "text.pth").write_text("no weights")
    torch.save([1, 2], tmp_path / "list.pth")
    for name in ("trap", "bare", "text", "list"):
        assert refused(tmp_path / f"{name}.pth") == "weights_unreadable"
    assert not (tmp_path / "executed").exists()
    assert refused(tmp_path / "none.pth") == "weights_missing"


def test_it_hears_a_tone_in_its_band_and_silence_as_the_floor() -> None:
    mel = spectrogram(tone(1))
    assert mel.shape == (80, 81)
    assert (spectrogram(np.zeros(16_000, np.float32)) == -4).all()
    # 440 Hz of Slaney's scale is mel 6.6; the 82 edges from 0.825 to 45.25 are 0.548 apart.
    assert abs(int(mel[:, 40].argmax()) - (6.6 - 0.825) / 0.548 + 1) < 1


def test_it_gives_each_frame_the_sound_that_begins_with_it() -> None:
    sound = np.concatenate([np.zeros(8000, np.float32), tone(0.5)])
    heard = windows(sound, 30, 25)
    assert heard.shape == (30, 1, 80, 16)
    loudness = heard.max((1, 2, 3))
    assert loudness[:5].max() < -3
    assert loudness[10:20].min() > 0
    assert loudness[27:].max() < 0
    assert windows(sound, 0, 25).shape == (0, 1, 80, 16)
