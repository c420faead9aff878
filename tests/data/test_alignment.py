import cv2
import numpy as np
import pytest
import skimage.data
from hypothesis import given, settings
from hypothesis import strategies as st

from facekit.data import align, alignment_transform, canonical_landmarks, paste_back
from facekit.data.alignment import (
    FRAMINGS,
    LEFT_EYE,
    MOUTH_CORNERS,
    RIGHT_EYE,
    align_known,
    invert_transform,
    square_transform,
    transform_points,
)


def ffhq_quad(landmarks):
    """The corners of FFHQ's own script, from eye and mouth centres."""
    right, left, mouth = (
        landmarks[list(part)].mean(0) for part in (RIGHT_EYE, LEFT_EYE, MOUTH_CORNERS)
    )
    eye_avg, eye_to_eye = (right + left) * 0.5, left - right
    eye_to_mouth = mouth - eye_avg
    x = eye_to_eye - np.flipud(eye_to_mouth) * [-1, 1]
    x /= np.hypot(*x)
    x *= max(np.hypot(*eye_to_eye) * 2.0, np.hypot(*eye_to_mouth) * 1.8)
    y = np.flipud(x) * [-1, 1]
    c = eye_avg + eye_to_mouth * 0.1
    return np.stack([c - x - y, c - x + y, c + x + y, c + x - y])


def smooth_picture(height, width):
    y, x = np.mgrid[:height, :width]
    channels = [np.sin(x / 23), np.cos(y / 19), np.sin((x + y) / 29)]
    return (127 + 100 * np.stack(channels, -1)).astype("uint8")


class TestAlignmentTransform:
    @given(
        angle=st.floats(-3.1, 3.1),
        scale=st.floats(0.05, 20),
        shift=st.tuples(st.floats(-500, 500), st.floats(-500, 500)),
    )
    @settings(max_examples=30, deadline=None)
    def test_equals_ffhq(self, angle, scale, shift):
        turn = scale * np.array(
            [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
        )
        landmarks = canonical_landmarks(200).astype("float64") @ turn.T + shift
        transform = alignment_transform(landmarks, 128)
        corners = transform_points(ffhq_quad(landmarks), transform)
        expected = np.array([[0, 0], [0, 128], [128, 128], [128, 0]]) - 0.5
        assert np.allclose(corners, expected, atol=1e-3)

    def test_is_a_similarity(self):
        turn = alignment_transform(canonical_landmarks(300), 256)[:, :2]
        assert np.allclose(turn @ turn.T, np.linalg.det(turn) * np.eye(2))

    def test_the_framing_of_faces_is_closer(self):
        landmarks = canonical_landmarks(300)
        head, face = (
            alignment_transform(landmarks, 256, framing) for framing in FRAMINGS
        )
        np.testing.assert_allclose(face[:, :2], 1.3 * head[:, :2])
        inside = transform_points(landmarks, face)
        # Forehead and chin are as far from the border.
        above, below = inside[:, 1].min(), 255 - inside[:, 1].max()
        assert min(above, below) > 0.05 * 256 and abs(above - below) < 0.05 * 256
        with pytest.raises(ValueError, match="`framing` must be one of.*'body'"):
            alignment_transform(landmarks, 256, "body")

    def test_one_point_only(self):
        transform = alignment_transform(np.ones((468, 2)), 64)
        assert np.isfinite(transform).all()


def test_canonical_landmarks_lie_in_place():
    transform = alignment_transform(canonical_landmarks(256), 256)
    assert np.allclose(transform, [[1, 0, 0], [0, 1, 0]], atol=0.05 * 256)
    assert canonical_landmarks(128).shape == (468, 2)
    assert np.allclose(canonical_landmarks(512) + 0.5, 2 * canonical_landmarks(256) + 1)


class TestAlign:
    def test_identity(self, rng):
        image = rng.integers(0, 256, (32, 32, 3), dtype=np.uint8)
        transform = square_transform((15.5, 15.5), 32, (1.0, 0.0), 32)
        assert np.array_equal(align(image, transform, 32), image)

    def test_shrinking_averages(self, rng):
        image = rng.integers(0, 256, (256, 256, 3), dtype=np.uint8)
        transform = square_transform((127.5, 127.5), 256, (1.0, 0.0), 16)
        expected = cv2.resize(image, (16, 16), interpolation=cv2.INTER_AREA)
        difference = align(image, transform, 16).astype(int) - expected
        assert np.abs(difference).max() <= 1

    @pytest.mark.parametrize("scale", [0.3, 1.0, 2.5])
    def test_lands_where_the_transform_says(self, scale):
        image = np.zeros((200, 200), "float32")
        cv2.circle(image, (108, 84), 8, 1.0, -1)
        across = (np.cos(0.4), np.sin(0.4))
        transform = square_transform((100, 90), 128 / scale, across, 128)
        seen = align(image, transform, 128, border="zero")
        y, x = np.mgrid[:128, :128]
        centre = np.array([(x * seen).sum(), (y * seen).sum()]) / seen.sum()
        expected = transform_points([108.0, 84.0], transform)
        assert np.allclose(centre, expected, atol=0.35)

    def test_beyond_the_border(self):
        image = np.arange(1, 10, dtype="uint8").reshape(3, 3)
        transform = square_transform((1.0, 1.0), 5, (1.0, 0.0), 5)
        expected = cv2.copyMakeBorder(image, 1, 1, 1, 1, cv2.BORDER_REFLECT)
        assert np.array_equal(align(image, transform, 5), expected)
        assert align(image, transform, 5, border="zero")[0, 0] == 0
        far = square_transform((900.0, -700.0), 10, (1.0, 0.0), 8)
        assert align(image, far, 8).shape == (8, 8)

    @pytest.mark.parametrize("shape", [(1, 1, 3), (1, 5, 3), (5, 1, 3)])
    def test_one_pixel(self, shape):
        image = np.full(shape, 77, "uint8")
        transform = square_transform((0.0, 0.0), 1, (1.0, 0.0), 16)
        assert (align(image, transform, 16) == 77).all()


class TestPasteBack:
    @pytest.mark.parametrize("angle", [0.0, 0.6, 3.0])
    def test_round_trip(self, angle):
        image = smooth_picture(180, 240)
        across = (np.cos(angle), np.sin(angle))
        transform = square_transform((120, 90), 110, across, 128)
        weight = np.zeros((180, 240), "float32")
        cv2.circle(weight, (120, 90), 40, 1.0, -1)
        damaged = image.copy()
        damaged[weight > 0] = 0
        crop = align(image, transform, 128)
        restored = paste_back(damaged, crop, transform, weight)
        assert np.abs(restored.astype(int) - image).max() <= 3
        assert np.array_equal(restored[weight == 0], image[weight == 0])

    def test_weights_blend(self):
        photo = np.zeros((20, 20, 3), "uint8")
        transform = square_transform((9.5, 9.5), 20, (1.0, 0.0), 20)
        weight = np.zeros((20, 20), "float32")
        weight[5:9, 6:12] = 0.5
        crop = np.full((20, 20, 3), 100, "uint8")
        result = paste_back(photo, crop, transform, weight)
        assert (result[5:9, 6:12] == 50).all()
        assert result.sum() == 24 * 3 * 50

    def test_what_is_unchanged_keeps_its_bytes(self, rng):
        photo = rng.integers(0, 256, (120, 150, 3), "uint8")
        transform = square_transform((75, 60), 100, (np.cos(0.4), np.sin(0.4)), 64)
        crop = align(photo, transform, 64)
        weight = cv2.circle(np.zeros((120, 150), "float32"), (75, 60), 45, 1.0, -1)
        assert np.array_equal(paste_back(photo, crop, transform, weight), photo)
        crop[28:36, 28:36] = 255 - crop[28:36, 28:36]
        pasted = paste_back(photo, crop, transform, weight)
        rows, columns = np.nonzero((pasted != photo).any(-1))
        assert len(rows) > 50
        assert np.hypot(columns - 75, rows - 60).max() < 30

    def test_no_weight(self):
        photo = smooth_picture(9, 9)
        crop, transform = np.zeros((4, 4, 3), "uint8"), np.eye(2, 3)
        result = paste_back(photo, crop, transform, np.zeros((9, 9), "float32"))
        assert np.array_equal(result, photo)
        assert result is not photo


class TestAlignKnown:
    @pytest.mark.parametrize("side", [60, 128, 500])
    def test_hole_is_never_read(self, rng, side):
        image = smooth_picture(160, 200)
        hole = np.zeros((160, 200), bool)
        hole[50:90, 70:120] = True
        transform = square_transform((95, 70), side, (0.8, 0.6), 96)
        crop, mask = align_known(image, hole, transform, 96)
        image[hole] = rng.integers(0, 256, (hole.sum(), 3))
        again, mask_again = align_known(image, hole, transform, 96)
        assert np.array_equal(crop, again)
        assert np.array_equal(mask, mask_again)
        assert set(np.unique(mask)) == {0.0, 1.0}

    def test_known_pixels_are_true(self):
        image = smooth_picture(300, 300)
        hole = np.zeros((300, 300), bool)
        hole[100:150, 120:190] = True
        transform = square_transform((150, 130), 200, (1.0, 0.0), 64)
        crop, mask = align_known(image, hole, transform, 64)
        whole = align(image, transform, 64)
        assert np.abs(crop - whole)[mask == 1].max() < 3
        share = align(hole.astype("float32"), transform, 64)
        assert not mask[share > 0.05].any()
        assert mask[share < 0.001].mean() > 0.95

    def test_outside_the_photo_is_unknown(self):
        image = smooth_picture(50, 50)
        transform = square_transform((24.5, 24.5), 100, (1.0, 0.0), 100)
        _, mask = align_known(image, np.zeros((50, 50), bool), transform, 100)
        expected = np.zeros((100, 100))
        expected[25:75, 25:75] = 1
        assert np.array_equal(mask, expected)


def test_invert_transform():
    transform = square_transform((30, 20), 17, (0.6, 0.8), 64)
    points = np.array([[1.0, 2.0], [30.0, -4.0]])
    there = transform_points(points, transform)
    assert np.allclose(transform_points(there, invert_transform(transform)), points)


def test_astronaut_is_upright():
    from facekit.data import find_faces

    image = skimage.data.astronaut()
    transform = alignment_transform(find_faces(image)[0].landmarks, 256)
    crop = align(image, transform, 256)
    landmarks = find_faces(crop)[0].landmarks
    eyes = [landmarks[list(part)].mean(0) for part in (RIGHT_EYE, LEFT_EYE)]
    assert np.allclose(eyes, [[98, 121], [158, 121]], atol=6)
