import json

import numpy as np
import pytest

from facekit.data import apply_makeup, find_faces, write_photo
from facekit.errors import DataError, WeightsError
from facekit.models import Res34UNet
from facekit.training import MakeupConfig, MakeupTrainer, train_makeup
from facekit.training.loop import run_training
from facekit.training.makeup import load_run
from facekit.training.makeup_config import NETWORKS, RECIPES
from tests.training.small_run import Killed, read_checkpoint, read_log

SIZE = 32


class Painted:
    """Grey pictures with a red square; stands for portraits with makeup."""

    def batches(self, batch_size, start_step=0):
        step = start_step
        while True:
            yield self.batch(step, batch_size)
            step += 1

    def batch(self, step, batch_size):
        rng = np.random.default_rng(step)
        shape = (batch_size, SIZE, SIZE, 3)
        target = np.broadcast_to(rng.uniform(0.3, 0.7, (batch_size, 1, 1, 1)), shape)
        target = target.astype("float32")
        amount = np.zeros((batch_size, SIZE, SIZE, 1), "float32")
        amount[:, 8:20, 8:20] = 1.0
        red = np.float32([0.25, -0.2, -0.2])
        return {"image": target + amount * red, "target": target, "amount": amount}


@pytest.fixture(autouse=True)
def _tiny(monkeypatch):
    monkeypatch.setitem(NETWORKS, "tiny", {"depths": (1, 1, 1, 1), "width": 0.125})


def make_config(out, **changes):
    settings = {
        "data": ("photos",),
        "out": str(out),
        "network": "tiny",
        "size": SIZE,
        "steps": 6,
        "batch_size": 2,
        "learning_rate": 2e-3,
        "log_every": 2,
        "save_every": 3,
    }
    return MakeupConfig(**{**settings, **changes})


def run(config, kill_after=None):
    trainer = MakeupTrainer(config)
    update, done = trainer.update, 0

    def killable(batch):
        nonlocal done
        if done == kill_after:
            raise Killed
        done += 1
        return update(batch)

    trainer.update = killable
    try:
        run_training(trainer, Painted(), config)
    except Killed:
        pass


class TestMakeupTrainer:
    @pytest.mark.parametrize("recipe", RECIPES)
    @pytest.mark.slow
    def test_loss_falls(self, tmp_path, recipe, tensorflow):
        trainer = MakeupTrainer(make_config(tmp_path, recipe=recipe, steps=30))
        batches = Painted().batches(2)
        # facekit's pixel term is the logarithm of a squared error.
        terms = {"bareface": ("mse", float), "facekit": ("pixel", np.expm1)}
        term, error = terms[recipe]
        errors = [error(float(trainer.update(next(batches))[term])) for _ in range(30)]
        assert np.mean(errors[-5:]) < 0.6 * np.mean(errors[:5])

    @pytest.mark.slow
    def test_resume(self, tmp_path, tensorflow):
        """A run killed between checkpoints and started again ends as one in one go."""
        run(make_config(tmp_path / "straight"))
        run(make_config(tmp_path / "broken"), kill_after=5)
        run(make_config(tmp_path / "broken"))
        whole = read_checkpoint(tmp_path / "straight")
        resumed = read_checkpoint(tmp_path / "broken")
        assert whole["step"] == 6
        for name, array in whole.items():
            np.testing.assert_array_equal(resumed[name], array, err_msg=name)
        assert read_log(tmp_path / "straight") == read_log(tmp_path / "broken")

    @pytest.mark.slow
    def test_starts_from_another_run(self, tmp_path, tensorflow):
        run(make_config(tmp_path / "first"))
        second = make_config(tmp_path / "second", init=str(tmp_path / "first"))
        average = read_checkpoint(tmp_path / "first")["average/0"]
        started = MakeupTrainer(second).network.variables[0]
        np.testing.assert_array_equal(np.asarray(started), average)


class TestMakeupConfig:
    def test_recipes_fill_what_is_left_open(self):
        config = MakeupConfig(("photos",), "run", "bareface", batch_size=4)
        assert (config.loss, config.learning_rate, config.batch_size) == (
            "mse",
            0.01,
            4,
        )
        assert not config.symmetric
        assert not MakeupConfig(("photos",), "run", head="direct").symmetric
        config = MakeupConfig(("photos",), "run")
        assert config.head == "blend" and config.symmetric

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ({"recipe": "cyclegan"}, "`recipe`"),
            ({"network": "huge"}, "`network`"),
            ({"normalization": "layer"}, "`normalization`"),
            ({"size": 100}, "`size`"),
            ({"framing": "body"}, "`framing`"),
            ({"head": "direct", "symmetric": True}, "`symmetric`"),
            ({"steps": 0}, "`steps`"),
            ({"floor": 0}, "`floor`"),
            ({"pool": -1}, "`pool`"),
            ({"bare": 2.0}, "`bare`"),
            ({"ema": 1.0}, "`ema`"),
            ({"data": "photos"}, "`data` must be a list of folders"),
        ],
    )
    def test_errors(self, arguments, message):
        with pytest.raises(ValueError, match=f"{message}.*Received"):
            MakeupConfig(**{"data": ("photos",), "out": "run", **arguments})


class TestTrainMakeup:
    def test_folder_of_photos(self, tmp_path, astronaut, tensorflow):
        photos = tmp_path / "photos"
        photos.mkdir()
        write_photo(photos / "person_1.png", astronaut)
        config = make_config(
            tmp_path / "run", data=(str(photos),), steps=2, validate=str(photos)
        )
        model = train_makeup(config)
        names = {path.name for path in (tmp_path / "run").iterdir()}
        assert {"checkpoint.npz", "generator.weights.h5", "sample_0000002.png"} <= names
        log = (tmp_path / "run" / "log.csv").read_text()
        for name in ("train_gain", "held_out_gain", "bare_psnr"):
            assert f"2,validation_{name}," in log
        again, settings = load_run(tmp_path / "run")
        assert settings["recipe"] == "facekit"
        assert isinstance(again, Res34UNet)
        for a, b in zip(again.get_weights(), model.get_weights(), strict=True):
            np.testing.assert_array_equal(a, b)
        with pytest.raises(DataError, match="holds a run with bare 0.05"):
            train_makeup(
                make_config(tmp_path / "run", data=(str(photos),), recipe="bareface")
            )

    def test_faces_with_lipstick_are_left_out(self, tmp_path, astronaut, tensorflow):
        (tmp_path / "photos").mkdir()
        face = find_faces(astronaut)[0]
        worn = apply_makeup(astronaut, face, 0, look="red_lips").image
        write_photo(tmp_path / "photos" / "worn_1.png", worn)
        photos = (str(tmp_path / "photos"),)
        config = make_config(tmp_path / "run", data=photos, size=128)
        with pytest.raises(DataError, match="photos: expected faces without makeup"):
            train_makeup(config)
        assert not (tmp_path / "run" / "config.json").exists()

    def test_errors(self, tmp_path):
        with pytest.raises(DataError, match="expected a training run"):
            load_run(tmp_path)
        (tmp_path / "config.json").write_text(
            json.dumps({"network": "tiny", "normalization": "none", "head": "blend"})
        )
        with pytest.raises(WeightsError, match="no weights here"):
            load_run(tmp_path)
