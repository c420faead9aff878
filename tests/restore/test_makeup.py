import dataclasses
import json

import numpy as np
import pytest

from facekit.data import find_faces
from facekit.errors import FacekitError, NoFaceError
from facekit.restore import MakeupRemover, load
from tests.restore.makeup_model import write_makeup_model


@pytest.fixture(scope="module")
def remover(tmp_path_factory, tensorflow):
    return load(write_makeup_model(tmp_path_factory.mktemp("makeup")))


@pytest.fixture(scope="module")
def faces(astronaut):
    return find_faces(astronaut)


def lighter(result, photo):
    return (result.image.astype(int) - photo).mean(2)


def turned(face):
    """The face with the nose beside its eyes, as in a profile."""
    points = face.landmarks.copy()
    points[1] += 4 * (points[263] - points[33])
    return dataclasses.replace(face, landmarks=points)


class TestMakeupRemover:
    def test_shapes(self, remover, astronaut):
        before = astronaut.copy()
        result = remover(astronaut)
        assert isinstance(remover, MakeupRemover)
        assert result.image.shape == astronaut.shape and result.image.dtype == np.uint8
        assert len(result.faces) == 1
        np.testing.assert_array_equal(astronaut, before)

    def test_no_strength_changes_no_bit(self, remover, astronaut):
        np.testing.assert_array_equal(remover(astronaut, 0.0).image, astronaut)

    def test_strength_scales_the_change(self, remover, astronaut, faces):
        half, whole = (
            lighter(remover(astronaut, s, faces=faces), astronaut) for s in (0.5, 1.0)
        )
        strong = whole > 20
        assert strong.sum() > 2000
        np.testing.assert_allclose(half[strong] / whole[strong], 0.5, atol=0.05)

    def test_the_card_says_how_much_the_network_sees(
        self, tmp_path, astronaut, faces, tensorflow
    ):
        folder = write_makeup_model(tmp_path)
        card = json.loads((folder / "card.json").read_text())
        (folder / "card.json").write_text(json.dumps({**card, "framing": "face"}))
        maps = [
            load(model)._maps(astronaut, faces[0], ("lips",))
            for model in (write_makeup_model(tmp_path / "head"), folder)
        ]
        head, face = (np.hypot(*x.transform[0, :2]) for x in maps)
        assert face / head == pytest.approx(1.3)

    def test_parts(self, remover, astronaut, faces):
        points = faces[0].landmarks
        places = {"lips": points[17], "eyes": points[159], "skin": points[50]}
        for part in places:
            change = lighter(remover(astronaut, parts=part, faces=faces), astronaut)
            for name, place in places.items():
                x, y = np.rint(place).astype(int)
                assert (change[y, x] > 8) == (name == part), (part, name)

    def test_what_lies_outside_the_face_keeps_its_bytes(
        self, remover, astronaut, faces
    ):
        changed = lighter(remover(astronaut, faces=faces), astronaut) != 0
        x0, y0, x1, y1 = (int(x) for x in faces[0].box)
        changed[y0 - 20 : y1 + 20, x0 - 20 : x1 + 20] = False
        assert not changed.any()

    def test_several_faces(self, remover, astronaut):
        face = astronaut[20:220, 120:320]
        photo = np.concatenate([face, face[:, ::-1]], axis=1)
        both = lighter(remover(photo), photo) > 8
        assert both[:, :200].sum() > 2000 and both[:, 200:].sum() > 2000
        one = lighter(remover(photo, faces=[0]), photo) > 8
        assert min(one[:, :200].sum(), one[:, 200:].sum()) == 0

    def test_grey_stays_grey(self, remover, astronaut, faces):
        grey = astronaut.mean(2).astype("uint8")[..., None].repeat(3, 2)
        image = remover(grey, faces=faces).image
        assert (image != grey).any()
        assert (image == image[..., :1]).all()

    @pytest.mark.parametrize("part", ["lips", "eyes"])
    def test_looks_are_put_on(self, remover, astronaut, faces, part):
        points = faces[0].landmarks
        result = remover(astronaut, parts=part, look="bold", faces=faces)
        changed = (result.image != astronaut).any(2)
        places = {"lips": points[17], "eyes": points[159]}
        for name, place in places.items():
            x, y = np.rint(place).astype(int)
            assert changed[y - 1 : y + 2, x - 1 : x + 2].any() == (name == part)

    def test_makeup_of_a_reference(self, remover, astronaut, faces):
        worn = remover(astronaut, look="red_lips", faces=faces).image
        result = remover(astronaut, parts="lips", reference=worn, faces=faces).image
        x, y = np.rint(faces[0].landmarks[17]).astype(int)
        lips = np.s_[y - 2 : y + 1, x - 4 : x + 5]
        before, after = (
            np.abs(image[lips].astype(float) - worn[lips]).mean()
            for image in (astronaut, result)
        )
        assert after < 0.6 * before

    @pytest.mark.parametrize("by", ["look", "reference"])
    def test_profiles_are_passed_over(self, remover, astronaut, faces, by):
        profile = turned(faces[0])
        options = {"look": "bold", "reference": astronaut}
        options = {by: options[by]}
        alone = remover(astronaut, faces=faces, **options)
        result = remover(astronaut, faces=[profile, faces[0]], **options)
        np.testing.assert_array_equal(result.image, alone.image)
        assert (result.image != astronaut).any()
        assert result.faces == [faces[0]]
        with pytest.raises(NoFaceError, match="profile"):
            remover(astronaut, faces=[profile], **options)

    def test_no_limit_of_size_holds_for_the_search_too(
        self, remover, astronaut, monkeypatch
    ):
        limits = []
        monkeypatch.setattr(
            "facekit.data.photos._check_size",
            lambda width, height, name, limit: limits.append(limit),
        )
        remover(astronaut, max_megapixels=None)
        assert set(limits) == {None}

    def test_errors(self, remover, astronaut):
        with pytest.raises(NoFaceError, match="expected a face"):
            remover(np.zeros((64, 64, 3), "uint8"))
        for options, message in (
            ({"strength": 2.0}, "strength"),
            ({"parts": "hair"}, "parts must be out of lips, eyes, skin"),
            ({"parts": 3}, "parts must be names"),
            ({"faces": 3}, "faces: expected a list"),
            ({"look": "clown"}, "look must be one of"),
            ({"look": "bold", "reference": astronaut}, "received both"),
            ({"faces": [3]}, "faces"),
        ):
            with pytest.raises(FacekitError, match=message):
                remover(astronaut, **options)
