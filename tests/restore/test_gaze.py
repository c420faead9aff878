import cv2
import numpy as np
import pytest

from facekit.data import alignment_transform, find_faces
from facekit.data.alignment import transform_points
from facekit.data.face_regions import OUTLINES, draw_hull
from facekit.portraits import load_embedded
from facekit.restore.gaze import eyes_aside, look_aside

SIZE = 256
CORNERS = {"right_eye": (33, 133), "left_eye": (362, 263)}


@pytest.fixture(scope="module")
def points():
    landmarks = find_faces(load_embedded(1)[0].pictures["bare"])[0].landmarks
    return transform_points(landmarks, alignment_transform(landmarks, SIZE))


def looking(points, place):
    """Grey skin, and in white eyes dark irises at a place between the corners."""
    image = np.full((SIZE, SIZE, 3), 0.5, "float32")
    for eye, corners in CORNERS.items():
        start, end = points[list(corners)]
        iris = np.rint(start + place * (end - start)).astype(int)
        disc = np.zeros((SIZE, SIZE), "uint8")
        radius = round(0.2 * np.hypot(*(end - start)))
        disc = cv2.circle(disc, iris.tolist(), radius, 1, -1) > 0
        opening = draw_hull(points[list(OUTLINES[eye][0])], disc.shape)
        image[opening] = 0.9
        image[opening & disc] = 0.1
    return image


SEEN = np.ones((SIZE, SIZE), bool)


@pytest.mark.parametrize(("place", "found"), [(0.35, True), (0.5, False), (0.68, True)])
def test_finds_eyes_that_look_aside(points, place, found):
    eyes = eyes_aside(looking(points, place), SEEN, points)
    assert eyes == (list(CORNERS) if found else [])


def test_what_is_hidden_or_closed_does_not_look_aside(points):
    image, seen = looking(points, 0.35), SEEN.copy()
    x, y = points[list(CORNERS["left_eye"])].mean(0).astype(int)
    seen[y - 12 : y + 12, x - 20 : x + 20] = False
    assert eyes_aside(image, seen, points) == ["right_eye"]
    scratched = SEEN.copy()
    scratched[:, x] = False
    assert eyes_aside(image, scratched, points) == ["right_eye"]
    assert eyes_aside(np.full_like(image, 0.5), SEEN, points) == []


def test_eyes_are_turned_to_the_other_side(points):
    image, expected = looking(points, 0.35), looking(points, 0.65)
    turned = look_aside(image, points, list(CORNERS))
    inside = np.any(
        [draw_hull(points[list(x)], SEEN.shape) for x in OUTLINES["eyes"]], 0
    )
    before, after = (np.abs(x - expected)[inside].mean() for x in (image, turned))
    assert after < 0.4 * before
    far = ~(cv2.dilate(inside.astype("uint8"), np.ones((13, 13), "uint8")) > 0)
    np.testing.assert_array_equal(turned[far], image[far])


def test_only_the_eyes_that_are_named_are_turned(points):
    image = looking(points, 0.35)
    np.testing.assert_array_equal(look_aside(image, points, []), image)
    turned = look_aside(image, points, ["left_eye"])
    half = int(points[168, 0])
    np.testing.assert_array_equal(turned[:, : half - 10], image[:, : half - 10])
    assert (turned != image).any()
