import dataclasses
import json

import keras
import numpy as np
import pytest
from PIL import Image
from skimage import data

from facekit.data import InpaintingExamples, write_photo
from facekit.errors import DataError, FacekitError, WeightsError
from facekit.export import export_inpaint
from facekit.models import PartialConvUNet
from facekit.training import InpaintConfig, InpaintTrainer, train_inpaint
from facekit.training.cross_fit import CrossFit
from facekit.training.inpaint import load_generator, load_run
from facekit.training.inpaint_config import NETWORKS
from facekit.training.runs import record_settings
from tests.training.small_run import (
    check_adversary,
    check_resume,
    losses_of_first_steps,
    make_config,
    make_examples,
    make_trainer,
    run,
)


class TestInpaintTrainer:
    def test_loss_falls(self, tmp_path, tensorflow):
        losses = losses_of_first_steps(tmp_path, count=40, learning_rate=1e-2)
        assert np.mean(losses[-5:]) < 0.5 * np.mean(losses[:5])

    def test_resume(self, tmp_path, tensorflow):
        check_resume(tmp_path, loss="V4", schedule="cosine")

    def test_adversary(self, tmp_path, tensorflow):
        check_adversary(tmp_path)

    def test_moving_average(self, tmp_path, tensorflow):
        trainer = make_trainer(tmp_path, ema=0.2)
        batches = make_examples().batches(2)
        wanted = trainer.generator.get_weights()
        for step in (1, 2, 3, 4):
            trainer.update(next(batches))
            past = min(0.2, step / (10 + step))
            pairs = zip(wanted, trainer.generator.get_weights(), strict=True)
            wanted = [past * a + (1 - past) * b for a, b in pairs]
        for found, value in zip(trainer.average.get_weights(), wanted, strict=True):
            np.testing.assert_allclose(found, value, rtol=1e-5, atol=1e-6)

    def test_guesses_come_from_the_other_half(self, tmp_path, tensorflow, monkeypatch):
        tiny = {"filters": (4, 8), "num_components": 2, "component_size": 8}
        monkeypatch.setitem(NETWORKS, "ladder", tiny)
        config = make_config(tmp_path, network="ladder")
        examples = CrossFit(InpaintingExamples, make_examples().crops, "abc")
        trainer = InpaintTrainer(config, examples=examples)
        layer = trainer.generator.get_layer("guess")
        average = layer.get_weights()
        guesses = examples.adapt(layer)
        for step in range(3):
            trainer.update(examples.batch(step, 2))
            used = trainer.generator.get_layer("guess").get_weights()
            kept = trainer.average.get_layer("guess").get_weights()
            for a, b in ((used, guesses[step % 2]), (kept, average)):
                np.testing.assert_array_equal(a[1], b[1])
        assert np.ptp(guesses[0][1] - guesses[1][1]) > 0.01

    @pytest.mark.parametrize("precision", ["mixed_bfloat16", "mixed_float16"])
    def test_half_precision(self, tmp_path, precision, tensorflow):
        trainer = make_trainer(tmp_path, loss="V4", precision=precision)
        assert keras.config.dtype_policy().name == "float32"
        before = [np.array(v) for v in trainer.generator.trainable_variables]
        batches = make_examples().batches(2)
        # Loss scaling skips the first steps, until nothing overflows.
        for _ in range(12):
            report = trainer.update(next(batches))
            assert all(np.isfinite(np.asarray(x)).all() for x in report.values())
        after = [np.asarray(v) for v in trainer.generator.trainable_variables]
        assert all((a != b).any() for a, b in zip(after, before, strict=True))

    def test_second_phase(self, tmp_path, tensorflow):
        run(make_trainer(tmp_path / "first", steps=3))
        second = make_config(tmp_path / "second", phase=2, init=tmp_path / "first")
        trainer = type(make_trainer(tmp_path))(second)
        frozen = trainer.generator.get_layer("encoder_2_norm")
        thawed = trainer.generator.get_layer("decoder_1_norm")
        before = [layer.get_weights() for layer in (frozen, thawed)]
        assert not np.array_equal(before[0][2], np.zeros(8))
        trainer.update(make_examples().batch(0, 2))
        after = [layer.get_weights() for layer in (frozen, thawed)]
        np.testing.assert_array_equal(before[0], after[0])
        assert not np.array_equal(before[1], after[1])

    def test_grows_from_a_run_at_half_the_size(self, tmp_path, tensorflow, monkeypatch):
        tiny = {"filters": (4, 6, 8), "kernel_sizes": (2, 3, 3)}
        monkeypatch.setitem(NETWORKS, "ladder", tiny)
        settings = {"network": "ladder", "size": 16, "steps": 3}
        small = make_trainer(tmp_path / "small", inner=1, **settings)
        run(small)
        text = json.dumps(dataclasses.asdict(small.config))
        (tmp_path / "small" / "config.json").write_text(text)
        config = make_config(
            tmp_path / "large", init=str(tmp_path / "small"), **settings
        )
        large = InpaintTrainer(config, examples=make_examples())
        np.testing.assert_array_equal(
            large.average.get_layer("decoder_2_conv").get_weights()[0],
            small.average.get_layer("decoder_1_conv").get_weights()[0],
        )
        assert not any("norm" in x.path for x in large.generator.trainable_weights)

    def test_what_cannot_grow_is_named(self, tmp_path, monkeypatch):
        """The first kernel of a growing network averages two pixels by two."""
        monkeypatch.setitem(NETWORKS, "ladder", {"filters": (4, 6, 8)})
        settings = {"network": "ladder", "size": 16, "steps": 3}
        small = make_trainer(tmp_path / "small", inner=1, **settings)
        run(small)
        text = json.dumps(dataclasses.asdict(small.config))
        (tmp_path / "small" / "config.json").write_text(text)
        config = make_config(
            tmp_path / "large", init=str(tmp_path / "small"), **settings
        )
        with pytest.raises(WeightsError, match="small: cannot grow"):
            InpaintTrainer(config, examples=make_examples())


class TestInpaintConfig:
    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ({"loss": "V5"}, "`loss`"),
            ({"network": "huge"}, "`network`"),
            ({"schedule": "step"}, "`schedule`"),
            ({"phase": 3}, "`phase`"),
            ({"size": 100}, "`size` must be a multiple of 128"),
            ({"inner": -1}, "`inner`"),
            ({"inner": 6}, "`inner`"),
            ({"steps": 0}, "`steps`"),
            ({"save_every": 0}, "`save_every`"),
            ({"ema": 1.0}, "`ema`"),
            ({"size": 0}, "`size`"),
            ({"seed": -1}, "`seed`"),
            ({"learning_rate": -1.0}, "`learning_rate`"),
            ({"precision": "float8"}, "`precision`"),
            ({"style_weight": -1.0}, "`style_weight`"),
            ({"hole_ratio": (0.5,)}, "`hole_ratio`"),
            ({"hole_ratio": (0.1, 2)}, "`hole_ratio`"),
            ({"unaligned": 7}, "`unaligned`"),
            ({"data": "photos"}, "`data` must be a list of folders"),
        ],
    )
    def test_errors(self, arguments, message):
        with pytest.raises(ValueError, match=f"{message}.*Received"):
            InpaintConfig(**{"data": ("photos",), "out": "run", **arguments})


class TestTrainInpaint:
    def test_folder_of_photos(self, tmp_path, tensorflow):
        (tmp_path / "photos").mkdir()
        write_photo(tmp_path / "photos" / "person_1.png", data.astronaut())
        config = InpaintConfig(
            data=(str(tmp_path / "photos"),),
            out=str(tmp_path / "run"),
            loss="V1",
            network="ladder",
            size=64,
            steps=2,
            batch_size=2,
            validate=str(tmp_path / "photos"),
        )
        model = train_inpaint(config)
        names = {path.name for path in (tmp_path / "run").iterdir()}
        assert names >= {
            "config.json",
            "checkpoint.npz",
            "log.csv",
            "generator.weights.h5",
            "sample_0000002.png",
            "tensorboard",
        }
        settings = json.loads((tmp_path / "run" / "config.json").read_text())
        assert settings["network"] == "ladder"
        log = (tmp_path / "run" / "log.csv").read_text()
        assert "validation_hole_psnr" in log
        with Image.open(tmp_path / "run" / "sample_0000002.png") as sheet:
            # Damaged, restored and true, eight of each, at half their size.
            assert (sheet.size, sheet.mode) == ((8 * 32, 3 * 32), "RGB")
        again = PartialConvUNet.from_config(model.get_config())
        load_generator(again, tmp_path / "run")
        for a, b in zip(again.get_weights(), model.get_weights(), strict=True):
            np.testing.assert_array_equal(a, b)
        changed = dataclasses.replace(config, loss="V0", steps=4)
        with pytest.raises(DataError, match="run.*with loss 'V1', expected 'V0'"):
            train_inpaint(changed)
        assert json.loads((tmp_path / "run" / "config.json").read_text()) == settings
        nowhere = dataclasses.replace(config, data=(str(tmp_path / "nowhere"),))
        for out in ("run", "new"):
            with pytest.raises(FacekitError):
                train_inpaint(dataclasses.replace(nowhere, out=str(tmp_path / out)))
        assert (tmp_path / "run" / "generator.weights.h5").exists()
        assert not (tmp_path / "new").exists()

        longer = dataclasses.replace(config, steps=9)
        record_settings(longer, tmp_path / "run")
        load_generator(again, tmp_path / "run")
        assert not (tmp_path / "run" / "generator.weights.h5").exists()
        lonely = dataclasses.replace(config, network="compact", size=128)
        with pytest.raises(DataError, match="two people or more"):
            train_inpaint(dataclasses.replace(lonely, out=str(tmp_path / "lonely")))

    def test_errors(self, tmp_path):
        (tmp_path / "empty").mkdir()
        with pytest.raises(DataError, match="empty"):
            train_inpaint(make_config(tmp_path, data=(str(tmp_path / "empty"),)))


class TestLoadGenerator:
    def test_checkpoint_gives_the_average(self, tmp_path, tensorflow):
        trainer = make_trainer(tmp_path, steps=2)
        run(trainer)
        generator = PartialConvUNet(trainer.generator.filters)
        load_generator(generator, tmp_path)
        pairs = zip(generator.get_weights(), trainer.average.get_weights(), strict=True)
        for found, wanted in pairs:
            np.testing.assert_array_equal(found, wanted)

    def test_exported_weights(self, tmp_path, tensorflow):
        exported, generator = (PartialConvUNet((2, 2)) for _ in range(2))
        export_inpaint(exported, tmp_path / "model", {"version": "1"})
        load_generator(generator, tmp_path / "model")
        pairs = zip(generator.get_weights(), exported.get_weights(), strict=True)
        for found, wanted in pairs:
            np.testing.assert_array_equal(found, wanted.astype("float16"))
        for other in (PartialConvUNet((3, 2)), PartialConvUNet((2, 2, 2))):
            with pytest.raises(WeightsError, match="model: does not fit"):
                load_generator(other, tmp_path / "model")

    @pytest.mark.filterwarnings("ignore:Skipping nested container")
    def test_errors(self, tmp_path):
        generator = PartialConvUNet((2, 2))
        with pytest.raises(WeightsError, match="no weights here"):
            load_generator(generator, tmp_path)
        for name in ("checkpoint.npz", "broken.weights.h5"):
            path = tmp_path / name
            path.write_bytes(b"PK\x03\x04 not weights")
            with pytest.raises(WeightsError, match=f"{name}: does not fit"):
                load_generator(generator, path)
        PartialConvUNet((3, 2)).save_weights(tmp_path / "other.weights.h5")
        with pytest.raises(WeightsError, match="other.*does not fit"):
            load_generator(generator, tmp_path / "other.weights.h5")


def test_a_run_stopped_early_says_how_far_it_came(tmp_path, tensorflow):
    trainer = make_trainer(tmp_path)
    text = json.dumps(dataclasses.asdict(trainer.config))
    (tmp_path / "config.json").write_text(text)
    run(trainer, kill_after=5)
    assert trainer.config.steps == 6
    assert load_run(tmp_path)[1]["steps"] == 3
