import cv2
import numpy as np
import pytest

from facekit.data import align, find_faces
from facekit.data.alignment import invert_transform, transform_points
from facekit.data.face_regions import OUTLINES, draw_hull
from facekit.demo import astronaut
from facekit.portraits import LABELS, load_embedded
from facekit.restore.skin_area import SIZE, skin_area

_TOP, _BELOW_CHIN = 10, 152  # in MediaPipe's numbering


@pytest.fixture(scope="module", params=[1, 5])
def shown(request):
    """Area of a rendered portrait, what is skin, its face, what is in the picture, and
    the row of the chin.
    """
    portrait = load_embedded(request.param + 1)[request.param]
    picture = portrait.pictures["bare"]
    landmarks = find_faces(picture)[0].landmarks
    area, transform = skin_area(picture, landmarks)
    buffers = portrait.buffers["bare"]
    skin = (buffers["labels"] == LABELS.index("skin")) & (buffers["strands"] < 0.05)
    skin = align(skin.astype("float32"), transform, SIZE, border="zero")
    points = transform_points(landmarks, transform)
    face = draw_hull(points, area.shape)
    shown = np.ones(picture.shape[:2], "float32")
    shown = align(shown, transform, SIZE, border="zero") > 0.99
    return area, skin, face, shown, round(float(points[_BELOW_CHIN, 1]))


def test_a_face_and_its_neck_change(shown):
    area, skin, face, _, chin = shown
    assert area[face & (skin > 0.99)].mean() > 0.9
    below = np.zeros_like(face)
    below[chin + 10 : chin + 30] = True
    neck = below & (skin > 0.99)
    assert neck.sum() > 500
    assert area[neck].mean() > 0.6


def test_ears_change(shown):
    area, skin, face, _, chin = shown
    beside = np.zeros_like(face)
    beside[chin - 120 : chin - 60] = True
    ears = beside & ~face & (skin > 0.99)
    assert ears.sum() > 150
    assert area[ears].mean() > 0.6


def test_a_bald_head_changes_and_hair_does_not():
    for index, bald in ((16, True), (33, False)):
        picture = load_embedded(40)[index].pictures["bare"]
        landmarks = find_faces(picture)[0].landmarks
        area, transform = skin_area(picture, landmarks)
        points = transform_points(landmarks, transform)
        (x, y), size = points[_TOP], np.ptp(points[:, 1])
        top = area[round(y - 0.15 * size) : round(y - 0.12 * size), round(x)]
        assert (top.min() > 0.9) if bald else (top.max() < 0.6)


def test_a_grey_neck_changes():
    picture = load_embedded(6)[4].pictures["bare"]
    landmarks = find_faces(picture)[0].landmarks
    grey = np.repeat(picture.mean(-1, keepdims=True).astype("uint8"), 3, -1)
    areas = [skin_area(image, landmarks)[0] for image in (picture, grey)]
    neck = areas[0] > 0.9
    assert areas[1][neck].mean() > 0.8


def test_another_head_below_the_chin_stays():
    picture = load_embedded(6)[5].pictures["bare"]
    landmarks = find_faces(picture)[0].landmarks
    below = landmarks * 0.3 + landmarks[_BELOW_CHIN] - 0.3 * landmarks[_TOP] + (0, 8)
    alone, transform = skin_area(picture, landmarks)
    both, _ = skin_area(picture, landmarks, [below])
    other = draw_hull(transform_points(below, transform), alone.shape)
    assert alone[other].mean() > 0.3
    assert both[other].max() < 0.05
    face = transform_points(landmarks, transform)
    inner = draw_hull(face.mean(0) + 0.85 * (face - face.mean(0)), alone.shape)
    np.testing.assert_allclose(both[inner & ~other], alone[inner & ~other], atol=0.01)


def test_what_is_no_skin_stays(shown):
    area, skin, face, inside, chin = shown
    other = inside & ~face & (skin < 0.01)
    assert (area[other] > 0.5).mean() < 0.05
    other[: chin - 20] = False
    assert (area[other] > 0.5).mean() < 0.04


def _area_and(portrait, name, least_share=0.99):
    """The area of a portrait, where a label is shown in it, and its landmarks there."""
    landmarks = find_faces(portrait.pictures["bare"])[0].landmarks
    area, transform = skin_area(portrait.pictures["bare"], landmarks)
    buffers = portrait.buffers["bare"]
    where = buffers["labels"] == LABELS.index(name)
    if name == "skin":
        where &= buffers["strands"] < 0.05
    where = align(where.astype("float32"), transform, SIZE, border="zero")
    return area, where > least_share, transform_points(landmarks, transform)


@pytest.mark.parametrize("index", [26, 20])
def test_a_background_beside_forehead_or_neck_stays(index):
    portrait = load_embedded(40)[index]
    area, background, _ = _area_and(portrait, "background")
    away = cv2.erode(background.astype("uint8"), np.ones((9, 9))) > 0
    assert away.sum() > 20_000
    assert (area[away] > 0.3).sum() < 40


def test_lids_within_an_outline_that_is_off_change_and_the_eye_stays():
    portrait = load_embedded(40)[26]
    area, skin, points = _area_and(portrait, "skin")
    outlined = [draw_hull(points[list(eye)], area.shape) for eye in OUTLINES["eyes"]]
    lids = np.logical_or(*outlined) & skin
    assert lids.sum() > 50
    assert area[lids].mean() > 0.7
    _, eyes, _ = _area_and(portrait, "eyes", 0.9)
    assert area[eyes].mean() < 0.1


@pytest.mark.parametrize(("picture", "opened"), [(26, False), ("astronaut", True)])
def test_teeth_stay_and_closed_lips_change(picture, opened):
    if picture == "astronaut":
        picture = astronaut()
    else:
        picture = load_embedded(40)[picture].pictures["bare"]
    landmarks = find_faces(picture)[0].landmarks
    area, transform = skin_area(picture, landmarks)
    x, y = transform_points(landmarks[[13, 14]], transform).mean(0).astype(int)
    between = area[y - 1 : y + 2, x - 10 : x + 11].mean()
    assert (between < 0.2) if opened else (between > 0.6)


def resized(picture, scale):
    return cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)


def as_jpeg(picture):
    return cv2.imdecode(cv2.imencode(".jpg", picture, [1, 90])[1], cv2.IMREAD_COLOR)


def in_grey(picture):
    return np.repeat(picture.mean(-1, keepdims=True).astype("uint8"), 3, -1)


CHANGES = {
    "none": lambda x: x,
    "small": lambda x: resized(x, 0.5),
    "large": lambda x: resized(x, 1.6),
    "jpeg": as_jpeg,
    "darker": lambda x: (0.9 * x).astype("uint8"),
    "brighter": lambda x: np.clip(1.05 * x, 0, 255).astype("uint8"),
    "grey": in_grey,
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_fringe_of_about_the_colour_of_skin_and_eyes_stay(change):
    original = astronaut()
    picture = CHANGES[change](original)
    scale = len(picture) / len(original)
    landmarks = (find_faces(original)[0].landmarks + 0.5) * scale - 0.5
    area, transform = skin_area(picture, landmarks)
    shown = align(area, invert_transform(transform), picture.shape[1::-1])
    shown = cv2.resize(shown, original.shape[1::-1], interpolation=cv2.INTER_AREA)
    assert shown[62:76, 197:233].mean() < 0.2
    assert shown[86:94, 200:230].min() > 0.9
    points = transform_points(landmarks, transform)
    for eye in OUTLINES["eyes"]:
        assert area[draw_hull(points[list(eye)], area.shape)].mean() < 0.15


@pytest.mark.parametrize("index", [1, 5])
def test_it_ends_softly_but_where_the_photo_has_an_edge(index):
    picture = load_embedded(index + 1)[index].pictures["bare"]
    area, transform = skin_area(picture, find_faces(picture)[0].landmarks)
    crop = align(picture, transform, SIZE).astype(int)
    for axis in (0, 1):
        step = np.abs(np.diff(area, axis=axis))
        even = np.abs(np.diff(crop, axis=axis)).max(-1) < 6
        assert step[even].max() < 0.25
    assert area[[0, -1]].max() < 0.05
    assert area[:, [0, -1]].max() == 0
