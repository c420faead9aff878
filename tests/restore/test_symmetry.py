import cv2
import numpy as np
import pytest

from facekit.data import align, alignment_transform, find_faces
from facekit.data.alignment import transform_points
from facekit.data.face_regions import OUTLINES, draw_hull
from facekit.portraits import load_embedded
from facekit.restore.symmetry import SIDE, _Sides, mirror_head

BACKGROUND, SKIN, HAIR, _ = range(4)
RIGHT_EYE, LEFT_EYE = (33, 133), (263, 362)


def a_face(size):
    """A rendered portrait made symmetric, aligned, with its landmarks."""
    picture = load_embedded(1)[0].pictures["bare"]
    landmarks = find_faces(picture)[0].landmarks
    transform = alignment_transform(landmarks, size)
    crop = align(picture, transform, size).astype("float32") / 255
    half = size // 2
    crop[:, half:] = crop[:, :half][:, ::-1]
    points = transform_points(landmarks, transform)
    found = find_faces((255 * crop).astype("uint8"))
    return crop, found[0].landmarks if found else points


def with_hole(crop, middle, radius):
    """The picture with a disc blackened, and what is known of it."""
    known = np.ones(crop.shape[:2], "float32")
    cv2.circle(known, [int(x) for x in middle], int(radius), 0, -1)
    return crop * known[..., None], known


@pytest.fixture(scope="module", params=[SIDE, 2 * SIDE])
def damaged(request):
    """The face, and one whose eye on the right is hidden."""
    size = request.param
    crop, points = a_face(size)
    image, known = with_hole(crop, points[list(LEFT_EYE)].mean(0), size / 14)
    return crop, image, known, points


def error(image, crop, where):
    return np.abs(image - crop)[where].mean()


def open_eyes(points, shape):
    """Where eyes are, of which those of a face made symmetric squint."""
    eyes = [draw_hull(points[list(part)], shape) for part in OUTLINES["eyes"]]
    kernel = np.ones((2 * (shape[0] // 64) + 1,) * 2, "uint8")
    return cv2.dilate(np.any(eyes, 0).astype("uint8"), kernel) > 0


def test_a_hidden_eye_is_like_the_other(damaged):
    crop, image, known, points = damaged
    drawn, changed = mirror_head(image, known, points)
    hidden = known == 0
    assert changed.sum() > 0.95 * hidden.sum()
    assert error(drawn, crop, changed & ~open_eyes(points, known.shape)) < 0.015


def test_only_what_is_hidden_changes(damaged):
    _, image, known, points = damaged
    drawn, changed = mirror_head(image, known, points)
    assert not changed[known == 1].any()
    np.testing.assert_array_equal(drawn[known == 1], image[known == 1])


def test_hidden_pixels_are_never_read(damaged):
    crop, image, known, points = damaged
    noise = np.random.default_rng(0).random(crop.shape, "float32")
    noisy = np.where(known[..., None] == 1, image, noise)
    drawn, changed = mirror_head(image, known, points)
    again, changed_again = mirror_head(noisy, known, points)
    np.testing.assert_array_equal(changed, changed_again)
    # The rest of what is hidden is what was given.
    np.testing.assert_allclose(drawn[changed], again[changed], atol=1e-6)


def test_another_light_on_the_other_side_is_evened_out(damaged):
    crop, image, known, points = damaged
    light = np.linspace(0.8, 1, crop.shape[1], dtype="float32")[:, None]
    drawn, changed = mirror_head(light * image, known, points)
    assert changed.sum() > 0.9 * (known == 0).sum()
    beside = changed & ~open_eyes(points, known.shape)
    assert error(drawn, light * crop, beside) < 0.025


def test_an_eye_hidden_on_both_sides_is_left_alone(damaged):
    _, image, known, points = damaged
    both = np.minimum(known, known[:, ::-1])
    assert not mirror_head(image * both[..., None], both, points)[1].any()


def test_another_skin_on_the_other_side_is_no_example(damaged):
    crop, image, known, points = damaged
    half = crop.shape[1] // 2
    other = image.copy()
    spots = np.random.default_rng(0).random((16, 8, 3), "float32")
    other[:, :half] = cv2.resize(spots, (half, len(crop)))
    assert not mirror_head(other, known, points)[1].any()


def test_a_hair_over_half_of_the_rim_does_not_part_an_eye():
    """An eye is drawn as a whole or not at all."""
    crop, points = a_face(SIDE)
    middle = points[list(LEFT_EYE)].mean(0)
    image, known = with_hole(crop, middle, SIDE / 14)
    strand = np.zeros(known.shape, "uint8")
    x, y = (int(value) for value in middle)
    cv2.line(strand, (x + 24, y - 40), (x + 24, y + 40), 1, 6)
    image = np.where(((strand > 0) & (known == 1))[..., None], 0, image)
    changed = mirror_head(image, known, points)[1]
    iris = np.zeros(known.shape, "uint8")
    cv2.circle(iris, (x, y), SIDE // 40, 1, -1)
    assert changed[iris > 0].all() or not changed[iris > 0].any()


def test_a_corner_of_a_mouth_is_not_mirrored_alone():
    """Beside a cheek that does not fit it would be a patch."""
    crop, points = a_face(SIDE)
    right, left = points[61], points[291]
    spots = np.random.default_rng(0).random((16, 16, 3), "float32")
    spots = cv2.resize(spots, (SIDE, SIDE), interpolation=cv2.INTER_NEAREST)
    cheek = np.zeros((SIDE, SIDE), "uint8")
    cv2.circle(cheek, [int(x) for x in right + (-10, -10)], 38, 1, -1)
    cv2.circle(cheek, [int(x) for x in right], 18, 0, -1)
    spotted = np.where(cheek[..., None] > 0, spots, crop)
    for beyond, drawn in ((10, False), (-8, True)):
        image, known = with_hole(spotted, left + (beyond, -beyond), 24)
        assert mirror_head(image, known, points)[1].any() == drawn


def test_half_a_mouth_is_drawn_and_a_piece_of_one_hidden_on_both_sides_is_not():
    crop, points = a_face(SIDE)
    top, bottom = points[0, 1], points[17, 1]
    middle, left = points[13, 0], points[291, 0]
    corner = np.array((left + middle, top + bottom)).astype(int) // 2
    for beyond, drawn in ((0, True), (0.5, False)):
        # Hidden are one half and, beside the middle, a part of the other.
        known = np.ones((SIDE, SIDE), "float32")
        start = (middle - beyond * (left - middle), top - 4)
        end = (left + 6, bottom + 4)
        cv2.rectangle(
            known, *([int(x) for x in place] for place in (start, end)), 0, -1
        )
        changed = mirror_head(crop * known[..., None], known, points)[1]
        x, y = corner if drawn else (int(left) - 2, int(points[291, 1]))
        assert changed[y - 1 : y + 2, x - 1 : x + 2].all() == drawn
        assert changed[y - 1 : y + 2, x - 1 : x + 2].any() == drawn


def test_no_scraps_are_drawn():
    """Spots on the other side are no examples, and neither are gaps between them."""
    crop, points = a_face(SIDE)
    image, known = with_hole(crop, points[list(LEFT_EYE)].mean(0), SIDE / 14)
    cheek = points[425]
    known = np.minimum(known, with_hole(crop, cheek, SIDE / 12)[1])
    opposite = np.array((SIDE - 1 - cheek[0], cheek[1]))
    for angle in np.linspace(0, 2 * np.pi, 9)[:-1]:
        place = opposite + 14 * np.array((np.cos(angle), np.sin(angle)))
        cv2.circle(known, [int(x) for x in place], 4, 0, -1)
    changed = mirror_head(crop * known[..., None], known, points)[1].astype("uint8")
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5))
    assert changed.any()
    opened = cv2.morphologyEx(changed, cv2.MORPH_OPEN, disc)
    assert opened.sum() > 0.98 * changed.sum()


def test_thin_holes_are_left_to_the_network():
    crop, points = a_face(SIDE)
    known = np.ones((SIDE, SIDE), "float32")
    x, y = (int(value) for value in points[list(LEFT_EYE)].mean(0))
    cv2.line(known, (x, y), (x + 30, y + 60), 0, 7)
    assert not mirror_head(crop * known[..., None], known, points)[1].any()


def test_hair_is_like_that_of_the_other_side():
    crop, points = a_face(SIDE)
    top = points[:, 1].min()
    image, known = with_hole(crop, (0.68 * SIDE, top - 24), 16)
    drawn, changed = mirror_head(image, known, points)
    assert changed.sum() > 0.6 * (known == 0).sum()
    assert error(drawn, crop, changed) < 0.05


def test_what_is_behind_a_head_has_no_other_side():
    """Beside the chin it may be a shoulder that was not told from it."""
    crop, points = a_face(SIDE)
    top, bottom = points[:, 1].min(), points[:, 1].max()
    classes = np.zeros((SIDE, SIDE, 4), "float32")
    for place, thing, drawn in (
        ((0.68 * SIDE, top - 24), HAIR, True),
        ((0.68 * SIDE, top - 24), BACKGROUND, False),
        ((0.68 * SIDE, bottom + 6), BACKGROUND, True),
    ):
        image, known = with_hole(crop, place, 14)
        face = draw_hull(points, known.shape)
        classes[...] = np.eye(4)[np.where(face, SKIN, thing)]
        changed = mirror_head(image, known, points, classes)[1]
        assert changed[~face].any() == drawn


def test_of_a_turned_head_only_the_face_is_mirrored():
    """The same picture, with landmarks as of a face that looks to one side."""
    crop, points = a_face(SIDE)
    top = points[:, 1].min()
    image, known = with_hole(crop, (0.68 * SIDE, top - 24), 16)
    turned = points.copy()
    across = (points[:, 0] - points[:, 0].mean()) / np.ptp(points[:, 0])
    turned[:, 0] += 1.2 * SIDE / 4 * (0.25 - across**2)
    assert not mirror_head(image, known, turned)[1].any()


def test_what_is_no_head_is_left_alone():
    crop, points = a_face(SIDE)
    image, known = with_hole(crop, (SIDE - 18, 18), 16)
    assert not mirror_head(image, known, points)[1].any()


def test_nothing_hidden(damaged):
    crop, _, known, points = damaged
    drawn, changed = mirror_head(crop, np.ones_like(known), points)
    assert not changed.any()
    np.testing.assert_array_equal(drawn, crop)


def test_a_wall_on_one_side_is_not_drawn_into_the_face(damaged):
    """As landmarks of turned heads may have it; beside the face all is drawn."""
    crop, image, known, points = damaged
    classes = np.zeros((*known.shape, 4), "float32")
    classes[..., 1] = 1
    drawn, changed = mirror_head(image, known, points, classes)
    assert changed.sum() > 0.95 * (known == 0).sum()
    half = known.shape[1] // 2
    classes[:, :half] = (1, 0, 0, 0)
    assert not mirror_head(image, known, points, classes)[1].any()


def test_hair_on_one_side_is_not_drawn_on_a_forehead(damaged):
    """Brows may be taken for hair."""
    crop, _, _, points = damaged
    middle = points[[*RIGHT_EYE, *LEFT_EYE]].mean(0)
    height = np.ptp(points[:, 1])
    x, y = middle + (0.16 * height, -0.27 * height)
    image, known = with_hole(crop, (x, y), 0.06 * height)
    classes = np.zeros((*known.shape, 4), "float32")
    classes[..., 1] = 1
    assert mirror_head(image, known, points, classes)[1].any()
    half = round(middle[0])
    classes[: int(y + 0.06 * height), :half] = (0, 0, 1, 0)
    assert not mirror_head(image, known, points, classes)[1].any()


def test_a_step_in_colour_goes_on_within_each_thing():
    """A jaw of another colour on one side does not tint the wall behind it."""
    crop, points = a_face(SIDE)
    things = np.zeros((SIDE, SIDE), "uint8")
    things[:, 100:] = 1
    seen = np.ones((SIDE, SIDE), bool)
    sides = _Sides(crop, crop[:, ::-1], seen, points, things)
    step, weight = np.zeros_like(crop), np.zeros((SIDE, SIDE), "float32")
    weight[50:60] = 1
    step[:, 100:] = 0.2
    continued = sides._continued(step, weight)
    assert np.abs(continued[100:200, :100]).max() < 1e-3
    assert np.abs(continued[100:200, 100:] - 0.2).max() < 1e-3


def test_both_eyes_look_the_same_way(damaged):
    crop, _, known, points = damaged
    looking = crop.copy()
    for outline, corners in zip(OUTLINES["eyes"], ((33, 133), (362, 263)), strict=True):
        opening = draw_hull(points[list(outline)], known.shape)
        start, end = points[list(corners)]
        iris = start + 0.7 * (end - start)
        radius = round(0.2 * np.hypot(*(end - start)))
        disc = np.zeros(known.shape, "uint8")
        disc = cv2.circle(disc, np.rint(iris).astype(int).tolist(), radius, 1, -1) > 0
        looking[opening] = 0.8
        looking[opening & disc] = 0.15
    drawn, changed = mirror_head(looking * known[..., None], known, points)
    eye = draw_hull(points[list(OUTLINES["left_eye"][0])], known.shape)
    assert changed[eye].mean() > 0.9
    dark = eye & (looking.mean(-1) < 0.4)
    assert drawn[dark].mean() < 0.35
    white = eye & (looking.mean(-1) > 0.7)
    assert drawn[white].mean() > 0.6


def test_light_from_one_side_parts_no_eye(damaged):
    crop, _, known, points = damaged
    light = np.linspace(0.4, 1.6, known.shape[1], dtype="float32")[:, None]
    lit = np.clip(crop * light, 0, 1)
    drawn, changed = mirror_head(lit * known[..., None], known, points)
    eye = draw_hull(points[list(OUTLINES["eyes"][1])], known.shape)
    assert changed[eye & (known == 0)].mean() > 0.95
    dark = error(np.zeros_like(lit), lit, changed)
    assert error(drawn, lit, changed) < 0.25 * dark


def test_what_is_dark_in_an_eye_does_not_turn_black_in_shade(damaged):
    crop, _, known, points = damaged
    across = np.linspace(-12, 12, known.shape[1], dtype="float32")[:, None]
    lit = crop * (1 - 0.7 / (1 + np.exp(-across)))
    drawn, changed = mirror_head(lit * known[..., None], known, points)
    assert changed.sum() > 0.6 * (known == 0).sum()
    assert (drawn[changed].max(-1) < 0.01).mean() < 0.02


def test_corners_of_a_hole_are_not_left_over(damaged):
    crop, _, known, points = damaged
    middle = points[list(LEFT_EYE)].mean(0)
    corners = middle + len(known) / 9 * np.array([[0, -1], [0.9, 0.8], [-0.9, 0.8]])
    known = cv2.fillPoly(np.ones_like(known), [corners.astype(int)], 0)
    changed = mirror_head(crop * known[..., None], known, points)[1]
    assert changed.sum() > 0.95 * (known == 0).sum()


def test_a_scratch_beside_a_wide_hole_is_no_part_of_it():
    crop, points = a_face(SIDE)
    middle, radius = points[list(LEFT_EYE)].mean(0), SIDE // 14
    image, known = with_hole(crop, middle, radius)
    beside = int(middle[1]) + radius + 4
    known[beside : beside + 3, int(middle[0]) - 20 : int(middle[0]) + 20] = 0
    things = np.zeros(known.shape, "uint8")
    sides = _Sides(image, image[:, ::-1], known > 0.5, points, things)
    part = np.any([part for part, _ in sides.parts()], 0)
    assert part.any()
    assert not part[beside:].any()


def test_islands_of_skin_are_not_drawn():
    crop, points = a_face(SIDE)
    cheek = points[425]
    _, known = with_hole(crop, cheek, SIDE / 10)
    opposite = SIDE - 1 - cheek[0], cheek[1]
    shown = opposite[0] + SIDE / 14, opposite[1]
    known = np.minimum(known, with_hole(crop, opposite, SIDE / 9)[1])
    cv2.circle(known, [int(x) for x in shown], SIDE // 16, 1, -1)
    hidden = known == 0
    hidden[:, : SIDE // 2] = False
    changed = mirror_head(crop * known[..., None], known, points)[1]
    assert hidden.sum() > 1500
    assert not changed[hidden].any()
