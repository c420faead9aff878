import numpy as np

from facekit.data import find_faces
from facekit.restore.finish import soften_seam


def test_the_edge_of_what_is_drawn_is_softened_and_nothing_else(astronaut):
    (face,) = find_faces(astronaut)
    landmarks = face.landmarks
    column = round(float(landmarks[:, 0].mean()))
    top, bottom = (int(landmarks[:, 1].min()), int(landmarks[:, 1].max()))
    image = np.full((512, 512, 3), 200, "uint8")
    image[:, column:] = 100
    before = image.copy()
    drawn = np.zeros((512, 512), bool)
    drawn[top:bottom, column - 20 : column] = True
    beside = np.zeros_like(drawn)
    beside[top : bottom - 10, column : column + 20] = True
    soften_seam(image, drawn, beside, face)
    middle = (top + bottom) // 2
    assert 150 < image[middle, column - 1, 0] < 195
    assert 105 < image[middle, column, 0] < 150
    assert (image[bottom - 5 :] == before[bottom - 5 :]).all()
    changed = (image != before).any(-1)
    assert not changed[:, : column - 2].any() and not changed[:, column + 2 :].any()
