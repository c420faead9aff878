import cv2
import numpy as np
import pytest
from PIL import Image

from facekit.data import (
    FACE_REGIONS,
    align,
    canonical_landmarks,
    face_region,
    find_faces,
    read_photo,
)
from facekit.data.alignment import square_transform, transform_points
from facekit.errors import PhotoError

SIZE = 256


@pytest.fixture(scope="module")
def landmarks():
    return canonical_landmarks(SIZE).astype("float64")


@pytest.fixture(scope="module")
def face(astronaut):
    (face,) = find_faces(astronaut)
    return face


def region(landmarks, name, **options):
    return face_region(landmarks, name, SIZE, SIZE, **options)


def painted(landmarks, skin, hair):
    """A flat face under light from the left, with hair, on a blue ground."""
    image = np.full((SIZE, SIZE, 3), (40, 70, 160), "float32")
    oval = region(landmarks, "face_oval", feather=0.0)[..., None]
    image += oval * (np.array(skin, "float32") - image)
    fringe = np.zeros((SIZE, SIZE), bool)
    # From the temple to the brow, over a quarter of the forehead.
    x, y = np.round(landmarks[105]).astype(int)
    fringe[: y - 12, : x + 4] = True
    image[fringe] = hair
    light = np.linspace(1.05, 0.75, SIZE)[None, :, None]
    noise = np.random.default_rng(0).normal(0, 1.5, image.shape)
    return np.clip(image * light + noise, 0, 255).astype("uint8"), fringe


@pytest.mark.parametrize("name", FACE_REGIONS)
def test_shapes(landmarks, name):
    mask = face_region(landmarks, name, 300, 260)
    assert mask.shape == (300, 260)
    assert mask.dtype == np.float32
    assert mask.min() == 0 and mask.max() == 1


@pytest.mark.parametrize(
    ("name", "inside", "outside"),
    [
        ("face_oval", (1, 50, 280, 151, 175), ()),
        ("lips", (0, 17), (1, 152, 205)),
        ("right_eye", (), (1, 263, 362, 105)),
        ("nose", (1, 5, 195), (61, 291, 50, 280, 9, 159, 386)),
        ("brows", (), (9, 159, 386, 50)),
        ("lower_face", (1, 13, 50, 280, 175), (9, 159, 386, 105, 334)),
        ("skin", (9, 50, 280, 199, 5), (0, 17, 61, 291, 159, 105, 334)),
    ],
)
def test_points_lie_in_their_regions(landmarks, name, inside, outside):
    mask = region(landmarks, name)
    places = np.rint(landmarks).astype(int)
    for number in inside:
        assert mask[places[number, 1], places[number, 0]] > 0.4, number
    for number in outside:
        assert mask[places[number, 1], places[number, 0]] < 0.6, number


def test_eyes_are_the_persons_own(landmarks):
    right, left = (region(landmarks, name) for name in ("right_eye", "left_eye"))
    assert np.array_equal(region(landmarks, "eyes"), np.maximum(right, left))
    columns = np.arange(SIZE)
    middles = [(mask.sum(0) * columns).sum() / mask.sum() for mask in (right, left)]
    expected = [landmarks[[33, 133], 0].mean(), landmarks[[362, 263], 0].mean()]
    assert np.allclose(middles, expected, atol=2)


def test_an_open_mouth_is_neither_lips_nor_skin(landmarks):
    opened = landmarks.copy()
    lower = [178, 87, 14, 317, 402, 95, 88, 318, 324]
    lower += [91, 181, 84, 17, 314, 405, 321, 146, 375, 152, 148, 377]
    opened[lower, 1] += 25
    x, y = np.rint((opened[13] + opened[14]) / 2).astype(int)
    assert region(opened, "lips")[y, x] == 0
    assert region(opened, "skin")[y, x] == 0
    assert region(opened, "lower_face")[y, x] == 1


def test_skin_leaves_out_the_other_parts(landmarks):
    skin = region(landmarks, "skin", feather=0.0)
    for name in ("lips", "eyes", "brows"):
        assert not (skin * region(landmarks, name, feather=0.0)).any()
    assert (skin <= region(landmarks, "face_oval", feather=0.0)).all()


def test_numerics(landmarks):
    """Areas and middles of antialiased masks are those of the polygon."""
    oval = cv2.convexHull(landmarks.astype("float32"))[:, 0]
    mask = region(landmarks, "face_oval", feather=0.0)
    assert mask.sum() == pytest.approx(cv2.contourArea(oval), rel=0.02)
    assert ((mask > 0.1) & (mask < 0.9)).sum() > 100
    shifted = region(landmarks + [0.5, 0.25], "face_oval", feather=0.0)
    y, x = np.indices(mask.shape)
    for axis, step in ((x, 0.5), (y, 0.25)):
        moved = (axis * shifted).sum() / shifted.sum() - (
            axis * mask
        ).sum() / mask.sum()
        assert moved == pytest.approx(step, abs=0.05)


def test_feather_is_as_wide_as_it_says(landmarks):
    pupils = landmarks[[362, 263]].mean(0) - landmarks[[33, 133]].mean(0)
    row = int(landmarks[4, 1])
    for scale in (1, 3):
        points, size = scale * landmarks, scale * SIZE
        mask = face_region(points, "face_oval", size, size, feather=0.2)[scale * row]
        fading = (mask[: size // 2] > 0.025) & (mask[: size // 2] < 0.975)
        assert fading.sum() == pytest.approx(0.2 * scale * pupils[0], rel=0.25)


@pytest.mark.parametrize("angle", [30, 90, 180])
def test_masks_turn_with_the_face(landmarks, angle):
    radians = np.radians(angle)
    across = (np.cos(radians), np.sin(radians))
    transform = square_transform((127.5, 127.5), SIZE, across, SIZE)
    for name in FACE_REGIONS:
        turned = region(transform_points(landmarks, transform), name)
        expected = align(region(landmarks, name), transform, SIZE, border="zero")
        assert np.abs(turned - expected).mean() < 0.01, name


@pytest.mark.parametrize("name", FACE_REGIONS)
def test_beyond_the_border_only_the_part_in_sight(landmarks, name):
    whole = region(landmarks, name)
    part = face_region(landmarks - [128, 90], name, 100, 110)
    assert np.allclose(part, whole[90:190, 128:238], atol=0.01)
    assert not region(landmarks + [2 * SIZE, 0], name).any()
    assert not region(landmarks - [0, 2 * SIZE], name).any()
    assert face_region(landmarks, name, 1, 1).shape == (1, 1)
    assert np.isfinite(region(1e6 * (landmarks - 128), name)).all()


@pytest.mark.parametrize("name", FACE_REGIONS)
def test_all_landmarks_in_one_place(name):
    mask = face_region(np.full((468, 2), 7.0), name, 16, 16)
    assert np.isfinite(mask).all()
    assert mask.sum() < 16


@pytest.mark.parametrize(
    ("skin", "hair"),
    [((245, 215, 200), (120, 85, 60)), ((90, 58, 42), (22, 19, 18))],
    ids=["very light", "very dark"],
)
def test_hair_is_kept_out_of_the_skin(landmarks, skin, hair):
    image, fringe = painted(landmarks, skin, hair)
    without = region(landmarks, "skin")
    mask = region(landmarks, "skin", image=image)
    hidden = fringe & (without > 0.9)
    edge = cv2.dilate(fringe.astype("uint8"), np.ones((9, 9))) > 0
    assert hidden.sum() > 100
    assert mask[hidden].mean() < 0.1
    assert mask[(without > 0.9) & ~edge].mean() > 0.95
    assert (mask <= without + 1e-6).all()


def test_a_mole_remains_skin(landmarks):
    image, _ = painted(landmarks, (245, 215, 200), (120, 85, 60))
    place = tuple(int(x) for x in np.rint(landmarks[205]))
    cv2.circle(image, place, 2, (70, 40, 30), -1)
    assert region(landmarks, "skin", image=image)[place[1], place[0]] > 0.8


def test_a_light_background_inside_the_outline_is_no_skin(landmarks):
    image, _ = painted(landmarks, (225, 190, 170), (120, 85, 60))
    edge = int(landmarks[58, 0]) + 4
    image[120:, :edge] = 235
    without = region(landmarks, "skin")
    beside = without > 0.9
    beside[:120] = beside[:, edge:] = False
    assert beside.sum() > 20
    assert region(landmarks, "skin", image=image)[beside].mean() < 0.3


def test_glasses_are_kept_out_of_the_skin(landmarks):
    image, _ = painted(landmarks, (200, 150, 125), (60, 40, 30))
    eyes = landmarks[[33, 133, 362, 263]].reshape(2, 2, 2).mean(1)
    for x, y in eyes:
        cv2.circle(image, (int(x), int(y)), 27, (15, 15, 20), 5)
    mask = region(landmarks, "skin", image=image)
    below = [(int(x), int(y) + 27) for x, y in eyes]
    assert all(mask[y, x] < 0.2 for x, y in below)


def test_skin_of_a_photograph(astronaut, face):
    mask = face_region(face.landmarks, "skin", 512, 512, image=astronaut)
    plain = face_region(face.landmarks, "skin", 512, 512)
    assert 0.75 < mask.sum() / plain.sum() < 1
    grey = np.repeat(astronaut.mean(-1).astype("uint8")[..., None], 3, -1)
    mask = face_region(face.landmarks, "skin", 512, 512, image=grey)
    assert 0.7 < mask.sum() / plain.sum() <= 1


def test_too_little_skin_to_learn_from(landmarks):
    tiny = canonical_landmarks(6)
    image = np.zeros((6, 6, 3), "uint8")
    plain = face_region(tiny, "skin", 6, 6)
    assert np.allclose(face_region(tiny, "skin", 6, 6, image=image), plain)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": "ear"}, "`name` must be one of face_oval"),
        ({"landmarks": np.zeros((68, 2))}, "`landmarks` must be 468"),
        ({"landmarks": np.full((468, 2), np.nan)}, "`landmarks` must be 468"),
        ({"height": 0}, "`height` and `width`"),
        ({"feather": -0.1}, "`feather` must"),
        ({"feather": np.inf}, "`feather` must"),
        ({"image": np.zeros((8, 8, 3), "uint8")}, "`image` must be uint8"),
        ({"image": np.zeros((9, 9, 3))}, "`image` must be uint8"),
    ],
)
def test_errors(landmarks, change, message):
    arguments = {"landmarks": landmarks, "name": "skin", "height": 9, "width": 9}
    with pytest.raises(ValueError, match=message):
        face_region(**{**arguments, **change})


class TestWholeWay:
    """From a photo to its faces and their regions, whatever the photo."""

    def regions_of(self, photo):
        image = read_photo(photo).image
        faces = find_faces(photo)
        for face in faces:
            for name in FACE_REGIONS:
                mask = face_region(face.landmarks, name, *image.shape[:2], image=image)
                assert mask.shape == image.shape[:2]
                assert np.isfinite(mask).all()
        return faces

    def expect(self, faces, face, transform, tolerance):
        (found,) = faces
        expected = transform_points(face.landmarks, np.asarray(transform, "float64"))
        assert np.abs(found.landmarks - expected).mean() < tolerance

    @pytest.mark.parametrize("cut", [0.15, 0.25, 0.4])
    def test_face_cut_by_the_border(self, astronaut, face, cut):
        x0, _, x1, _ = face.box
        left = round(x0 + cut * (x1 - x0))
        faces = self.regions_of(np.ascontiguousarray(astronaut[:, left:]))
        self.expect(faces, face, [[1, 0, -left], [0, 1, 0]], 3)

    def test_face_narrow_as_a_profile(self, astronaut, face):
        narrow = cv2.resize(astronaut, (256, 512), interpolation=cv2.INTER_AREA)
        faces = self.regions_of(narrow)
        self.expect(faces, face, [[0.5, 0, -0.25], [0, 1, 0]], 6)

    def test_two_people(self, astronaut):
        pair = np.concatenate([astronaut[:300, 80:380], astronaut[:300, 380:79:-1]], 1)
        faces = self.regions_of(np.ascontiguousarray(pair))
        assert len(faces) == 2

    def test_greyscale(self, astronaut, face):
        grey = cv2.cvtColor(astronaut, cv2.COLOR_RGB2GRAY)
        self.expect(self.regions_of(grey), face, np.eye(2, 3), 3)

    @pytest.mark.parametrize("shape", [(1, 1), (1, 1, 3), (2, 700)])
    def test_hardly_a_photo(self, shape):
        assert self.regions_of(np.zeros(shape, "uint8")) == []

    def test_corrupt_file(self, astronaut, tmp_path):
        file = tmp_path / "cut.png"
        Image.fromarray(astronaut).save(file)
        file.write_bytes(file.read_bytes()[:5000])
        with pytest.raises(PhotoError, match=r"cut\.png"):
            self.regions_of(file)

    def test_exif_rotation(self, astronaut, face, tmp_path):
        stored = Image.fromarray(np.ascontiguousarray(np.rot90(astronaut)))
        exif = Image.Exif()
        exif[0x0112] = 6
        stored.save(tmp_path / "turned.png", exif=exif)
        faces = self.regions_of(tmp_path / "turned.png")
        self.expect(faces, face, np.eye(2, 3), 0.1)

    @pytest.mark.parametrize("angle", [30, 90])
    def test_rotated(self, astronaut, face, angle):
        transform = cv2.getRotationMatrix2D((224, 120), angle, 1.0)
        turned = cv2.warpAffine(astronaut, transform, (512, 512))
        self.expect(self.regions_of(turned), face, transform, 3)

    def test_small(self, astronaut, face):
        scale = 40 / (face.box[2] - face.box[0])
        small = cv2.resize(
            astronaut, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA
        )
        scene = np.full((600, 800, 3), 90, "uint8")
        scene[300 : 300 + len(small), 500 : 500 + small.shape[1]] = small
        transform = [[scale, 0, 500 + scale / 2], [0, scale, 300 + scale / 2]]
        self.expect(self.regions_of(scene), face, transform, 1.5)

    def test_frame_filling(self, astronaut, face):
        x0, y0, x1, y1 = (round(value) for value in face.box)
        close = np.ascontiguousarray(astronaut[y0 : y1 + 1, x0 : x1 + 1])
        self.expect(self.regions_of(close), face, [[1, 0, -x0], [0, 1, -y0]], 4)
