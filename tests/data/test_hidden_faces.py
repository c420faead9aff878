import numpy as np
import pytest

from facekit.data import find_faces
from facekit.data.hidden_faces import (
    find_faces_again,
    find_faces_around,
    hidden_landmarks,
    with_landmarks,
)
from facekit.portraits import load_embedded


@pytest.fixture(scope="module")
def picture():
    return load_embedded(1)[0].pictures["bare"]


def test_a_face_is_found_around_a_hole(picture):
    face = find_faces(picture)[0]
    hole = np.zeros(picture.shape[:2], bool)
    x, y = face.landmarks[[33, 133]].mean(0).astype(int)
    hole[y - 12 : y + 12, x - 18 : x + 18] = True
    found = find_faces_around(np.where(hole[..., None], np.uint8(0), picture), hole)
    width = face.box[2] - face.box[0]
    error = np.linalg.norm(found[0].landmarks - face.landmarks, axis=1)
    assert error.mean() < 0.05 * width


def test_another_filling_is_searched_where_no_face_is_found(picture, monkeypatch):
    hole = np.zeros(picture.shape[:2], bool)
    hole[40:60, 40:70] = True
    searched = []

    def find_third_time(image, turned=True):
        searched.append((image, turned))
        return find_faces(picture) if len(searched) == 3 else []

    monkeypatch.setattr("facekit.data.hidden_faces.find_faces", find_third_time)
    damaged = np.where(hole[..., None], np.uint8(0), picture)
    assert len(find_faces_around(damaged, hole)) == 1
    (smooth, *_), (marched, _), (again, _) = searched
    assert [turned for _, turned in searched] == [False, False, True]
    for filled in (smooth, marched):
        np.testing.assert_array_equal(filled[~hole], picture[~hole])
        assert filled[hole].min() > 0
    assert (smooth[hole] != marched[hole]).any()
    np.testing.assert_array_equal(again, smooth)


def test_a_large_picture_is_reduced_and_landmarks_fit_it(picture):
    large = np.kron(picture, np.ones((5, 5, 1), "uint8"))
    small, found = find_faces(picture)[0], find_faces_again(large)[0]
    apart = np.abs((found.landmarks + 0.5) / 5 - 0.5 - small.landmarks)
    assert apart.mean() < 0.01 * len(picture)


def test_landmarks_beside_the_photo_are_not_hidden(picture):
    hole = np.zeros((20, 30), bool)
    hole[5:10, 5:10] = True
    points = np.array([[7, 7], [5.4, 9.4], [20, 7], [-3, 7], [40, 7], [7, -1]])
    expected = [True, True, False, False, False, False]
    assert hidden_landmarks(points, hole).tolist() == expected
    face = with_landmarks(find_faces(picture)[0], np.float32([[3, 4], [9, 8]]))
    assert face.box == (3, 4, 9, 8)
