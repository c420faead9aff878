import json
import shutil

import cv2
import numpy as np
import pytest
from PIL import Image, ImageCms

from facekit import cli
from tests.restore.makeup_model import write_makeup_model


@pytest.fixture(scope="module")
def model(saved_model_folder):
    return str(saved_model_folder)


@pytest.fixture
def folder(tmp_path, astronaut):
    """A folder with two photos and a damaged one, a hole, and a folder of holes."""
    photos = tmp_path / "photos"
    (photos / "more").mkdir(parents=True)
    small = astronaut[:256, 96:352]
    Image.fromarray(small).save(photos / "one.png")
    Image.fromarray(small[:, ::-1]).save(photos / "more" / "two.png")
    (photos / "damaged.png").write_bytes((photos / "one.png").read_bytes()[:5000])
    hole = np.zeros(small.shape[:2], "uint8")
    hole[130:150, 110:150] = 255
    Image.fromarray(hole).save(tmp_path / "hole.png")
    (tmp_path / "holes").mkdir()
    Image.fromarray(hole).save(tmp_path / "holes" / "one.png")
    return tmp_path


@pytest.fixture
def run(monkeypatch, capfd):
    """Runs the command line; returns its exit code and what it wrote to stderr."""

    def run(*arguments):
        monkeypatch.setattr("sys.argv", ["facekit", *map(str, arguments)])
        with pytest.raises(SystemExit) as stopped:
            cli.main()
        message = capfd.readouterr().err
        assert "Traceback" not in message
        return stopped.value.code or 0, message

    return run


def read(path):
    return np.asarray(Image.open(path))


def test_one_photo(run, folder, model):
    photo, hole, output = (
        folder / "photos/one.png",
        folder / "hole.png",
        folder / "o.png",
    )
    code, message = run(
        "inpaint", photo, "--hole", hole, "-o", output, "--model", model
    )
    assert (code, message) == (0, "")
    changed = (read(output) != read(photo)).any(2)
    assert changed.any()
    assert not changed[read(hole) == 0].any()


def test_strength_zero_keeps_the_photo(run, folder, model):
    photo, hole, output = (
        folder / "photos/one.png",
        folder / "hole.png",
        folder / "o.png",
    )
    options = ["--hole", hole, "-o", output, "--model", model, "--strength", 0]
    assert run("inpaint", photo, *options)[0] == 0
    assert np.array_equal(read(output), read(photo))


def test_transparent_pixels_are_the_hole(run, folder, model):
    rgba = np.dstack([read(folder / "photos/one.png"), 255 - read(folder / "hole.png")])
    Image.fromarray(rgba).save(folder / "rgba.png")
    output = folder / "o.png"
    code, _ = run("inpaint", folder / "rgba.png", "-o", output, "--model", model)
    assert code == 0
    assert np.array_equal(read(output)[rgba[..., 3] > 0], rgba[rgba[..., 3] > 0, :3])


def test_folder_goes_on_after_a_bad_file(run, folder, model):
    options = ["--hole", folder / "hole.png", "-o", folder / "out", "--model", model]
    code, message = run("inpaint", folder / "photos", *options)
    assert code == 1
    assert "damaged.png" in message
    assert "2 restored, 1 failed" in message
    written = {path.relative_to(folder / "out") for path in folder.glob("out/**/*.*")}
    assert {str(path) for path in written} == {"one.png", "more/two.png"}


def test_folder_of_holes(run, folder, model):
    options = ["--hole", folder / "holes", "-o", folder / "out", "--model", model]
    code, message = run("inpaint", folder / "photos/one.png", *options)
    assert (code, message) == (0, "")
    code, message = run("inpaint", folder / "photos/more/two.png", *options)
    assert code == 1
    assert "two.png: expected a hole" in message
    # What lies in a subfolder has its hole in a subfolder; a GIF is written as PNG.
    hole = (folder / "holes/one.png").read_bytes()
    (folder / "nested/a").mkdir(parents=True)
    (folder / "nested_holes/a").mkdir(parents=True)
    with Image.open(folder / "photos/one.png") as picture:
        picture.convert("P").save(folder / "nested/a/three.gif")
    options = ["--hole", folder / "nested_holes", *options[2:]]
    (folder / "nested_holes/three.png").write_bytes(hole)
    code, message = run("inpaint", folder / "nested", *options)
    assert code == 1 and "a/three.png: expected a hole" in message
    (folder / "nested_holes/a/three.png").write_bytes(hole)
    code, message = run("inpaint", folder / "nested", *options)
    assert (code, (folder / "out/a/three.gif.png").is_file()) == (0, True)


def test_holes_are_found_whatever_their_capitals(run, folder, model):
    (folder / "capital").mkdir()
    (folder / "photos/one.png").rename(folder / "capital/IMG_1.PNG")
    (folder / "holes/one.png").rename(folder / "holes/img_1.PNG")
    options = ["--hole", folder / "holes", "-o", folder / "out", "--model", model]
    code, message = run("inpaint", folder / "capital", *options)
    assert (code, message) == (0, "")


def test_output_and_holes_may_lie_in_the_folder_of_photos(run, folder, model):
    photos = folder / "photos"
    (photos / "damaged.png").unlink()
    (photos / "more/two.png").unlink()
    (folder / "holes").rename(photos / "holes")
    options = ["--hole", photos / "holes", "-o", photos / "out", "--model", model]
    for more in ([], ["--overwrite"]):
        code, message = run("inpaint", photos, *options, *more)
        assert (code, message) == (0, "")
    assert [path.name for path in (photos / "out").rglob("*")] == ["one.png"]


def test_colour_profile_is_kept(run, folder, model):
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    photo, output = folder / "photos/one.png", folder / "o.png"
    with Image.open(photo) as picture:
        picture.save(folder / "tagged.png", icc_profile=profile)
    options = ["--hole", folder / "hole.png", "-o", output, "--model", model]
    assert run("inpaint", folder / "tagged.png", *options)[0] == 0
    with Image.open(output) as picture:
        assert picture.info["icc_profile"] == profile


def test_photo_that_opencv_fails_on_is_named(run, folder, model, monkeypatch):
    def fail(*_):
        raise cv2.error("too much")

    monkeypatch.setattr("facekit.restore.inpaint.read_hole", fail)
    options = ["--hole", folder / "hole.png", "-o", folder / "o.png", "--model", model]
    code, message = run("inpaint", folder / "photos/one.png", *options)
    assert code == 1 and "one.png: cannot be restored: too much" in message


def test_jpeg_is_warned_of(run, folder, model):
    photo, output = folder / "photos/one.png", folder / "o.jpg"
    options = ["--hole", folder / "hole.png", "-o", output, "--model", model]
    code, message = run("inpaint", photo, *options)
    assert code == 0
    assert "JPEG changes every pixel" in message


@pytest.mark.parametrize(
    ("photo", "hole", "expected"),
    [
        ("missing.png", "hole.png", "missing.png"),
        ("photos/damaged.png", "hole.png", "damaged.png"),
        ("photos/one.png", "missing.png", "missing.png"),
        ("photos/one.png", "other.png", "expected 256 x 256"),
        ("photos/one.png", "all.png", "whole photo"),
        ("photos/one.png", None, "received neither"),
        ("empty.png", "hole.png", "empty file"),
        ("text.png", "hole.png", "no image"),
    ],
)
def test_bad_input_writes_nothing(run, folder, model, photo, hole, expected):
    Image.new("L", (10, 20), 255).save(folder / "other.png")
    Image.new("L", (256, 256), 255).save(folder / "all.png")
    (folder / "empty.png").touch()
    (folder / "text.png").write_text("not an image")
    output = folder / "o.png"
    output.write_bytes(b"kept")
    options = ["-o", output, "--model", model, "--overwrite"]
    options += [] if hole is None else ["--hole", folder / hole]
    code, message = run("inpaint", folder / photo, *options)
    assert code == 1
    assert expected in message.replace("\n", "")
    assert output.read_bytes() == b"kept"
    assert not list(folder.glob(".*"))


def test_output_is_protected(run, folder, model):
    photo, hole = folder / "photos/one.png", folder / "hole.png"
    before = photo.read_bytes()
    options = ["--hole", hole, "--model", model]
    code, message = run("inpaint", photo, *options, "-o", photo, "--overwrite")
    assert code == 1
    assert "must not be the photo itself" in message
    assert photo.read_bytes() == before
    code, message = run("inpaint", photo, *options, "-o", hole, "--overwrite")
    assert code == 1
    assert "must not be another of the inputs" in message
    other = folder / "other.png"
    other.write_bytes(b"kept")
    code, message = run("inpaint", photo, *options, "-o", other)
    assert code == 1
    assert "exists already" in message and other.read_bytes() == b"kept"
    code, message = run("inpaint", photo, *options, "-o", folder / "o.gif")
    assert code == 1
    assert "cannot write '.gif'" in message
    code, message = run("inpaint", photo, photo, *options, "-o", folder / "out")
    assert code == 1
    assert "Several photos" in message


def test_model_of_another_task(run, folder, model):
    other = folder / "model"
    shutil.copytree(model, other)
    (other / "card.json").write_text(json.dumps({"task": "makeup"}))
    options = ["--hole", folder / "hole.png", "-o", folder / "o.png", "--model", other]
    code, message = run("inpaint", folder / "photos/one.png", *options)
    assert code == 1
    assert "makeup" in message


def test_help_names_the_jpeg_limit(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["facekit", "inpaint", "--help"])
    with pytest.raises(SystemExit) as stopped:
        cli.main()
    assert stopped.value.code == 0
    assert "JPEG" in capsys.readouterr().out


def test_module_entry_point():
    import facekit.__main__

    assert facekit.__main__.main is cli.main


def test_makeup(run, folder, tmp_path):
    (tmp_path / "makeup").mkdir()
    model = write_makeup_model(tmp_path / "makeup")
    photo, target = folder / "photos/one.png", folder / "o.png"
    code, message = run("makeup", photo, "-o", target, "--model", model)
    assert code == 0, message
    assert (read(target) != read(photo)).any()
    code, message = run(
        *("makeup", photo, "-o", folder / "p.png", "--model", model, "--parts", "hat")
    )
    assert code == 1 and "lips, eyes, skin" in message
    code, message = run("makeup", photo, "-o", folder / "p.png", "--parts", "")
    assert code == 1 and "lips, eyes and skin" in message
    assert not (folder / "p.png").exists()


def test_makeup_keeps_transparency_and_its_reference(run, folder, tmp_path):
    (tmp_path / "makeup").mkdir()
    model = write_makeup_model(tmp_path / "makeup")
    rgba = np.dstack([read(folder / "photos/one.png"), 255 - read(folder / "hole.png")])
    photo, target = folder / "rgba.png", folder / "o.png"
    Image.fromarray(rgba).save(photo)
    code, message = run("makeup", photo, "-o", target, "--model", model)
    assert code == 0, message
    assert np.array_equal(read(target)[..., 3], rgba[..., 3])
    reference = folder / "photos/one.png"
    before = reference.read_bytes()
    options = ["--like", reference, "-o", reference, "--overwrite", "--model", model]
    code, message = run("makeup", photo, *options)
    assert code == 1 and "another of the inputs" in message
    assert reference.read_bytes() == before
