from functools import partial

import numpy as np
import pytest

from facekit.data import write_photo
from facekit.data.alignment import LEFT_EYE
from facekit.errors import DataError
from facekit.portraits import embedded_folders, load_embedded
from facekit.training import (
    ParsingConfig,
    ParsingTrainer,
    parsing,
    parsing_examples,
    rendered,
    train_parsing,
)
from facekit.training.parsing import load_parsing_run
from facekit.training.parsing_config import PARSING_NETWORKS
from facekit.training.parsing_examples import (
    CLOTH,
    HAIR,
    SKIN,
    UNKNOWN,
    ParsingExamples,
    _fringed,
    parsing_arrays,
)
from tests.training.small_run import check_killed_and_resumed


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Three embedded portraits as `facekit render` would have written them."""
    folder = tmp_path_factory.mktemp("portraits")
    for source in embedded_folders()[3:6]:
        (folder / source.name).symlink_to(source)
    return folder


@pytest.fixture(scope="module")
def arrays(folder):
    return parsing_arrays(sorted(folder.iterdir()), 64)


@pytest.fixture(autouse=True)
def _tiny(monkeypatch):
    monkeypatch.setitem(PARSING_NETWORKS, "compact", (4, 8))


def config(folder, out, **changes):
    settings = {"steps": 4, "batch_size": 2, "save_every": 2, "log_every": 1}
    return ParsingConfig(
        (str(folder),), str(out), **{"size": 64, **settings, **changes}
    )


class TestParsingExamples:
    def test_labels_lie_where_they_belong(self, arrays):
        """There is skin in the middle of a face and none around it; hair is above."""
        for labels, points in zip(arrays["labels"], arrays["points"], strict=True):
            assert set(np.unique(labels)) <= set(range(UNKNOWN + 1))
            x, y = points.mean(0).astype(int)
            assert (labels[y - 6 : y + 6, x - 6 : x + 6] == SKIN).all()
            (rows, _) = np.nonzero(labels == HAIR)
            assert not len(rows) or rows.min() < points[:, 1].min()
            assert (labels[: y - 20] != CLOTH).all()

    def test_holes_hide_the_picture_and_labels_go_with_it(self, arrays):
        examples = ParsingExamples(**arrays, augment=False, shuffle=False)
        for number in range(12):
            example = examples.example(number, 0)
            labels = arrays["labels"][0]
            hidden = example["mask"][..., 0] == 0
            assert (example["image"][hidden] == 0).all()
            assert (hidden >= (labels == UNKNOWN)).all()
            inside = labels != UNKNOWN
            np.testing.assert_array_equal(
                example["label"][inside, 0], labels[inside].astype("float32")
            )
            weight = example["weight"][..., 0]
            assert (weight[~inside] == 0).all() and (weight[inside] > 0).all()
            if (hidden & inside).any():
                assert weight[hidden & inside].min() > weight[~hidden].min()

    def test_all_things_get_other_colours(self, arrays):
        """Backdrops come from photographs, too; faces keep more of theirs."""
        backdrops = np.zeros((1, 64, 64, 3), "uint8")
        backdrops[...] = (0, 255, 0)
        examples = ParsingExamples(**arrays, backdrops=backdrops)
        colours = []
        for number in range(40):
            example = examples.example(number, 0)
            for label in (0, SKIN):
                chosen = (example["label"] == label) & (example["weight"] > 0)
                chosen &= example["mask"] > 0
                if chosen.sum() > 20:
                    mean = example["image"][chosen[..., 0]].mean(0)
                    colours.append((label, *mean))
        backdrop, skin = (
            np.array([x[1:] for x in colours if x[0] == label]) for label in (0, SKIN)
        )
        assert backdrop.std(0).mean() > 1.3 * skin.std(0).mean()
        green = backdrop[:, 1] > 2 * np.maximum(backdrop[:, 0], backdrop[:, 2]) + 0.1
        assert green.any()

    def test_hair_falls_over_the_forehead(self, arrays, rng):
        """What was above is seen there, skin alone is hidden, down to the eyes."""
        hairy = [k for k, x in enumerate(arrays["labels"]) if (x == HAIR).sum() > 200]
        labels, points = arrays["labels"][hairy[0]], arrays["points"][hairy[0]]
        image = arrays["crops"][hairy[0]].astype("float32") / 255
        more = 0
        for _ in range(5):
            fringed, changed = _fringed(rng, image, labels, points)
            new = changed != labels
            assert (labels[new] == SKIN).all() and (changed[new] == HAIR).all()
            assert not new[round(points[list(LEFT_EYE), 1].max()) + 2 :].any()
            assert (fringed[new] != image[new]).any()
            untouched = (labels != SKIN) & ~new
            np.testing.assert_array_equal(fringed[untouched], image[untouched])
            more += new.sum()
        assert more > 50

    def test_reproducible(self, arrays):
        first, again, other = (
            ParsingExamples(**arrays, seed=seed).batch(3, 2) for seed in (1, 1, 2)
        )
        assert set(first) == set(ParsingExamples.channels)
        for name in first:
            np.testing.assert_array_equal(first[name], again[name])
        assert (first["image"] != other["image"]).any()

    def test_photographs_keep_their_colours(self, arrays, monkeypatch):
        """Neither backdrops nor fringes are drawn into them; they move, though."""

        def fringed(rng, image, labels, points):
            assert rendered
            return image, labels

        monkeypatch.setattr(parsing_examples, "_fringed", fringed)
        green = np.zeros((1, 64, 64, 3), "uint8")
        green[...] = (0, 255, 0)
        shares = []
        for own in (True, False):
            examples = ParsingExamples(
                **arrays,
                backdrops=green,
                rendered=np.full(len(arrays["crops"]), own),
            )
            batches = [examples.batch(k, 8) for k in range(5)]
            image = np.concatenate([x["image"] for x in batches])
            lit = image[..., 1] > 2 * np.maximum(image[..., 0], image[..., 2]) + 0.1
            shares.append(lit.mean())
        assert shares[0] > 0.01 and shares[1] < 0.1 * shares[0]

    def test_errors(self, tmp_path):
        with pytest.raises(DataError, match="found none"):
            parsing_arrays([tmp_path], 64, tmp_path / "cache")


class TestParsingConfig:
    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ({"network": "x"}, "`network`.*Received: 'x'"),
            ({"size": 72}, "`size`.*Received: 72"),
            ({"ema": 1.0}, "`ema`.*Received: 1.0"),
            ({"portraits": ()}, "Received: none"),
            ({"portraits": "heads"}, "lists of folders.*'heads'"),
            ({"self_training": True, "init": "run"}, "`data`.*`init`"),
            ({"self_training": True, "data": ("photos",)}, "`data`.*`init`"),
        ],
    )
    def test_errors(self, arguments, message):
        with pytest.raises(ValueError, match=message):
            ParsingConfig(**{"portraits": ("heads",), "out": "run", **arguments})


class TestParsingTrainer:
    @pytest.mark.slow
    def test_resume(self, folder, tmp_path, monkeypatch):
        """A run killed between checkpoints and started again ends as one in one go."""
        monkeypatch.setattr(rendered, "_HELD_OUT", 2)
        straight, names = check_killed_and_resumed(
            monkeypatch,
            ParsingTrainer,
            train_parsing,
            partial(config, folder),
            tmp_path,
        )
        assert {"loss", "validation_hair_iou"} <= names
        assert (straight / "sample_0000004.png").is_file()
        network, settings = load_parsing_run(straight)
        assert network.filters == (4, 8) and settings["steps"] == 4

    def test_scores(self, arrays):
        """A network that knows the labels has all of them; one that does not, less."""

        class Known:
            def __init__(self, shift):
                self.shift = shift

            def predict(self, inputs, **_):
                labels = (batch["label"][..., 0].astype(int) + self.shift) % 4
                return np.eye(4)[labels]

        batch = ParsingExamples(**arrays, augment=False).batch(0, 4)
        hidden = (batch["weight"] > 0) & (batch["mask"] == 0)
        present = {int(x) for x in np.unique(batch["label"][hidden])}
        for shift in (0, 1):
            scores = list(parsing._scores(Known(shift), batch).values())
            assert len(scores) == 4
            assert {scores[k] for k in present} == {1.0 - shift}

    def test_photographs_are_parsed_for_its_own_training(self, arrays):
        """By the mean of both mirror images; eyes, brows and lips are skin."""

        class Network:
            def predict(self, inputs, **_):
                assert (inputs["mask"] == 1).all() and inputs["image"].max() <= 1
                shown.append(inputs)
                found = np.zeros((*inputs["image"].shape[:3], 4))
                found[..., 2] = 0.5
                found[:, :, :16, 0] = 0.6 * (len(shown) % 2)
                return found

        shown = []
        large = np.repeat(np.repeat(arrays["crops"], 2, 1), 2, 2)
        points = 2 * arrays["points"] + 0.5
        parsed = parsing.parse_photographs(Network(), large, points, 64)
        np.testing.assert_array_equal(parsed["crops"], arrays["crops"])
        np.testing.assert_allclose(parsed["points"], arrays["points"], atol=1e-4)
        np.testing.assert_array_equal(shown[0]["face"], shown[1]["face"][:, :, ::-1])
        for labels, face in zip(parsed["labels"], parsed["points"], strict=True):
            x, y = face[list(LEFT_EYE)].mean(0).round().astype(int)
            assert labels[y, x] == SKIN
            assert (labels[:, :16] != HAIR).mean() < 0.1
            assert (labels[:8] == HAIR).all()

    @pytest.mark.slow
    def test_self_training(self, folder, tmp_path, monkeypatch):
        photos = tmp_path / "photos"
        photos.mkdir()
        for k, portrait in enumerate(load_embedded(3)):
            write_photo(photos / f"{k}.png", portrait.pictures["bare"])
        train_parsing(config(folder, tmp_path / "first"))
        more = {"data": (str(photos),), "init": str(tmp_path / "first")}
        settings = config(folder, tmp_path / "second", self_training=True, **more)
        made = []

        def examples(*args, **kwargs):
            made.append(ParsingExamples(*args, **kwargs))
            return made[-1]

        monkeypatch.setattr(parsing, "ParsingExamples", examples)
        train_parsing(settings)
        rendered = made[0].rendered
        heads = len(list(folder.iterdir()))
        assert rendered.sum() >= heads and (~rendered).sum() == 3
        for arrays in (made[0].crops, made[0].labels, made[0].points):
            assert len(arrays) == len(rendered)

    @pytest.mark.slow
    def test_loss_falls(self, folder, arrays, tmp_path):
        trainer = ParsingTrainer(config(folder, tmp_path, steps=60))
        batch = ParsingExamples(**arrays, augment=False).batch(0, 2)
        losses = [float(trainer.update(batch)["loss"]) for _ in range(40)]
        assert losses[-1] < 0.6 * losses[0]

    def test_errors(self, tmp_path):
        with pytest.raises(DataError, match="expected rendered portraits"):
            train_parsing(config(tmp_path / "nothing", tmp_path / "out"))
        assert not (tmp_path / "out").exists()
