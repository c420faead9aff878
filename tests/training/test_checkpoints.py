import errno

import keras
import numpy as np
import pytest

from facekit.errors import WeightsError
from facekit.training.checkpoints import load_checkpoint, save_checkpoint


@pytest.fixture
def groups():
    values = np.arange(6, dtype="float32").reshape(2, 3)
    return {
        "network": [keras.Variable(values), keras.Variable(1.5)],
        "optimizer": [keras.Variable(7, dtype="int32")],
    }


@pytest.fixture
def path(tmp_path, groups):
    save_checkpoint(tmp_path / "checkpoint.npz", groups, 12)
    return tmp_path / "checkpoint.npz"


def test_round_trip(path, groups):
    values = [np.array(v) for group in groups.values() for v in group]
    for group in groups.values():
        for variable in group:
            variable.assign(variable * 0)
    assert load_checkpoint(path, groups) == 12
    found = [np.asarray(v) for group in groups.values() for v in group]
    for a, b in zip(found, values, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("length", [0, 10, 300, -1])
def test_truncated(path, groups, length):
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(WeightsError, match="checkpoint.npz: not a readable"):
        load_checkpoint(path, groups)


def test_flipped_bytes(path, groups):
    content = bytearray(path.read_bytes())
    start = content.index(np.float32(5).tobytes())
    content[start] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(WeightsError, match="checkpoint.npz: not a readable"):
        load_checkpoint(path, groups)


def test_foreign_file(path, groups):
    np.savez(path, something=np.ones(3))
    with pytest.raises(WeightsError, match="checkpoint.npz: not a readable"):
        load_checkpoint(path, groups)


def test_other_configuration(path, groups):
    before = np.array(groups["network"][0])
    other = {**groups, "network": [groups["network"][0], keras.Variable(np.ones(2))]}
    with pytest.raises(WeightsError, match="another configuration"):
        load_checkpoint(path, other)
    with pytest.raises(WeightsError, match="another configuration"):
        load_checkpoint(path, {"network": groups["network"]})
    np.testing.assert_array_equal(groups["network"][0], before)


@pytest.mark.parametrize("interrupted", ["numpy.savez", "os.replace"])
def test_interrupted_write_keeps_the_old_one(path, groups, monkeypatch, interrupted):
    def stop(file, *args, **kwargs):
        if interrupted == "numpy.savez":
            file.write(b"PK half a")
        raise KeyboardInterrupt

    groups["network"][1].assign(9.0)
    with monkeypatch.context() as patch:
        patch.setattr(interrupted, stop)
        with pytest.raises(KeyboardInterrupt):
            save_checkpoint(path, groups, 13)
    assert load_checkpoint(path, groups) == 12
    assert float(groups["network"][1]) == 1.5
    save_checkpoint(path, groups, 13)
    assert load_checkpoint(path, groups) == 13
    assert [x.name for x in path.parent.iterdir()] == ["checkpoint.npz"]


def test_a_full_disk_is_named(path, groups, monkeypatch):
    def fail(file, **arrays):
        file.write(b"PK half a")
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("numpy.savez", fail)
        with pytest.raises(OSError, match="No space left.*checkpoint.npz"):
            save_checkpoint(path, groups, 13)
    assert [x.name for x in path.parent.iterdir()] == ["checkpoint.npz"]


def test_infinite_weights_are_not_written(path, groups):
    for value in (np.nan, np.inf):
        groups["network"][1].assign(value)
        with pytest.raises(WeightsError, match="not finite after step 13"):
            save_checkpoint(path, groups, 13)
        assert load_checkpoint(path, groups) == 12
