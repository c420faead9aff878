import json
import os
import shutil
from functools import partial

import numpy as np
import pytest

from facekit.errors import DataError
from facekit.portraits import embedded_folders, read_portrait
from facekit.spectra import (
    MAX_MELANIN,
    reflectance_to_srgb,
    skin_reflectance,
)
from facekit.training import SkinConfig, SkinTrainer, skin, train_skin
from facekit.training.skin import load_skin_run
from facekit.training.skin_config import SKIN_NETWORKS
from facekit.training.skin_examples import (
    SkinExamples,
    join,
    photo_arrays,
    portrait_arrays,
    portrait_examples,
)
from tests.training.small_run import check_killed_and_resumed


@pytest.fixture(scope="module")
def portrait():
    return read_portrait(embedded_folders()[3])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two embedded portraits as `facekit render` would have written them."""
    folder = tmp_path_factory.mktemp("portraits")
    for source in embedded_folders()[3:5]:
        (folder / source.name).symlink_to(source)
    return folder


@pytest.fixture(scope="module")
def arrays(folder):
    return portrait_arrays(sorted(folder.iterdir()), 64)


@pytest.fixture(autouse=True)
def _tiny(monkeypatch):
    monkeypatch.setitem(SKIN_NETWORKS, "compact", {"filters": (4, 4, 8)})


def config(folder, out, **changes):
    settings = {"steps": 4, "batch_size": 2, "save_every": 2, "log_every": 1}
    return SkinConfig((), str(out), (str(folder),), **{**settings, **changes})


class TestSkinExamples:
    def test_the_maps_explain_the_picture(self, portrait):
        """The truth of a rendered portrait, put together in NumPy, is its picture."""
        from facekit.portraits import portrait_capture
        from facekit.spectra import encode_srgb

        crops, maps, lights, _ = portrait_examples(portrait, 64)
        skin, melanin, blood, diffuse, specular = np.moveaxis(
            maps[0].astype(float), -1, 0
        )
        capture = portrait_capture(portrait.seed)
        np.testing.assert_array_equal(lights[0], capture.illuminant)
        albedo = reflectance_to_srgb(
            skin_reflectance(melanin, blood), lights[0], capture.sensitivities
        )
        picture = encode_srgb(diffuse[..., None] * albedo + specular[..., None])
        inside = skin > 0.5
        assert 0.1 < inside.mean() < 0.6
        # Lamps are tinted, which one shading for all colours leaves out.
        error = np.abs(255 * picture - crops[0])[inside]
        assert error.mean() < 5

    def test_augmentation_moves_maps_with_the_picture(self, arrays):
        plain = SkinExamples(**arrays, augment=False, shuffle=False).batch(0, 1)
        moved = SkinExamples(**arrays, shuffle=False).batch(0, 1)
        assert plain.keys() == moved.keys()
        for batch in (plain, moved):
            skin = batch["skin"][0, ..., 0] > 0.5
            luminance = batch["image"][0][skin].mean(-1)
            shading = batch["diffuse"][0][skin][:, 0]
            assert np.corrcoef(luminance, shading)[0, 1] > 0.6
            assert batch["melanin"].max() <= MAX_MELANIN * 1.01
        assert (plain["image"] != moved["image"]).any()

    def test_skin_keeps_its_values_at_its_rim(self, arrays):
        even = {**arrays, "maps": arrays["maps"].copy()}
        even["maps"][..., 1:] = 0.2 * even["maps"][..., :1]
        even["known"] = 0 * even["known"]  # no other pigments
        batch = SkinExamples(**even, shuffle=False).batch(0, 4)
        inside = batch["skin"] > 0.5
        assert inside.any()
        np.testing.assert_allclose(batch["melanin"][inside], 0.2, rtol=2e-3)

    def test_photographs_join_portraits(self, arrays, astronaut, tmp_path):
        from facekit.data import find_faces
        from facekit.data.alignment import align, alignment_transform, transform_points

        landmarks = find_faces(astronaut)[0].landmarks
        transform = alignment_transform(landmarks, 256)
        crops = align(astronaut, transform, 256)[None]
        points = transform_points(landmarks, transform)[None]
        photos = photo_arrays(crops, points, 64, tmp_path)
        again = photo_arrays(crops, points, 64, tmp_path)
        np.testing.assert_array_equal(photos["maps"], again["maps"])
        batch = SkinExamples(**join(photos, arrays), shuffle=False).batch(0, 2)
        assert batch["known"].ravel().tolist() == [0, 1]
        assert (batch["melanin"][0] == 0).all() and batch["diffuse"][0].max() > 0

    def test_a_portrait_rendered_anew_is_read_anew(self, tmp_path):
        source = embedded_folders()[3]
        copied = shutil.copytree(source, tmp_path / "portraits" / source.name)
        cache = tmp_path / "cache"
        first = portrait_arrays([copied], 64, cache)
        (file,) = cache.iterdir()
        file.write_bytes(file.read_bytes()[:1000])
        mended = portrait_arrays([copied], 64, cache)
        np.testing.assert_array_equal(first["maps"], mended["maps"])
        with np.load(file) as stored:
            assert len(stored.files) == 4
        os.utime(copied / "truth.npz", (0, 0))
        portrait_arrays([copied], 64, cache)
        assert len(list(cache.iterdir())) == 2


def test_scores_are_those_of_skin(arrays):
    """Of a network that is right, and of one that finds too much melanin."""
    batch = SkinExamples(**arrays, augment=False, shuffle=False)
    batch = batch.batch(0, len(arrays["crops"]))

    class Known:
        def __init__(self, factor):
            self.factor = factor

        def predict(self, images, **options):
            assert len(images) == len(batch["image"])
            melanin = self.factor * batch["melanin"] + 9 * (batch["skin"] < 0.5)
            found = {name: batch[name] for name in ("haemoglobin", "diffuse")}
            found |= {"specular": batch["specular"], "reconstruction": images}
            return {**found, "melanin": melanin}

    right, more = (skin._scores(Known(x), batch) for x in (1, 1.5))
    assert right["validation_melanin_mae"] == right["validation_rmse"] == 0
    assert right["validation_melanin_r"] > 0.999 and more["validation_melanin_r"] > 0.99
    mean = batch["melanin"][batch["skin"] > 0.5].mean()
    np.testing.assert_allclose(more["validation_melanin_mae"], 0.5 * mean, rtol=1e-4)


@pytest.mark.parametrize(("count", "learned"), [(3, 3), (17, 15)])
def test_few_portraits_are_all_learned_from(tmp_path, monkeypatch, count, learned):
    for number in range(count):
        (tmp_path / "heads" / f"{number:03}").mkdir(parents=True)
        (tmp_path / "heads" / f"{number:03}" / "truth.npz").touch()
    monkeypatch.setattr(
        skin,
        "portrait_arrays",
        lambda folders, size, cache: {
            "crops": np.zeros((len(folders), size, size, 3), "uint8"),
            "maps": np.zeros((len(folders), size, size, 5)),
            "known": np.ones(len(folders)),
            **{
                name: np.zeros((len(folders), 2))
                for name in ("light", "camera_weights")
            },
        },
    )
    arrays, weights, held_out = skin._training_arrays(
        config(tmp_path / "heads", tmp_path / "out")
    )
    assert len(arrays["crops"]) == len(weights) == learned
    assert (held_out is None) == (count == learned)


class TestSkinConfig:
    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ({"appearance": "x"}, "`appearance`.*Received: 'x'"),
            ({"size": 72}, "`size`.*Received: 72"),
            ({"ema": 1.0}, "`ema`.*Received: 1.0"),
            ({"data": ()}, "Received: neither"),
            ({"specular_weight": -1.0}, "`specular_weight`.*Received: -1.0"),
            ({"portraits": ("p",), "truth_weight": 0}, "above 0 with `portraits`"),
        ],
    )
    def test_errors(self, arguments, message):
        with pytest.raises(ValueError, match=message):
            SkinConfig(**{"data": ("photos",), "out": "run", **arguments})


class TestSkinTrainer:
    @pytest.mark.slow
    def test_resume(self, folder, tmp_path, monkeypatch, tensorflow):
        """A run killed between checkpoints and started again ends as one in one go."""
        straight, names = check_killed_and_resumed(
            monkeypatch, SkinTrainer, train_skin, partial(config, folder), tmp_path
        )
        assert {"loss", "appearance", "true_melanin", "true_camera"} <= names
        settings = json.loads((straight / "config.json").read_text())
        assert settings["size"] == 64
        network, settings = load_skin_run(straight)
        assert network.filters == (4, 4, 8) and settings["steps"] == 4

    @pytest.mark.slow
    def test_loss_falls(self, folder, arrays, tmp_path):
        trainer = SkinTrainer(config(folder, tmp_path, learning_rate=1e-2, steps=40))
        examples = SkinExamples(**arrays, augment=False)
        batch = examples.batch(0, 2)
        losses = [float(trainer.update(batch)["loss"]) for _ in range(25)]
        assert losses[-1] < 0.6 * losses[0]

    def test_errors(self, tmp_path):
        with pytest.raises(DataError, match="expected rendered portraits"):
            train_skin(config(tmp_path / "nothing", tmp_path / "out"))
