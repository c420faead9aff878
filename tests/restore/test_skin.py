import numpy as np
import pytest

from facekit.data import align, find_faces
from facekit.errors import FacekitError, NoFaceError
from facekit.portraits import load_embedded
from facekit.restore import load
from facekit.restore.face_maps import aligned_square
from facekit.restore.skin_pictures import map_sheet, save_maps
from facekit.spectra import MAX_HAEMOGLOBIN, MAX_MELANIN
from facekit.spectra.skin_units import pigment_fraction, pigment_units

NAMES = (
    *("melanin", "haemoglobin", "diffuse", "specular", "reconstruction"),
    *("validity", "changed"),
)


@pytest.fixture(scope="module")
def skin_tool(skin_folder):
    return load(skin_folder)


@pytest.fixture(scope="module")
def faces(astronaut):
    return find_faces(astronaut)


@pytest.fixture(scope="module")
def plain(skin_tool, astronaut, faces):
    return skin_tool(astronaut, faces=faces)


def test_maps(plain, astronaut):
    np.testing.assert_array_equal(plain.image, astronaut)
    assert set(plain.maps) == {*NAMES, "light", "camera"}
    for name in NAMES:
        assert plain.maps[name].shape[:2] == astronaut.shape[:2]
        assert plain.maps[name].dtype == np.float32
    assert plain.maps["light"].shape == (1, 33)
    assert plain.maps["camera"].shape == (1, 33, 3)
    skin = plain.maps["validity"] > 0.9
    assert 0.01 < skin.mean() < 0.2
    assert 0 < plain.maps["melanin"][skin].min()
    assert plain.maps["melanin"].max() <= MAX_MELANIN
    assert plain.maps["haemoglobin"].max() <= MAX_HAEMOGLOBIN


def test_pigments_change_skin_and_nothing_else(skin_tool, astronaut, faces, plain):
    darker = skin_tool(astronaut, melanin=0.4, faces=faces).image.astype(int)
    redder = skin_tool(astronaut, haemoglobin=0.3, faces=faces).image.astype(int)
    other = plain.maps["changed"] == 0
    assert other.mean() > 0.8
    skin = plain.maps["validity"] > 0.95
    for image in (darker, redder):
        np.testing.assert_array_equal(image[other], astronaut[other])
    assert (darker[skin] <= astronaut[skin]).all()
    assert darker[skin].mean() < astronaut[skin].mean() - 10
    before, after = (x[skin].mean(0) for x in (astronaut.astype(int), redder))
    assert after[0] / after[1] > before[0] / before[1]


def test_dark_places_do_not_turn_blue(skin_tool, astronaut, faces, plain):
    darker = skin_tool(astronaut, melanin=0.8, faces=faces).image.astype(int)
    skin = plain.maps["validity"] > 0.95
    before, after = (x[skin].astype(int) for x in (astronaut, darker))
    dark = before.sum(1) < np.quantile(before.sum(1), 0.1)
    assert dark.sum() > 100
    assert (after[dark, 2] <= after[dark, 0] + 2).all()


def test_dark_skin_becomes_what_the_network_renders():
    skin_tool = load("skin")
    portrait = load_embedded(40)[39]
    photo = portrait.pictures["bare"]
    (face,) = find_faces(photo)[:1]
    lighter = skin_tool(photo, melanin=-0.4, faces=[face])
    crop, transform, _ = aligned_square(photo, face, skin_tool.size)
    scene = skin_tool.saved_model(image=crop[None])
    fewer = pigment_units(scene["melanin"], MAX_MELANIN) - 0.4
    names = ("melanin", "haemoglobin", "diffuse", "specular", "light", "camera")
    scene = {name: scene[name] for name in names}
    scene["melanin"] = pigment_fraction(fewer, MAX_MELANIN).astype("float32")
    rendered = 255 * skin_tool.saved_model("render", **scene)["image"][0]
    skin = align(lighter.maps["validity"], transform, skin_tool.size) > 0.95
    shown = align(lighter.image, transform, skin_tool.size)
    medians = [np.median(x[skin], axis=0) for x in (shown, rendered)]
    np.testing.assert_allclose(*medians, atol=12)


def test_changes_cover_skin_and_spare_eyes(plain, faces, astronaut):
    changed = plain.maps["changed"]
    bare = plain.maps["validity"] > 0.95
    bare[:84] = False  # the fringe has about the colour of skin
    assert changed[bare].mean() > 0.95
    x, y = np.rint(faces[0].landmarks[[159, 145, 386, 374]].mean(0)).astype(int)
    right = np.rint(faces[0].landmarks[[159, 145]].mean(0)).astype(int)
    assert changed[right[1], right[0]] < 0.05
    assert changed[y, x] > 0.9  # the bridge of the nose


def test_no_pixel_changes_twice(skin_tool, astronaut, faces):
    once = skin_tool(astronaut, melanin=0.4, faces=faces).image
    twice = skin_tool(astronaut, melanin=0.4, faces=[*faces, *faces]).image
    np.testing.assert_allclose(once.astype(int), twice, atol=6)


def test_units(skin_tool, astronaut, faces):
    """0.05 of melanin is a step between 0.25 and 0.7 in the network's units here."""
    fraction = skin_tool(astronaut, melanin=0.05, units="fraction", faces=faces)
    steps = [
        skin_tool(astronaut, melanin=melanin, faces=faces).image.mean()
        for melanin in (0.05, 0.7)
    ]
    assert steps[1] < fraction.image.mean() < steps[0] < astronaut.mean()


def test_detail_survives(skin_tool, astronaut, faces, plain):
    """Ratios are smooth, so that what is finer than the maps stays."""
    edited = skin_tool(astronaut, melanin=0.3, faces=faces).image
    x0, y0, x1, y1 = (int(x) for x in faces[0].box)
    skin = plain.maps["validity"][y0:y1, x0:x1] > 0.95

    def fine(image):
        grey = image[y0:y1, x0:x1].astype(float).mean(-1)
        return (grey[1:-1, 1:-1] - (grey[:-2, 1:-1] + grey[2:, 1:-1]) / 2)[
            skin[1:-1, 1:-1]
        ]

    assert np.corrcoef(fine(astronaut), fine(edited))[0, 1] > 0.9


def test_other_light_and_camera(skin_tool, astronaut, faces):
    shown = skin_tool(astronaut, illuminant="F11", camera="Nikon D700", faces=faces)
    change = np.abs(shown.image.astype(int) - astronaut).max(-1)
    assert 0 < change.max() < 90


def test_strength(skin_tool, astronaut, faces):
    none = skin_tool(astronaut, melanin=0.4, strength=0, faces=faces)
    np.testing.assert_array_equal(none.image, astronaut)


def test_a_grey_photo_stays_grey(skin_tool, astronaut, faces):
    grey = np.repeat(astronaut.mean(-1, keepdims=True).astype("uint8"), 3, -1)
    edited = skin_tool(grey, haemoglobin=0.3, faces=faces).image
    assert (edited == edited[..., :1]).all()


def test_errors(skin_tool, astronaut, faces):
    with pytest.raises(FacekitError, match="melanin.*received 3"):
        skin_tool(astronaut, melanin=3, faces=faces)
    with pytest.raises(FacekitError, match="units.*'litres'"):
        skin_tool(astronaut, units="litres", faces=faces)
    with pytest.raises(FacekitError, match="Received.*'candle'"):
        skin_tool(astronaut, illuminant="candle", faces=faces)
    with pytest.raises(FacekitError, match="Received: 'Leica'"):
        skin_tool(astronaut, camera="Leica", faces=faces)
    with pytest.raises(NoFaceError):
        skin_tool(np.full((64, 64, 3), 128, np.uint8))


def test_a_sheet_shows_all_maps(plain, astronaut):
    sheet = map_sheet(astronaut, plain.maps)
    assert sheet.dtype == np.uint8 and sheet.shape[2] == 3
    assert len(np.unique(sheet.reshape(-1, 3), axis=0)) > 1000


def test_maps_are_saved(plain, tmp_path):
    save_maps(tmp_path / "maps.npz", plain.maps)
    with np.load(tmp_path / "maps.npz") as stored:
        found = {name: stored[name] for name in stored.files}
    assert found.keys() == plain.maps.keys()
    np.testing.assert_allclose(found["melanin"], plain.maps["melanin"], atol=1e-3)
    assert [path.name for path in tmp_path.iterdir()] == ["maps.npz"]


@pytest.mark.slow
def test_the_saved_model_says_what_the_network_says(skin_folder, tensorflow, rng):
    """Any size, in a process of its own; the decoder alone makes the picture again."""
    from facekit.export import run_in_fresh_process

    image = rng.random((2, 70, 51, 3), dtype="float32")
    maps = run_in_fresh_process(skin_folder, {"image": image})
    assert set(maps) == {
        *("melanin", "haemoglobin", "diffuse", "specular"),
        *("light", "camera", "reconstruction"),
    }
    assert maps["melanin"].shape == (2, 70, 51, 1)
    render = tensorflow.saved_model.load(str(skin_folder)).signatures["render"]
    scene = {k: tensorflow.constant(x) for k, x in maps.items()}
    scene.pop("reconstruction")
    painted = render(**scene)["image"]
    np.testing.assert_allclose(painted, maps["reconstruction"], atol=1e-5)
