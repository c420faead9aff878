import dataclasses
from pathlib import Path

import numpy as np
import pytest

from facekit.errors import DataError
from facekit.training.loop import CHECKPOINT
from facekit.training.runs import check_settings, record_settings


@dataclasses.dataclass
class Config:
    data: tuple
    seed: int = 0
    steps: int = 10
    schedule: str = "cosine"


def test_paths_and_numpy_numbers_are_stored_as_texts_and_numbers(tmp_path):
    record_settings(Config((Path("photos"),), np.int64(3)), tmp_path)
    (tmp_path / CHECKPOINT).touch()
    check_settings(Config(("photos",), 3), tmp_path)
    with pytest.raises(DataError, match="holds a run with seed 3"):
        check_settings(Config(("photos",), 4), tmp_path)


def test_finished_weights_are_not_lost(tmp_path):
    record_settings(Config(("photos",)), tmp_path)
    finished = tmp_path / "generator.weights.h5"
    finished.write_bytes(b"hours of work")
    with pytest.raises(DataError, match="holds finished weights and no checkpoint"):
        check_settings(Config(("photos",)), tmp_path)
    assert finished.read_bytes() == b"hours of work"


def test_another_length_changes_a_falling_rate(tmp_path):
    record_settings(Config(("photos",)), tmp_path)
    (tmp_path / CHECKPOINT).touch()
    with pytest.warns(UserWarning, match="had 10 steps, now 20"):
        check_settings(Config(("photos",), steps=20), tmp_path)
