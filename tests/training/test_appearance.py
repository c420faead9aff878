import numpy as np
import pytest

from facekit.data import FaceTexture, find_faces, write_photo
from facekit.errors import DataError, WeightsError
from facekit.portraits import load_embedded
from facekit.training import load_appearance, train_appearance


@pytest.fixture(scope="module")
def portraits():
    return [x.pictures["bare"] for x in load_embedded(6)]


@pytest.fixture(scope="module")
def trained(portraits, tmp_path_factory):
    folder = tmp_path_factory.mktemp("appearance")
    for number, picture in enumerate(portraits):
        write_photo(folder / f"{number}.png", picture)
    out = folder / "appearance.npz"
    return train_appearance([folder], out), out


def test_completes_a_face_it_was_found_in(trained, portraits):
    (layer, shapes, _), _ = trained
    picture = portraits[2]
    landmarks = find_faces(picture)[0].landmarks
    texture = FaceTexture(layer.size)
    flat = texture.unwrap(picture, landmarks) / np.float32(255)
    shapes.write(flat, landmarks)
    known = np.ones(flat.shape[:2], "float32")
    known[50:100, 40:80] = 0
    hidden = (known == 0) & texture.inside
    inputs = (flat * known[..., None])[None], known[None, ..., None]
    face = np.asarray(layer.fitted(*inputs))[0]
    mean = np.asarray(layer.mean)
    mean = np.concatenate([mean, mean[:, ::-1]], 1)
    assert np.abs(face - flat)[hidden].mean() < 0.6 * np.abs(mean - flat)[hidden].mean()


def test_what_was_written_is_read(trained):
    (layer, shapes, data), out = trained
    read, read_shapes, read_data = load_appearance(out)
    assert read_data == data == (out.parent.name,)
    for name in ("mean", "parities", "variance"):
        np.testing.assert_array_equal(getattr(read, name), getattr(layer, name))
    np.testing.assert_allclose(read.components, layer.components, atol=1e-3)
    np.testing.assert_allclose(read_shapes.mean, shapes.mean, atol=1e-6)


def test_other_files_are_no_appearance(tmp_path):
    with pytest.raises(WeightsError, match=r"none\.npz: expected an appearance"):
        load_appearance(tmp_path / "none.npz")
    np.savez(tmp_path / "other.npz", mean=np.zeros(3))
    with pytest.raises(WeightsError, match=r"other\.npz"):
        load_appearance(tmp_path / "other.npz")


def test_folders_without_faces(tmp_path):
    with pytest.raises(DataError, match="no photographs"):
        train_appearance([tmp_path], tmp_path / "x.npz")
    write_photo(tmp_path / "grey.png", np.full((64, 64, 3), 128, "uint8"))
    with pytest.raises(DataError, match="no faces"), pytest.warns(match="a face"):
        train_appearance([tmp_path], tmp_path / "x.npz")
    assert not (tmp_path / "x.npz").exists()
