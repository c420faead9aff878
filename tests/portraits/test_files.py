import json
from dataclasses import replace

import numpy as np
import pytest

from facekit.errors import DataError
from facekit.portraits import (
    embedded_folders,
    load_embedded,
    read_portrait,
    render_folder,
    write_portrait,
)
from facekit.spectra import encode_srgb


@pytest.fixture
def portrait(rendered):
    return rendered(4)


@pytest.fixture
def copied(rendered, monkeypatch):
    """Lets folders be rendered in no time, with copies of one portrait."""

    def render(seed, size, variants):
        portrait = rendered(4)
        names = ("bare", *variants)
        kept = [{n: d[n] for n in names} for d in (portrait.pictures, portrait.buffers)]
        return replace(portrait, seed=seed, pictures=kept[0], buffers=kept[1])

    monkeypatch.setattr("facekit.portraits.batch.render_portrait", render)


def test_what_is_written_is_read(portrait, tmp_path):
    write_portrait(portrait, tmp_path / "4")
    read = read_portrait(tmp_path / "4")
    assert read.seed == 4 and read.person == portrait.person
    assert read.landmarks == portrait.landmarks
    for variant, picture in portrait.pictures.items():
        assert np.array_equal(read.pictures[variant], picture)
        maps = portrait.buffers[variant]
        for name in ("labels", "exact", "changed"):
            assert np.array_equal(read.buffers[variant][name], maps[name])
        for name, tolerance in (
            *(("melanin", 3e-3), ("haemoglobin", 1e-3), ("diffuse", 0.03)),
            *(("strands", 3e-3), ("worn_mask", 3e-3), ("depth", 0.02), ("uv", 3e-4)),
        ):
            error = np.abs(read.buffers[variant][name] - maps[name])
            assert np.quantile(error, 0.999) < tolerance, (variant, name)


def test_portraits_of_older_versions_are_read(portrait, tmp_path):
    write_portrait(portrait, tmp_path / "4")
    with np.load(tmp_path / "4" / "truth.npz") as stored:
        arrays = dict(stored)
    about = json.loads(arrays["about"].tobytes())
    assert len(about["person"].pop("sites")) == 5
    arrays["about"] = np.frombuffer(json.dumps(about).encode(), "uint8")
    np.savez(tmp_path / "4" / "truth.npz", **arrays)
    assert read_portrait(tmp_path / "4").person.sites == (0,) * 5


def test_the_compact_form_keeps_pictures_and_the_identity(portrait, tmp_path):
    write_portrait(portrait, tmp_path / "4", compact=True)
    read = read_portrait(tmp_path / "4")
    for variant in ("bare", "makeup", "worn_mask"):
        assert np.array_equal(read.pictures[variant], portrait.pictures[variant])
    lossy = read.pictures["light"].astype(int) - portrait.pictures["light"]
    assert np.abs(lossy).mean() < 4
    maps = read.buffers["bare"]
    linear = maps["albedo"] * maps["diffuse"] + maps["specular"]
    error = np.abs(encode_srgb(linear) * 255 - read.pictures["bare"])
    assert np.quantile(error[maps["exact"]], 0.99) <= 1
    assert "albedo" not in read.buffers["makeup"]
    assert not read.buffers["makeup"]["exact"].any()


def test_rendering_into_a_folder_goes_on(tmp_path, copied):
    arguments = {"count": 2, "size": 48, "variants": (), "workers": 1}
    first = list(render_folder(tmp_path / "out", **arguments))
    assert [path.name for path in first] == ["000000", "000001"]
    kept = (first[0] / "bare.webp").stat().st_mtime_ns
    (first[1] / "truth.npz").unlink()
    killed = first[1].with_name(".000001.99.partial")
    killed.mkdir()
    (killed / "bare.webp").write_bytes(b"half")
    assert sorted(render_folder(tmp_path / "out", **arguments)) == first
    assert (first[0] / "bare.webp").stat().st_mtime_ns == kept
    assert read_portrait(first[1]).seed == 1
    assert not killed.exists()
    with pytest.raises(DataError, match="rendered with"):
        list(render_folder(tmp_path / "out", **(arguments | {"size": 64})))


def test_an_interrupted_write_leaves_nothing(tmp_path, copied, monkeypatch):
    def stop(*args, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(np, "savez", stop)
    with pytest.raises(KeyboardInterrupt):
        list(render_folder(tmp_path, 1, 48, variants=(), workers=1))
    assert [path.name for path in tmp_path.iterdir()] == ["portraits.json"]


@pytest.mark.slow
def test_processes_render_what_one_does(tmp_path):
    arguments = {"count": 2, "size": 48, "variants": ("makeup",)}
    for workers in (1, 2):
        list(render_folder(tmp_path / str(workers), workers=workers, **arguments))
    for number in ("000000", "000001"):
        one, two = (read_portrait(tmp_path / str(w) / number) for w in (1, 2))
        for variant, picture in one.pictures.items():
            assert np.array_equal(picture, two.pictures[variant])


def test_errors(tmp_path):
    with pytest.raises(DataError, match="expected a portrait"):
        read_portrait(tmp_path)
    with pytest.raises(ValueError, match="count"):
        list(render_folder(tmp_path, 0))
    with pytest.raises(ValueError, match="count"):
        load_embedded(10**6)


def test_embedded_portraits():
    assert len(embedded_folders()) >= 40
    first, last = load_embedded(2)
    for portrait in (first, last):
        assert portrait.pictures["bare"].shape == (256, 256, 3)
        assert set(portrait.pictures) > {"makeup", "blemishes", "worn_mask", "light"}
    assert first.seed != last.seed
