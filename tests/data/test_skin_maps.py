import numpy as np

from facekit.data import find_faces
from facekit.data.alignment import align, alignment_transform, transform_points
from facekit.data.skin_maps import dark_channel_specular, photo_skin_maps


def test_highlights_of_one_colour_are_found():
    rng = np.random.default_rng(0)
    light = rng.uniform(0.3, 1, (32, 32, 1))
    shine = np.zeros((32, 32))
    shine[8:14, 8:20] = rng.uniform(0.05, 0.2, (6, 12))
    linear = light * (0.5, 0.3, 0.2) + shine[..., None]
    found = dark_channel_specular(linear, np.ones((32, 32)))
    np.testing.assert_allclose(found, shine, atol=1e-6)


def test_a_picture_without_skin_has_no_highlights():
    linear = np.full((8, 8, 3), 0.5)
    assert (dark_channel_specular(linear, np.zeros((8, 8))) == 0).all()


def test_maps_of_a_photograph(astronaut):
    landmarks = find_faces(astronaut)[0].landmarks
    transform = alignment_transform(landmarks, 96)
    crop = align(astronaut, transform, 96)
    maps = photo_skin_maps(crop, transform_points(landmarks, transform))
    skin = maps["skin"] > 0.5
    assert 0.1 < skin.mean() < 0.5
    luminance = (crop[skin] / 255.0) ** 2.2 @ (0.2126, 0.7152, 0.0722)
    assert np.corrcoef(maps["diffuse"][skin], luminance)[0, 1] > 0.5
    assert maps["specular"].min() >= 0
