import numpy as np
import pytest

from facekit.data import align, find_faces
from facekit.data.alignment import square_transform
from facekit.ops import soft_light
from facekit.restore.face_maps import (
    PARTS,
    FaceMaps,
    aligned_square,
    apply_maps,
    part_weights,
)

SIZE = 32


@pytest.fixture
def maps():
    """Constant maps of a square in the middle of a photo of 300 x 200 pixels."""
    transform = square_transform((150.0, 100.0), 128.0, (1.0, 0.0), SIZE)
    blend = np.full((SIZE, SIZE, 3), 0.7, "float32")
    residual = np.full((SIZE, SIZE, 3), -0.1, "float32")
    return FaceMaps(transform, blend, residual)


class TestApplyMaps:
    @pytest.mark.parametrize("strength", [1.0, 0.4])
    def test_numerics(self, maps, rng, strength, monkeypatch):
        """What is changed at full size is the soft light of the photo itself."""
        monkeypatch.setattr("facekit.restore.face_maps._STRIP_PIXELS", 3000)
        photo = rng.integers(0, 256, (200, 300, 3), dtype="uint8")
        changed = photo.copy()
        apply_maps(changed, maps, strength)
        inner = np.s_[60:140, 110:190]
        expected = soft_light(photo[inner] / 255, 0.7, -0.1, strength).clip(0, 1)
        error = np.abs(changed[inner] / 255 - expected)
        assert error.max() <= 0.51 / 255

    def test_the_rest_keeps_its_bytes(self, maps, rng):
        photo = rng.integers(0, 256, (200, 300, 3), dtype="uint8")
        changed = photo.copy()
        apply_maps(changed, maps)
        outside = np.ones((200, 300), bool)
        outside[30:170, 80:220] = False
        np.testing.assert_array_equal(changed[outside], photo[outside])
        neutral = FaceMaps(maps.transform, maps.blend * 0 + 0.5, maps.residual * 0)
        same = photo.copy()
        apply_maps(same, neutral)
        np.testing.assert_array_equal(same, photo)

    def test_a_square_outside_the_photo(self, maps):
        photo = np.zeros((20, 30, 3), "uint8")
        apply_maps(photo, FaceMaps(maps.transform, maps.blend, -maps.residual))
        assert photo.max() == 0

    def test_edges_are_those_of_the_photo(self, maps):
        """A map that goes with the colour has the photo's edge, not a blurred one."""
        photo = np.full((200, 300, 3), 180, "uint8")
        photo[:, 151:] = (150, 40, 50)
        square = align(photo, maps.transform, SIZE).astype("float32") / 255
        wanted = 0.4 * (180 / 255 - photo / 255)  # makes both sides more alike
        residual = (0.4 * (180 / 255 - square)).astype("float32")
        errors = []
        for seen in (None, square):
            changed = photo.copy()
            blend = np.full_like(residual, 0.5)
            apply_maps(changed, FaceMaps(maps.transform, blend, residual, seen))
            error = (
                changed[80:120, 120:180] / 255 - (photo / 255 + wanted)[80:120, 120:180]
            )
            errors.append(np.abs(error).max())
        assert errors[1] < 0.5 * errors[0]
        grey = photo.copy()
        neutral = FaceMaps(maps.transform, blend, 0 * residual, square)
        apply_maps(grey, neutral)
        np.testing.assert_array_equal(grey, photo)


class TestPartWeights:
    def test_parts_make_the_whole_face(self, astronaut):
        (face,) = find_faces(astronaut)
        _, _, landmarks = aligned_square(astronaut, face, 128)
        masks = {part: part_weights(landmarks, 128, [part]) for part in PARTS}
        whole = part_weights(landmarks, 128, PARTS)
        np.testing.assert_allclose(sum(masks.values()), whole, atol=1e-5)
        assert whole.max() == pytest.approx(1, abs=1e-3)
        assert whole[:, [0, -1]].max() == 0
        places = {"lips": landmarks[17], "eyes": landmarks[159], "skin": landmarks[50]}
        for part, place in places.items():
            x, y = np.rint(place).astype(int)
            assert masks[part][y, x] > 0.9, part

    def test_a_chin_beyond_the_square_has_no_edge(self, astronaut):
        (face,) = find_faces(astronaut)
        _, _, landmarks = aligned_square(astronaut, face, 128)
        below = landmarks + (0, 127 - landmarks[17, 1])
        weights = part_weights(below, 128, PARTS)
        assert weights[-1].max() == 0 and weights.max() == pytest.approx(1, abs=1e-3)
        assert np.abs(np.diff(weights[-8:], axis=0)).max() < 0.3
