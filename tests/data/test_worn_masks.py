"""Worn masks: seeded, exact, over mouth and chin, drawn or from pictures."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from facekit.data import (
    WORN_MASK_KINDS,
    FaceFrame,
    canonical_landmarks,
    load_mask_templates,
    wear_mask,
)
from facekit.data.face_chart import FaceChart, ThinPlate
from facekit.errors import DataError, NoFaceError
from tests.data.conftest import assert_exact

KINDS = [kind for kinds in WORN_MASK_KINDS.values() for kind in kinds]


def test_there_are_nine_kinds_and_others_to_test_on():
    assert len(WORN_MASK_KINDS["train"]) >= 9
    assert not set(WORN_MASK_KINDS["train"]) & set(WORN_MASK_KINDS["held_out"])


@pytest.mark.parametrize("kind", KINDS)
def test_kinds_are_seeded_and_exact(crop, frame, kind):
    damage = wear_mask(crop[0], frame, 0, kind)
    assert_exact(crop[0], damage, shadow=True)
    assert np.array_equal(wear_mask(crop[0], frame, 0, kind).image, damage.image)
    assert not np.array_equal(wear_mask(crop[0], frame, 1, kind).image, damage.image)
    # Where nothing covers, only the shadow makes darker.
    free = damage.alpha == 0
    assert (damage.image[free] <= crop[0][free]).all()
    # What covers fully shows nothing of the face below.
    covered = damage.alpha == 1
    assert 0.03 < covered.mean() < 0.6


def test_what_is_below_does_not_show(crop, frame):
    """Two faces of one light differ under the mask; the masks do not."""
    damage = wear_mask(crop[0], frame, 3, "cloth")
    mouth = frame.lips > 0.5
    changed = crop[0].copy()
    changed[frame.box][mouth] = 255 - changed[frame.box][mouth]
    other = wear_mask(changed, crop[1], 3, "cloth")
    solid = (damage.alpha == 1) & (other.alpha == 1)
    difference = np.abs(damage.image[solid].astype("int32") - other.image[solid])
    assert difference.mean() < 3


@pytest.mark.parametrize("kind", WORN_MASK_KINDS["train"])
def test_masks_sit_on_the_face(crop, frame, kind):
    alpha = wear_mask(crop[0], frame, 5, kind).alpha[frame.box]
    x, y = np.rint(frame.points).astype(int).T
    at = alpha[y.clip(0, len(alpha) - 1), x.clip(0, alpha.shape[1] - 1)]
    mouth, eyes, chin = [0, 13, 17], [33, 133, 362, 263, 159, 386, 9], [152]
    assert at[mouth].min() == 1
    assert at[eyes].max() == 0
    if kind not in ("chin_gap",):
        assert at[chin].min() == 1
    assert at[[1]].item() == (0 if kind == "below_nose" else 1)


def test_families_differ(crop, frame):
    for seed in range(4):
        one, other = (
            wear_mask(crop[0], frame, seed, family=family) for family in WORN_MASK_KINDS
        )
        assert not np.array_equal(one.image, other.image)


@settings(max_examples=15, deadline=None)
@given(
    st.integers(0, 2**31),
    st.integers(24, 120),
    st.integers(-30, 30),
    st.integers(-30, 30),
    st.floats(0.55, 1.2),
)
def test_any_size_and_place(seed, size, x, y, stretch):
    image = np.random.default_rng(seed).integers(0, 256, (size, size + 7, 3), "uint8")
    landmarks = canonical_landmarks(80) * [stretch, 1] + [x, y]
    try:
        damage = wear_mask(image, landmarks, seed, KINDS[seed % len(KINDS)])
    except NoFaceError:
        return
    assert_exact(image, damage, shadow=True)


def test_masks_follow_a_turned_head(crop):
    image, landmarks = crop
    turned = np.ascontiguousarray(np.rot90(image))
    points = np.stack([landmarks[:, 1], image.shape[1] - 1 - landmarks[:, 0]], -1)
    upright = wear_mask(image, landmarks, 2, "surgical").alpha
    other = wear_mask(turned, points, 2, "surgical").alpha
    assert np.abs(np.rot90(upright) - other).mean() < 0.02


def test_thin_plate_goes_through_its_points(rng):
    source, target = rng.uniform(0, 1, (2, 9, 2))
    assert np.allclose(ThinPlate(source, target)(source), target, atol=0.05)
    affine = source @ [[0.9, 0.1], [-0.2, 1.1]] + [3, -4]
    elsewhere = rng.uniform(-2, 2, (5, 2))
    expected = elsewhere @ [[0.9, 0.1], [-0.2, 1.1]] + [3, -4]
    assert np.allclose(ThinPlate(source, affine)(elsewhere), expected, atol=1e-6)


def test_chart_of_the_average_face():
    landmarks = canonical_landmarks(256)
    frame = FaceFrame(np.full((256, 256, 3), 150, "uint8"), landmarks)
    chart = FaceChart(frame)
    assert np.allclose(chart.to_box([[0, 0]]), frame.points[168], atol=1)
    x, y = chart.maps()
    column, row = np.rint(frame.points[152]).astype(int)
    assert x[row, column] == pytest.approx(0, abs=0.03)
    assert y[row, column] == pytest.approx(1.72, abs=0.05)


@pytest.mark.parametrize(
    ("options", "message"),
    [({"kind": "veil"}, "`kind` must be"), ({"family": "test"}, "`family` must be")],
)
def test_errors(crop, frame, options, message):
    with pytest.raises(ValueError, match=message):
        wear_mask(crop[0], frame, 0, **options)


class TestTemplates:
    POINTS = ((10, 20), (50, 5), (90, 20), (15, 60), (50, 75), (85, 60))

    def write(self, folder, name="paper", mode="RGBA", **change):
        picture = np.zeros((80, 100, 4), "uint8")
        picture[5:76, 10:91] = (220, 30, 30, 255)
        Image.fromarray(picture).convert(mode).save(folder / f"{name}.png")
        lines = {"template": f"{name}.png"}
        lines |= {
            f"mask_{letter}": f"{x}, {y}"
            for letter, (x, y) in zip("abcdef", self.POINTS, strict=True)
        }
        lines = {key: value for key, value in {**lines, **change}.items() if value}
        text = "".join(f"{key}: {value}\n" for key, value in lines.items())
        with (folder / "keypoints.cfg").open("a") as file:
            file.write(f"[{name}]\n{text}\n")

    def test_a_picture_is_put_on(self, crop, frame, tmp_path):
        self.write(tmp_path)
        self.write(tmp_path, "paper_left")
        with (tmp_path / "keypoints.cfg").open("a") as file:
            file.write("[empty]\n")
        templates = load_mask_templates(tmp_path)
        assert [template.view for template in templates] == ["front", "left"]
        worn = [
            wear_mask(crop[0], frame, seed, templates=templates) for seed in range(9)
        ]
        red = []
        for damage in worn:
            assert_exact(crop[0], damage, shadow=True)
            colour = damage.image[damage.alpha == 1].astype("float32").mean(0)
            red.append(colour[0] > 2.5 * colour[1:].max())
        assert 0 < sum(red) < 9

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"mask_c": ""}, "six points"),
            ({"mask_c": "1"}, "six points"),
            ({"mask_c": "one, two"}, "six points"),
            ({"template": "none.png"}, "none.png"),
            ({"mode": "RGB"}, "transparency"),
            ({"template": ""}, "section with a template"),
        ],
    )
    def test_errors(self, tmp_path, options, message):
        self.write(tmp_path, **options)
        with pytest.raises(DataError, match=message):
            load_mask_templates(tmp_path)

    def test_no_folder(self, tmp_path):
        with pytest.raises(DataError, match=r"keypoints\.cfg"):
            load_mask_templates(tmp_path / "none")
