"""Names of channels, with and without a side, as numbers in their places."""

import numpy as np
import pytest

from avatars.face.channels import CHANNELS, INDEX, row, table_row


def test_it_puts_a_weight_without_a_side_on_both() -> None:
    weights = row({"mouthSmile": 0.25, "mouthSmileLeft": 0.5, "jawOpen": 1.0})
    assert {CHANNELS[i]: weights[i] for i in np.flatnonzero(weights)} == {
        "jawOpen": 1.0,
        "mouthSmileLeft": 0.75,
        "mouthSmileRight": 0.25,
    }


def test_it_makes_rows_of_tables_that_know_angles_too() -> None:
    full = table_row({"mouthSmile": 0.25, "headYaw": 8.0})
    assert full.shape == (len(CHANNELS),) and full.dtype == np.float32
    assert np.array_equal(full[:52], row({"mouthSmile": 0.25})) and full[INDEX["headYaw"]] == 8.0


def test_it_refuses_what_is_no_channel_and_angles_among_weights() -> None:
    with pytest.raises(KeyError):
        table_row({"mouthSmirk": 0.5})
    with pytest.raises(IndexError):
        row({"headYaw": 8.0})
