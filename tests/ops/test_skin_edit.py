import numpy as np

from facekit import spectra
from facekit.ops import edit_ratio
from facekit.spectra import MAX_HAEMOGLOBIN, MAX_MELANIN


def scene(melanin, blood, light="D65", weights=(0, 0)):
    maps = np.broadcast_arrays(melanin, blood, 1.0, 0.0)
    maps = [np.reshape(x, (1, 1, -1, 1)) for x in maps]
    seen = spectra.illuminant(light)[None], spectra.camera(weights)[None]
    return [x.astype("float32") for x in (*maps, *seen)]


def edited(before, after):
    """Linear sRGB of what `before` shows, edited towards `after`; and the truth."""
    edit = {k: np.asarray(x)[0] for k, x in edit_ratio(before, after).items()}
    linear, expected = (
        spectra.reflectance_to_srgb(
            spectra.skin_reflectance(x[0][0, 0, :, 0], x[1][0, 0, :, 0]),
            x[4][0],
            x[5][0],
        )
        for x in (before, after)
    )
    ratio = edit["ratio"][0]
    return (linear @ edit["to_camera"].T * ratio) @ edit["to_srgb"].T, expected


def test_numerics():
    """Dark skin, whose linear sRGB blue is near zero, turns light, and back."""
    blood = np.linspace(0.01, MAX_HAEMOGLOBIN, 9)
    dark, light = scene(MAX_MELANIN, blood), scene(0.02, blood)
    for before, after in ((dark, light), (light, dark)):
        found, expected = edited(before, after)
        assert np.abs(found - expected).max() < 0.003


def test_numerics_of_light_and_camera():
    blood = np.linspace(0.01, MAX_HAEMOGLOBIN, 9)
    before = scene(0.05, blood, "D65", (0.5, 1))
    after = scene(0.05, blood, "F11", (-1, 0.3))
    found, expected = edited(before, after)
    assert np.abs(found - expected).max() < 0.003


def test_no_change_is_no_change():
    before = scene(np.linspace(0, MAX_MELANIN, 7), 0.03)
    ratio = np.asarray(edit_ratio(before, before)["ratio"])
    np.testing.assert_array_equal(ratio, 1)
