import dataclasses
import threading

import keras
import numpy as np
import pytest

from facekit.errors import WeightsError
from facekit.training.loop import run_training
from tests.training.small_run import Killed, read_checkpoint, read_log

VALIDATION = {"validation": 0.5}


@dataclasses.dataclass
class Config:
    out: str
    steps: int = 7
    batch_size: int = 1
    log_every: int = 2
    save_every: int = 3


class Trainer:
    """Sums what it is given; dies when it is told to."""

    def __init__(self, kill_at=None):
        self.total = keras.Variable(0.0)
        self.kill_at = kill_at

    def update(self, batch):
        if batch == self.kill_at:
            raise Killed
        self.total.assign(self.total * 0.5 + batch)
        return {"loss": self.total.numpy()}

    def variable_groups(self):
        return {"total": [self.total]}


class Examples:
    """Batches that are their own number."""

    def batches(self, batch_size, start_step=0):
        step = start_step
        while True:
            step += 1
            yield float(step)


@pytest.fixture(autouse=True)
def _no_tensorboard(monkeypatch):
    monkeypatch.setattr("facekit.training.loop._tensorboard", lambda folder: None)


@pytest.fixture
def straight(tmp_path):
    folder = tmp_path / "straight"
    _run(Trainer(), folder)
    return folder


def test_numerics(straight):
    totals, total = [], 0.0
    for step in range(1, 8):
        total = total * 0.5 + step
        totals.append(total)
    assert float(read_checkpoint(straight)["total/0"]) == totals[-1]
    losses = {
        int(step): float(value)
        for step, name, value in read_log(straight)[1:]
        if name == "loss"
    }
    wanted = {2: totals[:2], 3: totals[2:3], 4: totals[3:4], 6: totals[4:6]}
    wanted[7] = totals[6:]
    assert losses == pytest.approx({k: np.mean(v) for k, v in wanted.items()}, rel=1e-5)


@pytest.mark.parametrize("kill_at", range(1, 8))
def test_resume(straight, tmp_path, kill_at):
    folder = tmp_path / "broken"
    with pytest.raises(Killed):
        _run(Trainer(kill_at), folder)
    _run(Trainer(), folder)
    _same(folder, straight)


@pytest.mark.parametrize("victim", ["validate", "sample"])
def test_killed_between_log_and_checkpoint(straight, tmp_path, victim):
    def die(*args):
        raise Killed

    folder = tmp_path / "broken"
    with pytest.raises(Killed):
        _run(Trainer(), folder, **{victim: die})
    _run(Trainer(), folder)
    _same(folder, straight)


def test_finished_run_is_left_alone(straight):
    before = read_checkpoint(straight), read_log(straight)
    _run(Trainer(kill_at=1), straight)
    assert (read_checkpoint(straight), read_log(straight)) == before


def test_samples_and_validation(straight):
    samples = sorted(path.name for path in straight.glob("sample_*"))
    assert samples == [f"sample_000000{step}.png" for step in (3, 6, 7)]
    rows = [row for row in read_log(straight) if row[1] == "validation"]
    assert rows == [[str(step), "validation", "0.5"] for step in (3, 6, 7)]


def test_errors_of_the_data_are_raised(tmp_path):
    class Broken:
        def batches(self, batch_size, start_step=0):
            yield 1.0
            raise OSError("disk")

    with pytest.raises(OSError, match="disk"):
        run_training(Trainer(), Broken(), Config(str(tmp_path)))
    assert "prefetch" not in [thread.name for thread in threading.enumerate()]


def test_weights_that_are_not_finite_end_the_run(tmp_path):
    class Diverging(Trainer):
        def update(self, batch):
            self.total.assign(np.nan if batch > 4 else batch)
            return {"loss": 1.0}

    with pytest.raises(ValueError, match="not finite after step 6"):
        run_training(Diverging(), Examples(), Config(str(tmp_path)))
    assert int(read_checkpoint(tmp_path)["step"]) == 3


def test_a_loss_that_is_no_number_ends_the_run(tmp_path):
    """Half precision skips such steps, which leaves finite weights as they are."""

    class Skipping(Trainer):
        def update(self, batch):
            return {"loss": np.nan if batch != 1 else 1.0}

    with pytest.raises(WeightsError, match="loss is not finite at step 4"):
        run_training(Skipping(), Examples(), Config(str(tmp_path), save_every=9))


def _run(trainer, folder, **changes):
    functions = {
        "validate": lambda: VALIDATION,
        "sample": lambda path: path.write_bytes(b""),
        **changes,
    }
    run_training(trainer, Examples(), Config(str(folder)), **functions)


def _same(folder, other):
    assert read_checkpoint(folder) == read_checkpoint(other)
    assert read_log(folder) == read_log(other)
