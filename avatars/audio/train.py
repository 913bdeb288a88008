"""Trains the viseme network: `nice -n 19 python -m avatars.audio.train [--cache FOLDER] [--minutes 5] [--continued]`.

Speech is synthesised once, by all voices that are installed here (`make voices`, extra espeak), and kept in the cache
folder outside the repository. `--continued` begins with the weights that are there and disturbs the speech in other ways.
Weights go to avatars/audio/weights; MODEL_CARD.md tells what the committed ones were trained on.
"""

import argparse
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.numpy import save_file
from torch import Tensor, nn

from avatars.audio.augment import disturbed
from avatars.audio.corpus import Utterance, corpus
from avatars.audio.features import BANDS, HOP, Features, Floats
from avatars.audio.network import LOOK_AHEAD, WEIGHTS, committed
from avatars.audio.trainable import TrainableNetwork
from avatars.face.visemes import VISEMES

SEED = 4
_VERSIONS = 3  # of each utterance
_BATCH, _LENGTH, _WARM_UP = 24, 224, 64  # utterance pieces, frames of each, frames that only fill the memory
_RATE, _CONTINUED_RATE = 3e-3, 1e-3
_WEIGHT = {"sil": 0.8, "FF": 1.2, "TH": 1.5}
_SOFT = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """`frames`: (N, 80) float16; `labels`: (N,) uint8, of the frame LOOK_AHEAD earlier."""

    frames: NDArray[np.float16]
    labels: NDArray[np.uint8]


def main() -> None:
    """Make the speech, train, write the weights."""
    options = argparse.ArgumentParser(prog="avatars.audio.train")
    options.add_argument("--cache", type=Path, default=Path.home() / ".cache" / "visavis" / "visemes")
    options.add_argument("--minutes", type=float, default=5.0)
    options.add_argument("--continued", action="store_true")
    chosen = options.parse_args()
    torch.set_num_threads(1)
    seed = SEED + 100 * chosen.continued
    torch.manual_seed(seed)
    utterances = corpus(chosen.cache, "train")
    _say(f"{len(utterances)} utterances, {sum(len(one.labels) for one in utterances) / 6000:.1f} min")
    begun = TrainableNetwork.unfolded(committed()) if chosen.continued else TrainableNetwork().train()
    rate = _CONTINUED_RATE if chosen.continued else _RATE
    network = trained(begun, material(utterances, seed), seconds=60 * chosen.minutes, rate=rate, seed=seed)
    WEIGHTS.parent.mkdir(exist_ok=True)
    save_file({name: table.astype(np.float16) for name, table in network.folded().items()}, WEIGHTS)
    _say(f"wrote {WEIGHTS}, {WEIGHTS.stat().st_size / 1e6:.2f} MB")


def material(utterances: list[Utterance], seed: int) -> Material:
    """Some disturbed versions of everything, as features, in a shuffled order."""
    dice = np.random.default_rng(seed)
    others = np.concatenate([one.samples for one in utterances])
    pieces = [_seen(one, others, dice) for _ in range(_VERSIONS) for one in utterances]
    order = dice.permutation(len(pieces))
    return Material(frames=np.concatenate([pieces[n][0] for n in order]), labels=np.concatenate([pieces[n][1] for n in order]))


def _seen(one: Utterance, others: Floats, dice: np.random.Generator) -> tuple[NDArray[np.float16], NDArray[np.uint8]]:
    samples, labels = disturbed(one, others, dice)
    frames = Features().push(np.pad(samples, (0, LOOK_AHEAD * HOP))).astype(np.float16)
    return frames, np.pad(labels, (LOOK_AHEAD, 0))


def trained(network: TrainableNetwork, learn: Material, *, seconds: float, rate: float, seed: int) -> TrainableNetwork:
    """The network after `seconds` of training; the learning rate rises over 100 steps and falls to 0 by the clock."""
    steps = torch.optim.AdamW(network.parameters(), lr=rate, weight_decay=0.02)
    loss = nn.CrossEntropyLoss(torch.tensor([_WEIGHT.get(name, 1.0) for name in VISEMES]), label_smoothing=_SOFT)
    began = time.monotonic()
    for number, (frames, labels) in enumerate(_batches(learn, seed + 1)):
        share = (time.monotonic() - began) / seconds
        if share >= 1:
            break
        steps.param_groups[0]["lr"] = rate * min(1.0, number / 100) * (0.5 + 0.5 * np.cos(np.pi * share))
        missed = loss(network(frames)[:, :, _WARM_UP:], labels[:, _WARM_UP:])
        steps.zero_grad()
        missed.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        steps.step()
        if number % 100 == 0:
            _say(f"step {number}, {time.monotonic() - began:.0f} s, loss {missed.item():.3f}")
    return network.eval()


def _batches(learn: Material, seed: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Random pieces, each with a level, tone and blank bands of its own."""
    dice = np.random.default_rng(seed)
    while True:
        first = dice.integers(0, len(learn.labels) - _LENGTH, _BATCH)[:, None] + np.arange(_LENGTH)
        frames = learn.frames[first].astype(np.float32)
        frames += dice.normal(0, 0.12, (_BATCH, 1, 1)).astype(np.float32)
        frames += np.outer(dice.normal(0, 0.2, _BATCH), np.linspace(-1, 1, BANDS)).astype(np.float32)[:, None]
        for row in frames[::2]:
            band, width = dice.integers(0, BANDS - 8), dice.integers(1, 9)
            row[:, band : band + width] = frames.min()
        yield torch.from_numpy(frames.transpose(0, 2, 1).copy()), torch.from_numpy(learn.labels[first].astype(np.int64))


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
