import json
import shutil

import numpy as np
import pytest

from facekit.data import find_faces, write_photo
from facekit.errors import DataError
from facekit.evaluation import evaluate_alignment
from facekit.evaluation.alignment import PLACES, read_template, template_errors
from facekit.portraits import embedded_folders, load_embedded

NUM_POINTS = 189


def template_of(landmarks):
    points = np.random.default_rng(0).uniform(0, 500, (NUM_POINTS, 2))
    for pairs in PLACES.values():
        for point, numbers in pairs.items():
            points[point] = landmarks[list(numbers)].mean(0)
    return points


def write_template(file, points):
    lines = [str(len(points)), *(f"{x} {y}" for x, y in points), "1", "0", "2", "0 1"]
    file.write_text("\n".join(lines) + "\n")


@pytest.fixture(scope="module")
def landmarks(astronaut):
    return find_faces(astronaut)[0].landmarks.astype("float64")


@pytest.fixture
def folder(astronaut, tmp_path):
    for group in ("neutral", "smiling"):
        (tmp_path / "photos" / group).mkdir(parents=True)
        write_photo(tmp_path / "photos" / group / "collins.png", astronaut)
    return tmp_path / "photos"


def test_errors_are_shares_of_the_distance_between_the_pupils(landmarks):
    points = template_of(landmarks)
    assert np.allclose(
        np.concatenate([*template_errors(landmarks, points).values()]), 0
    )
    pupils = np.hypot(*(points[0] - points[1]))
    points[129] += [0.3 * pupils, 0.4 * pupils]
    errors = template_errors(3 * landmarks, 3 * points)
    assert np.allclose(errors.pop("chin"), [0.5])
    assert np.allclose(sum(errors.values(), []), 0)


def test_points_and_landmarks_are_of_one_side(landmarks):
    for pairs in PLACES.values():
        sides = [landmarks[list(numbers), 0].mean() for numbers in pairs.values()]
        assert sides == sorted(sides)


def test_tables(folder, landmarks, tmp_path):
    points = template_of(landmarks)
    pupils = np.hypot(*(points[0] - points[1]))
    points[[87, 93]] += [0, 0.14 * pupils]
    write_template(folder / "neutral" / "collins.tem", points)
    write_photo(folder / "smiling" / "blank.png", np.full((64, 64, 3), 9, "uint8"))
    text = evaluate_alignment(folder, out=tmp_path / "out")
    rows = text.splitlines()
    assert "| neutral | 1 | 1 | 100.0 % |" in rows
    assert "| smiling | 2 | 1 | 50.0 % |" in rows
    assert "| all | 3 | 2 | 66.7 % |" in rows
    assert "| mouth corners | 14.00 | 14.00 |" in rows
    assert "| chin | 0.00 | 0.00 |" in rows
    assert "| overall | 4.00 | 4.00 |" in rows
    assert (tmp_path / "out" / "alignment.md").read_text().strip() == text
    records = json.loads((tmp_path / "out" / "alignment.json").read_text())
    assert [record["found"] for record in records] == [True, False, True]
    assert ["errors" in record for record in records] == [True, False, False]


def test_without_templates_only_the_faces_are_counted(folder, tmp_path):
    text = evaluate_alignment(folder / "neutral", out=tmp_path / "out")
    assert "| neutral | 1 | 1 | 100.0 % |" in text
    assert "error" not in text and "all" not in text.split("\n", 1)[1]


def test_rendered_portraits_are_counted_by_variant(tmp_path):
    for folder in embedded_folders()[:2]:
        shutil.copytree(folder, tmp_path / "portraits" / folder.name)
    text = evaluate_alignment(tmp_path / "portraits", out=tmp_path / "out")
    for name in load_embedded(1)[0].pictures:
        assert f"| {name} | 2 | 2 | 100.0 % |" in text
    assert "| all | 12 | 12 | 100.0 % |" in text


@pytest.mark.slow
def test_the_faces_of_the_embedded_portraits_are_found(tmp_path):
    evaluate_alignment(embedded_folders()[0].parent, out=tmp_path)
    records = json.loads((tmp_path / "alignment.json").read_text())
    assert len(records) == 40 * len(load_embedded(1)[0].pictures)
    assert np.mean([record["found"] for record in records]) >= 0.95


def test_a_photo_that_cannot_be_read_is_left_out(folder, tmp_path):
    (folder / "smiling" / "collins.png").write_bytes(b"no photo")
    with pytest.warns(UserWarning, match="Left out: .*collins.png"):
        text = evaluate_alignment(folder, out=tmp_path / "out")
    assert "smiling" not in text


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe\x00\x80",
        b"points\n1 2\n",
        b"2\n1 2\n3 4\n",
        b"189\n1 2\n3 4\n",
        b"189\n" + b"1 2 3\n" * 189,
        b"189\n" + b"1 two\n" * 189,
        b"189\n" + b"1 nan\n" * 189,
        b"189\n1 2\n" + b"1 2\n" * 188,
    ],
)
def test_a_damaged_template_is_named(folder, tmp_path, content):
    file = folder / "neutral" / "collins.tem"
    file.write_bytes(content)
    with pytest.raises(DataError, match=r"collins\.tem: expected 189 on the first"):
        evaluate_alignment(folder, out=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_template_may_end_its_lines_as_on_windows(tmp_path, landmarks):
    points = template_of(landmarks)
    write_template(tmp_path / "a.tem", points)
    text = (tmp_path / "a.tem").read_text()
    (tmp_path / "b.tem").write_bytes(text.replace("\n", "\r\n").encode())
    assert np.array_equal(read_template(tmp_path / "b.tem"), points)


def test_a_folder_without_photos_is_an_error(tmp_path):
    with pytest.raises(DataError, match="found none"):
        evaluate_alignment(tmp_path, out=tmp_path / "out")
