import subprocess
import sys

import numpy as np
import torch

from avatars.audio.features import BANDS
from avatars.audio.network import LOOK_AHEAD, WEIGHTS, VisemeNetwork, committed
from avatars.audio.trainable import TrainableNetwork
from avatars.face.visemes import VISEMES

FRAMES = np.random.default_rng(5).normal(0, 1, (300, BANDS)).astype(np.float32)
MEMORY = 80  # frames: more than the network remembers


def _lived() -> TrainableNetwork:
    """A network whose normalisation has moved away from where it began."""
    torch.set_num_threads(1)
    torch.manual_seed(1)
    network = TrainableNetwork().train()
    for _ in range(3):
        network(torch.randn(4, BANDS, 50) * 2 + 1)
    return network.eval()


def test_it_computes_what_torch_computes() -> None:
    network = _lived()
    with torch.no_grad():
        expected = network(torch.from_numpy(FRAMES.T[None].copy())).softmax(1)[0].T.numpy()
    found = VisemeNetwork(network.folded()).push(FRAMES)
    np.testing.assert_allclose(found[MEMORY:], expected[MEMORY:], atol=2e-5)
    assert np.ptp(expected[MEMORY:], axis=0).max() > 0.01


def test_it_computes_what_torch_computes_with_the_committed_weights() -> None:
    network = TrainableNetwork.unfolded(committed())
    with torch.no_grad():
        expected = network(torch.from_numpy(FRAMES.T[None].copy())).softmax(1)[0].T.numpy()
    np.testing.assert_allclose(VisemeNetwork().push(FRAMES)[MEMORY:], expected[MEMORY:], atol=2e-5)
    for name, table in network.folded().items():
        np.testing.assert_array_equal(table, committed()[name])


def test_it_gives_the_same_however_the_frames_are_cut() -> None:
    piecewise = VisemeNetwork()
    found = np.concatenate([piecewise.push(piece) for piece in np.split(FRAMES, [1, 2, 40, 40, 41, 170])])
    np.testing.assert_allclose(found, VisemeNetwork().push(FRAMES), atol=1e-5)
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-5)
    assert found.shape == (300, len(VISEMES))


def test_it_is_as_small_as_promised() -> None:
    assert sum(table.size for table in committed().values()) <= 300_000
    assert WEIGHTS.stat().st_size <= 2_000_000
    assert LOOK_AHEAD <= 8


def test_it_runs_without_torch() -> None:
    check = "import sys, avatars.audio.track; sys.exit('torch' in sys.modules or 'django' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0
