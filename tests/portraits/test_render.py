import cv2
import keras
import numpy as np
import pytest

from facekit.layers import SpectralRender
from facekit.portraits import LABELS, VARIANTS, portrait_capture, render_portrait
from facekit.portraits.head import head_mesh
from facekit.portraits.person import sample_person
from facekit.spectra import MAX_HAEMOGLOBIN, MAX_MELANIN, encode_srgb
from facekit.training.skin_examples import portrait_maps

SIZE = 96
SEEDS = (4, 5)
LABEL = {name: index for index, name in enumerate(LABELS)}


@pytest.fixture(params=SEEDS)
def portrait(request, rendered):
    return rendered(request.param)


def test_pictures_and_buffers_have_their_shapes_and_ranges(portrait):
    assert list(portrait.pictures) == ["bare", *VARIANTS] == list(portrait.buffers)
    channels = {"albedo": 3, "diffuse": 3, "specular": 3, "normal": 3, "uv": 2}
    for variant, picture in portrait.pictures.items():
        assert picture.shape == (SIZE, SIZE, 3) and picture.dtype == np.uint8
        for name, values in portrait.buffers[variant].items():
            expected = (
                (SIZE, SIZE, channels[name]) if name in channels else (SIZE, SIZE)
            )
            assert values.shape == expected, name
            assert np.isfinite(values).all(), name
            whole = {"labels": np.uint8, "exact": bool, "changed": bool}
            assert values.dtype == whole.get(name, np.float32), name
        maps = portrait.buffers[variant]
        assert maps["albedo"].min() >= 0 and maps["albedo"].max() <= 1.2
        assert maps["diffuse"].min() >= 0 and maps["specular"].min() >= 0
        assert maps["melanin"].max() <= MAX_MELANIN + 1e-6
        assert maps["haemoglobin"].max() <= MAX_HAEMOGLOBIN + 1e-6
        assert -1e-6 <= maps["strands"].min() and maps["strands"].max() <= 1 + 1e-6
        assert maps["labels"].max() < len(LABELS)


def test_the_picture_is_albedo_times_diffuse_plus_specular(portrait):
    for variant, picture in portrait.pictures.items():
        maps = portrait.buffers[variant]
        linear = maps["albedo"] * maps["diffuse"] + maps["specular"]
        error = np.abs(encode_srgb(linear) * 255 - picture)[maps["exact"]]
        assert error.max() <= 1
        person = maps["labels"] != LABEL["background"]
        assert maps["exact"][person].mean() > 0.7


def test_white_light_is_what_the_decoder_makes_of_the_maps(portrait):
    errors = {}
    for variant in ("bare", "white_light"):
        capture = portrait_capture(portrait.seed, variant)
        maps = portrait_maps(portrait, variant)[None]
        inputs = [maps[..., k : k + 1] for k in range(1, 5)]
        inputs += [capture.illuminant[None], capture.sensitivities[None]]
        picture = SpectralRender()([np.float32(x) for x in inputs])
        picture = 255 * keras.ops.convert_to_numpy(picture)
        error = np.abs(picture - portrait.pictures[variant])[maps[..., 0] > 0.5]
        errors[variant] = error.mean()
    assert errors["white_light"] < 0.8 < errors["bare"]


def test_variants_equal_the_bare_portrait_outside_their_map(portrait):
    bare = portrait.pictures["bare"]
    for variant in VARIANTS:
        changed = portrait.buffers[variant]["changed"]
        assert np.array_equal(portrait.pictures[variant][~changed], bare[~changed])
        assert changed.any()
    labels = portrait.buffers["bare"]["labels"]
    head = np.isin(labels, [LABEL[x] for x in ("skin", "lips", "eyes", "brows")])
    near = cv2.dilate(head.astype("uint8"), np.ones((5, 5), "uint8")) > 0
    for variant in ("makeup", "blemishes"):
        picture = portrait.pictures[variant]
        assert np.array_equal(picture[~near], bare[~near])
    covered = portrait.buffers["worn_mask"]["worn_mask"] > 0
    reach = round(0.1 * len(bare))  # as far as its shadow falls
    near = cv2.dilate(covered.astype("uint8"), np.ones((2 * reach + 1,) * 2, "uint8"))
    apart = near == 0
    assert np.array_equal(portrait.pictures["worn_mask"][apart], bare[apart])
    for variant, most in (("makeup", 0.5), ("blemishes", 0.2), ("worn_mask", 0.45)):
        assert portrait.buffers[variant]["changed"].mean() < most


def test_makeup_and_blemishes_leave_hair_alone(portrait):
    hair = portrait.buffers["bare"]["strands"] > 0.97
    hair &= portrait.buffers["bare"]["labels"] == LABEL["hair"]
    for variant in ("makeup", "blemishes"):
        assert portrait.buffers[variant]["changed"][hair].mean() < 0.02


def test_labels_lie_where_the_face_has_them(portrait):
    labels, marks = portrait.buffers["bare"]["labels"], portrait.landmarks
    for name in ("skin", "lips", "eyes", "brows", "hair", "cloth", "background"):
        assert (labels == LABEL[name]).any(), name
    assert not (labels == LABEL["mask"]).any()
    x, y = np.array(marks["nose_tip"]).astype(int)
    assert labels[y, x] == LABEL["skin"]
    for name in ("left_eye", "right_eye"):
        x, y = np.array(marks[name]).astype(int)
        assert (labels[y - 2 : y + 3, x - 2 : x + 3] == LABEL["eyes"]).any()
    rows, columns = np.nonzero(labels == LABEL["lips"])
    middle = (marks["lip_top"][1] + marks["lip_bottom"][1]) / 2
    assert abs(rows.mean() - middle) < 0.04 * SIZE
    corners = marks["left_mouth_corner"][0] + marks["right_mouth_corner"][0]
    assert abs(columns.mean() - corners / 2) < 0.04 * SIZE


def test_a_worn_mask_covers_nose_and_mouth(portrait):
    maps = portrait.buffers["worn_mask"]
    for name in ("nose_tip", "lip_top", "lip_bottom", "chin"):
        x, y = np.array(portrait.landmarks[name]).astype(int)
        assert maps["worn_mask"][y, x] > 0.9, name
    for name in ("left_eye", "right_eye"):
        x, y = np.array(portrait.landmarks[name]).astype(int)
        assert maps["worn_mask"][y, x] == 0
    assert portrait.buffers["bare"]["worn_mask"].max() == 0


def test_landmarks_lie_in_the_picture_and_in_order(portrait):
    marks = portrait.landmarks
    places = np.array(list(marks.values()))
    assert len(marks) == 23
    assert places.min() > 0 and places.max() < SIZE
    assert marks["left_eye"][0] > marks["nose_tip"][0] > marks["right_eye"][0]
    assert marks["left_eye"][1] < marks["nose_tip"][1] < marks["lip_top"][1]
    assert marks["lip_top"][1] < marks["lip_bottom"][1] < marks["chin"][1]


def test_normals_are_unit_and_face_the_camera(portrait):
    normal = portrait.buffers["bare"]["normal"]
    length = np.linalg.norm(normal, axis=-1)
    shown = portrait.buffers["bare"]["labels"] == LABEL["skin"]
    np.testing.assert_allclose(length[shown], 1, atol=1e-3)
    assert normal[shown][:, 2].mean() > 0.5
    assert length[portrait.buffers["bare"]["depth"] == 0].max() < 1 + 1e-3


def test_pigments_are_those_of_the_person(portrait):
    maps = portrait.buffers["bare"]
    cheeks = np.zeros(maps["labels"].shape, "uint8")
    for side in ("left", "right"):
        place = [int(x) for x in portrait.landmarks[f"{side}_cheek"]]
        cv2.circle(cheeks, place, SIZE // 24, 1, -1)
    skin = (maps["labels"] == LABEL["skin"]) & (maps["strands"] < 0.01)
    found = np.median(maps["melanin"][skin & (cheeks > 0)])
    assert abs(found / portrait.person.melanin - 1) < 0.25


def test_the_same_seed_gives_the_same_bytes(rendered):
    first = rendered(4)
    second = render_portrait(4, SIZE, ("makeup", "worn_mask"))
    for variant in second.pictures:
        assert np.array_equal(first.pictures[variant], second.pictures[variant])
        for name, values in first.buffers[variant].items():
            assert np.array_equal(values, second.buffers[variant][name])
    assert first.landmarks == second.landmarks


def test_traits_change_what_they_name():
    names = head_mesh().morph_names
    drawn = sample_person(3, names)
    darker = sample_person(3, names, melanin=0.25)
    assert darker.melanin == 0.25 and darker.morphs == drawn.morphs


def test_tone_says_nothing_about_the_shape():
    names = head_mesh().morph_names
    people = [sample_person(seed, names) for seed in range(300)]
    melanin = np.log([person.melanin for person in people])
    for race in ("african", "asian", "caucasian"):
        share = [
            sum(w for name, w in person.morphs.items() if f"/{race}-" in name)
            for person in people
        ]
        assert abs(np.corrcoef(melanin, share)[0, 1]) < 0.2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"seed": -1}, "seed.*-1"),
        ({"seed": 1.5}, "seed"),
        ({"seed": 1, "size": 16}, "32 to 1024.*16"),
        ({"seed": 1, "variants": ("hat",)}, "hat"),
        ({"seed": 1, "variants": "makeup"}, "variants"),
        ({"seed": 1, "melanin": 0.5}, "melanin.*0.5"),
        ({"seed": 1, "height": 2}, "height"),
    ],
)
def test_errors(arguments, message):
    with pytest.raises(ValueError, match=message):
        render_portrait(**arguments)
