import shutil

import numpy as np
import pytest

from facekit.data import ExamplePool, MakeupExamples, align, alignment_transform
from facekit.data.alignment import transform_points
from facekit.errors import DataError


@pytest.fixture(scope="module")
def make_pool(astronaut, astronaut_face):
    transform = alignment_transform(astronaut_face.landmarks, 64)
    crop = align(astronaut, transform, 64)
    landmarks = transform_points(astronaut_face.landmarks, transform)
    crops = np.stack([crop, np.zeros_like(crop)])

    def make(folder, augment=False, bare=0.0, **options):
        examples = MakeupExamples(
            crops, np.stack([landmarks] * 2), seed=3, augment=augment, bare=bare
        )
        return ExamplePool(examples, folder, **options)

    return make


class TestExamplePool:
    def test_depends_on_the_seeds_alone(self, make_pool, tmp_path):
        fresh, filled = make_pool(tmp_path / "a", True), make_pool(tmp_path / "b", True)
        for epoch in range(3):
            filled.example(epoch, 0)
        reopened = make_pool(tmp_path / "b", True)
        for pool in (filled, reopened):
            for key, value in fresh.batch(1, 3).items():
                np.testing.assert_array_equal(pool.batch(1, 3)[key], value)

    def test_pairs(self, make_pool, tmp_path):
        pool = make_pool(tmp_path, versions=2)
        shown = {}
        for epoch in range(8):
            for index in range(2):
                example = pool.example(epoch, index)
                changed = (example["image"] != example["target"]).any(-1, keepdims=True)
                assert not (changed & (example["amount"] == 0)).any()
                key = example["target"].mean().round(4)
                shown.setdefault(key, set()).add(example["image"].mean().round(5))
        black, face = sorted(shown)
        assert len(shown[face]) == 2
        assert black == 0

    def test_a_version_is_drawn_once(self, make_pool, tmp_path, monkeypatch):
        pool = make_pool(tmp_path, versions=1)
        first = pool.batch(0, 2)
        monkeypatch.setattr(pool.examples, "_damage", None)
        np.testing.assert_array_equal(
            pool.batch(1, 2)["image"].sum(), first["image"].sum()
        )

    def test_no_room_is_an_error(self, make_pool, tmp_path, monkeypatch):
        full = shutil._ntuple_diskusage(1, 1, 0)
        monkeypatch.setattr("shutil.disk_usage", lambda _: full)
        with pytest.raises(DataError, match="GB of free space, found 0.0"):
            make_pool(tmp_path)

    def test_bare(self, make_pool, tmp_path):
        batch = make_pool(tmp_path, bare=1.0).batch(0, 4)
        np.testing.assert_array_equal(batch["image"], batch["target"])
        assert batch["amount"].max() == 0

    def test_errors(self, make_pool, tmp_path):
        with pytest.raises(ValueError, match="`versions`.*Received: 0"):
            make_pool(tmp_path, versions=0)
        make_pool(tmp_path, versions=2)
        with pytest.raises(ValueError, match="other crops or versions"):
            make_pool(tmp_path, versions=3)
