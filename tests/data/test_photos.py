import io
import struct

import numpy as np
import pytest
from PIL import Image, ImageCms

from facekit.data import Photo, list_photos, read_photo, write_photo
from facekit.errors import PhotoError

PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


@pytest.fixture
def image(rng):
    """uint8, (6, 9, 3)."""
    return rng.integers(0, 256, (6, 9, 3), dtype=np.uint8)


def saved(picture, **options):
    stream = io.BytesIO()
    picture.save(stream, **{"format": "PNG", **options})
    return stream.getvalue()


class TestReadPhoto:
    def test_sources_agree(self, image, tmp_path):
        path = tmp_path / "photo.png"
        Image.fromarray(image).save(path)
        sources = [path, str(path), path.read_bytes(), Image.open(path), image]
        for source in sources:
            photo = read_photo(source)
            assert photo.image.dtype == np.uint8
            assert np.array_equal(photo.image, image)
            assert photo.alpha is None
        assert read_photo(path).name == str(path)
        assert read_photo(photo) is photo

    @pytest.mark.parametrize("orientation", range(1, 9))
    def test_exif_rotation(self, image, orientation):
        turned = {
            1: image,
            2: image[:, ::-1],
            3: image[::-1, ::-1],
            4: image[::-1],
            5: image.transpose(1, 0, 2),
            6: np.rot90(image, 1),
            7: np.rot90(image, 2).transpose(1, 0, 2),
            8: np.rot90(image, -1),
        }[orientation]
        exif = Image.Exif()
        exif[0x0112] = orientation
        stored = Image.fromarray(np.ascontiguousarray(turned))
        photo = read_photo(saved(stored, exif=exif.tobytes()))
        assert np.array_equal(photo.image, image)

    def test_profiles(self, image):
        picture = Image.fromarray(image)
        assert read_photo(saved(picture)).profile is None
        assert read_photo(saved(picture, icc_profile=PROFILE)).profile == PROFILE
        # What describes ink says nothing of the RGB that it becomes.
        ink = PROFILE[:16] + b"CMYK" + PROFILE[20:]
        cmyk = saved(picture.convert("CMYK"), format="TIFF", icc_profile=ink)
        assert read_photo(cmyk).profile is None

    def test_damaged_exif_is_ignored(self, image):
        data = saved(Image.fromarray(image), exif=b"Exif\0\0II*\0\xff\xff\xff\xff")
        assert np.array_equal(read_photo(data).image, image)

    def test_palette(self):
        picture = Image.new("P", (4, 3), 1)
        picture.putpalette([0, 0, 0, 10, 20, 30])
        assert (read_photo(saved(picture)).image == [10, 20, 30]).all()

    def test_cmyk(self):
        data = saved(Image.new("CMYK", (8, 8), (0, 255, 255, 0)), format="JPEG")
        colour = read_photo(data).image.mean((0, 1))
        assert np.allclose(colour, [255, 0, 0], atol=8)

    def test_alpha(self, image):
        alpha = np.full(image.shape[:2], 255, "uint8")
        rgba = np.dstack([image, alpha])
        assert read_photo(rgba).alpha is None
        rgba[2, 3, 3] = 0
        for source in (rgba, saved(Image.fromarray(rgba))):
            photo = read_photo(source)
            assert np.array_equal(photo.image, image)
            assert np.array_equal(photo.alpha, rgba[..., 3])

    def test_transparent_palette_colour(self):
        picture = Image.new("P", (2, 1))
        picture.putpalette([9, 9, 9, 5, 5, 5])
        picture.putpixel((1, 0), 1)
        photo = read_photo(saved(picture, transparency=1))
        assert photo.alpha.tolist() == [[255, 0]]

    def test_sixteen_bits_are_scaled(self):
        values = np.array([[0, 257, 32896, 65535]], "uint16")
        expected = [0, 1, 128, 255]
        for source in (values, saved(Image.fromarray(values))):
            photo = read_photo(source)
            assert photo.image[0].tolist() == [[value] * 3 for value in expected]

    def test_float_tiff(self):
        values = np.array([[0.0, 0.5, 1.0]], "float32")
        photo = read_photo(saved(Image.fromarray(values), format="TIFF"))
        assert photo.image[0, :, 0].tolist() == [0, 128, 255]

    def test_first_frame(self, image):
        frames = [Image.fromarray(image), Image.fromarray(255 - image)]
        data = saved(frames[0], save_all=True, append_images=frames[1:])
        assert np.array_equal(read_photo(data).image, image)

    def test_greyscale_and_one_pixel(self):
        assert read_photo(np.full((1, 1), 7, "uint8")).image.tolist() == [[[7, 7, 7]]]
        assert read_photo(saved(Image.new("1", (1, 1), 1))).image.tolist() == [
            [[255, 255, 255]]
        ]

    def test_errors(self, image, tmp_path):
        whole = tmp_path / "whole.png"
        Image.fromarray(np.repeat(image, 50, 0)).save(whole)
        (tmp_path / "cut.png").write_bytes(whole.read_bytes()[:-200])
        (tmp_path / "empty.jpg").touch()
        (tmp_path / "text.jpg").write_text("hello")
        cases = {
            "missing.jpg": "no such file",
            "cut.png": "damaged",
            "empty.jpg": "empty file",
            "text.jpg": "no image",
            ".": "found a folder",
        }
        for name, expected in cases.items():
            path = tmp_path / name
            with pytest.raises(PhotoError, match=expected) as caught:
                read_photo(path)
            assert str(path) in str(caught.value)

    @pytest.mark.parametrize(
        "source",
        [
            np.zeros((4, 4, 3), "float32"),
            np.zeros((4, 4, 2), "uint8"),
            np.zeros((0, 4, 3), "uint8"),
            np.zeros(4, "uint8"),
            None,
            7,
        ],
    )
    def test_other_types(self, source):
        with pytest.raises(PhotoError, match="must be"):
            read_photo(source)

    def test_size_limit_comes_before_decoding(self, image):
        data = bytearray(saved(Image.new("1", (8, 8)), format="BMP"))
        data[18:26] = struct.pack("<ii", 12000, 9000)
        with pytest.raises(PhotoError, match="12000 x 9000 is 108 megapixels"):
            read_photo(data)
        with pytest.raises(PhotoError, match="at most 5e-05"):
            read_photo(image, max_megapixels=5e-5)
        assert read_photo(image, max_megapixels=None).image.shape == image.shape

    def test_far_over_the_limit_of_pillow(self):
        data = bytearray(saved(Image.new("1", (8, 8)), format="BMP"))
        data[18:26] = struct.pack("<ii", 20000, 20000)
        with pytest.raises(PhotoError, match="400 megapixels"):
            read_photo(data)


class TestWritePhoto:
    @pytest.mark.parametrize("suffix", [".png", ".tif", ".tiff", ".bmp", ".webp"])
    def test_lossless(self, image, tmp_path, suffix):
        path = tmp_path / f"photo{suffix}"
        write_photo(path, image)
        assert np.array_equal(read_photo(path).image, image)
        assert list(tmp_path.iterdir()) == [path]

    def test_jpeg_keeps_colour_resolution(self, tmp_path):
        image = np.zeros((16, 16, 3), "uint8")
        image[:, ::2] = [255, 0, 0]
        write_photo(tmp_path / "photo.JPG", image)
        read = read_photo(tmp_path / "photo.JPG").image.astype(int)
        assert np.abs(read - image).max() < 40

    @pytest.mark.parametrize("suffix", [".png", ".tif", ".webp", ".jpg", ".bmp"])
    def test_transparency_and_profile(self, image, tmp_path, suffix):
        """A photo is written as it was read, as far as the format goes."""
        alpha = np.arange(54, dtype="uint8").reshape(6, 9)
        path = tmp_path / f"photo{suffix}"
        write_photo(path, Photo(image, alpha, "photo", PROFILE))
        photo = read_photo(path)
        if suffix in (".jpg", ".bmp"):
            assert photo.alpha is None
        else:
            assert np.array_equal(photo.alpha, alpha)
        assert photo.profile == (None if suffix == ".bmp" else PROFILE)
        assert suffix == ".jpg" or np.array_equal(photo.image, image)

    def test_errors(self, image, tmp_path):
        with pytest.raises(PhotoError, match="cannot write '.gif'"):
            write_photo(tmp_path / "photo.gif", image)
        with pytest.raises(PhotoError, match="does not exist"):
            write_photo(tmp_path / "none" / "photo.png", image)

    def test_failure_keeps_the_old_file(self, tmp_path):
        path = tmp_path / "photo.jpg"
        path.write_bytes(b"old")
        with pytest.raises(PhotoError, match="cannot be written"):
            write_photo(path, np.zeros((4, 4, 4), "uint8"))
        assert path.read_bytes() == b"old"
        assert list(tmp_path.iterdir()) == [path]


def test_list_photos(image, tmp_path):
    (tmp_path / "b").mkdir()
    (tmp_path / ".thumbnails").mkdir()
    (tmp_path / ".thumbnails" / "a.png").touch()
    wanted = [tmp_path / "a.PNG", tmp_path / "b" / "c.jpg", tmp_path / "d.webp"]
    for path in [*wanted, tmp_path / "notes.txt", tmp_path / ".hidden.png"]:
        path.touch()
    assert list_photos(tmp_path) == wanted
    with pytest.raises(PhotoError, match="expected a folder"):
        list_photos(tmp_path / "a.PNG")


def test_photo_is_frozen(image):
    with pytest.raises(AttributeError):
        Photo(image, None, "photo").name = "other"
