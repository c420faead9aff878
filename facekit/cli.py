"""The command line ``facekit``."""

import dataclasses
import os
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

import cv2
import numpy as np
import typer
from rich.console import Console
from rich.progress import track

from facekit import cli_render, cli_skin, cli_training
from facekit.conventions import MAX_MEGAPIXELS
from facekit.data.faces import find_faces
from facekit.data.makeup import MAKEUP_LOOKS
from facekit.data.photos import (
    PHOTO_SUFFIXES,
    READ_SUFFIXES,
    list_photos,
    read_photo,
    write_photo,
)
from facekit.errors import (
    FacekitError,
    HoleError,
    ModelError,
    PhotoError,
    WeightsError,
)

app = typer.Typer(
    name="facekit",
    help="Restore portrait photographs.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(cli_training.train, name="train")
app.add_typer(cli_training.evaluate, name="evaluate")
app.add_typer(cli_training.export, name="export")
app.command()(cli_training.demo)
app.command()(cli_render.render)
_console = Console(stderr=True, highlight=False)

_LOSSY_SUFFIXES = (".jpg", ".jpeg")


def main():
    """Run the command line; bad input ends in a message and exit code 1."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        app()
    except FacekitError as error:
        _print_error(error)
        raise SystemExit(1) from error
    except OSError as error:
        if error.filename is None:
            raise
        _print_error(f"{error.filename}: cannot be read or written: {error.strerror}.")
        raise SystemExit(1) from error


@app.callback()
def _facekit():
    """Restore portrait photographs."""


@app.command()
def inpaint(
    photos: Annotated[list[Path], typer.Argument(help="Photos, or folders of photos.")],
    output: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            help="A file for one photo, a folder for several. A JPEG file cannot keep "
            "the pixels outside the hole byte for byte; PNG, TIFF, BMP and WebP do.",
        ),
    ],
    hole: Annotated[
        Path | None,
        typer.Option(
            help="A picture of the photo's size, nonzero = fill, or a folder of such "
            "pictures named like the photos, in the same subfolders. Without it, the "
            "photo's transparent pixels are filled."
        ),
    ] = None,
    strength: Annotated[
        float,
        typer.Option(
            min=0.0, max=1.0, help="0 keeps the photo, 1 fills the hole wholly."
        ),
    ] = 1.0,
    model: Annotated[
        Path | None, typer.Option(help="SavedModel folder instead of facekit's own.")
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace files that exist.")
    ] = False,
    max_megapixels: Annotated[
        float, typer.Option(help="Refuse photos larger than this.")
    ] = MAX_MEGAPIXELS,
):
    """Fill holes in photos; what is filled in is invented."""
    jobs = _plan_jobs(photos, output, [hole] if hole else [])
    tool = cache(lambda: _load_quietly("inpaint", model))

    def restore(source):
        photo = read_photo(source, max_megapixels)
        hole_file = None if hole is None else _hole_for(source, hole, photos)
        result = tool()(
            photo,
            hole=hole_file,
            strength=strength,
            max_megapixels=max_megapixels,
        )
        return (dataclasses.replace(photo, image=result.image, alpha=None),)

    inputs = [] if hole is None else list_photos(hole) if hole.is_dir() else [hole]
    _run_jobs(jobs, restore, overwrite, "those outside the hole", inputs)


@app.command()
def makeup(
    photos: Annotated[list[Path], typer.Argument(help="Photos, or folders of photos.")],
    output: Annotated[
        Path,
        typer.Option(
            "--output", "-o", help="A file for one photo, a folder for several."
        ),
    ],
    strength: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="0 keeps the photo.")
    ] = 1.0,
    parts: Annotated[
        str, typer.Option(help="Out of lips, eyes and skin, with commas.")
    ] = "lips,eyes,skin",
    look: Annotated[
        str | None,
        typer.Option(
            "--apply", help=f"Put on a look instead: {', '.join(MAKEUP_LOOKS)}."
        ),
    ] = None,
    like: Annotated[
        Path | None, typer.Option(help="Put on the makeup of this portrait instead.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Colours of a look.")] = 0,
    model: Annotated[
        Path | None, typer.Option(help="SavedModel folder instead of facekit's own.")
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace files that exist.")
    ] = False,
    max_megapixels: Annotated[
        float, typer.Option(help="Refuse photos larger than this.")
    ] = MAX_MEGAPIXELS,
):
    """Take makeup off faces, or put it on; what was under it is a guess."""
    jobs = _plan_jobs(photos, output)
    tool = cache(lambda: _load_quietly("makeup", model))
    names = [part.strip() for part in parts.split(",") if part.strip()]
    if not names:
        raise FacekitError("--parts: expected some of lips, eyes and skin, found none.")
    reference = None if like is None else read_photo(like, max_megapixels)

    def restore(source):
        photo = read_photo(source, max_megapixels)
        result = tool()(
            photo,
            strength=strength,
            parts=names,
            look=look,
            reference=reference,
            seed=seed,
            max_megapixels=max_megapixels,
        )
        return (dataclasses.replace(photo, image=result.image),)

    inputs = [] if like is None else [like]
    _run_jobs(jobs, restore, overwrite, "those outside the faces", inputs)


@app.command()
def skin(
    photos: Annotated[list[Path], typer.Argument(help="Photos, or folders of photos.")],
    output: Annotated[
        Path,
        typer.Option(
            "--output", "-o", file_okay=False, help="Folder for maps and pictures."
        ),
    ],
    melanin: Annotated[
        float, typer.Option(help="What to add, in the network's units of -1 to 1.")
    ] = 0.0,
    haemoglobin: Annotated[float, typer.Option(help="As --melanin, of blood.")] = 0.0,
    units: Annotated[
        Literal["network", "fraction"],
        typer.Option(help="Units of what is added; 'fraction' is by volume."),
    ] = "network",
    illuminant: Annotated[
        str | None, typer.Option(help="Light to show the skin in: A, D50, F2, D5200.")
    ] = None,
    camera: Annotated[
        str | None, typer.Option(help="Camera to show it by, such as 'Nikon D700'.")
    ] = None,
    strength: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Of the changes.")
    ] = 1.0,
    model: Annotated[
        Path | None, typer.Option(help="SavedModel folder instead of facekit's own.")
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace files that exist.")
    ] = False,
    max_megapixels: Annotated[
        float, typer.Option(help="Refuse photos larger than this.")
    ] = MAX_MEGAPIXELS,
):
    """Take skin apart into melanin, blood and light; change them.

    Writes for each photo NAME_maps.png (all maps with their scales), NAME.npz (their
    numbers), NAME_reconstruction.png and, if anything is to change, NAME_edited.png.
    """
    changes = {
        "melanin": melanin,
        "haemoglobin": haemoglobin,
        "illuminant": illuminant,
        "camera": camera,
    }
    edited = any(changes.values())
    jobs = cli_skin.skin_jobs(_plan_jobs(photos, output), output, edited)
    _check_distinct(target for _, *targets in jobs for target in targets)
    tool = cache(lambda: _load_quietly("skin", model))

    def restore(source):
        photo = read_photo(source, max_megapixels)
        options = {"units": units, "max_megapixels": max_megapixels, **changes}
        result = tool()(photo, strength=strength, **options)
        return cli_skin.skin_contents(photo, result, edited)

    _run_jobs(jobs, restore, overwrite, kept="those outside the skin")


def _load_quietly(task, model=None):
    """Load a task's tool without the start-up messages of TensorFlow and LiteRT.

    They are written by compiled code, past ``sys.stderr``.
    """
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        from facekit.restore import load

        tool = load(model or task)
        if tool.task != task:
            raise ModelError(
                f"{model}: expected a SavedModel of the task '{task}', found one of "
                f"'{tool.task}'."
            )
        find_faces(np.zeros((8, 8, 3), "uint8"))
        return tool
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def _plan_jobs(photos, output, beside=()):
    """Pair every photo with its output file.

    Args:
        photos: paths of photos and of folders of photos.
        output: path of a file or folder.
        beside: paths of what else is read; it and the output may lie in a folder of
            photos, and are none of them.

    Returns:
        List of (source, target) paths.
    """
    into_folder = (
        len(photos) > 1 or photos[0].is_dir() or output.is_dir() or not output.suffix
    )
    if not into_folder:
        _check_suffix(output)
        return [(photos[0], output)]
    if output.is_file():
        raise PhotoError(
            f"{output}: expected a folder for several photos, found a file."
        )
    jobs = []
    for path in photos:
        if path.is_dir():
            inside = [
                other.resolve()
                for other in (output, *beside)
                if path.resolve() in other.resolve().parents
            ]
            found = [
                photo
                for photo in list_photos(path)
                if not any(photo.resolve().is_relative_to(other) for other in inside)
            ]
            if not found:
                raise PhotoError(f"{path}: expected photos, found none.")
            jobs += [(x, _target(output / x.relative_to(path))) for x in found]
        else:
            jobs.append((path, _target(output / path.name)))
    _check_distinct(target for _, target in jobs)
    return jobs


def _target(path):
    """The file to write for a photo of that name; GIFs are read only."""
    return path.with_name(f"{path.name}.png") if path.suffix.lower() == ".gif" else path


def _check_distinct(targets):
    twice = [target for target, count in Counter(targets).items() if count > 1]
    if twice:
        raise PhotoError(f"Several photos would be written to {min(twice)}.")


def _hole_for(source, hole, photos):
    """Return the hole file of a photo: ``hole`` itself, or its namesake inside.

    What lies in a subfolder of the photos has its hole in that of the holes.
    """
    if not hole.is_dir():
        return hole
    folder = next((path for path in photos if path in source.parents), source.parent)
    place = hole / source.relative_to(folder)
    namesakes = [
        path
        for path in sorted(place.parent.glob("*"))
        if path.stem.lower() == place.stem.lower()
        and path.suffix.lower() in READ_SUFFIXES
    ]
    if namesakes:
        # The same capitals before others, PNG before the rest.
        return min(
            namesakes,
            key=lambda path: (path.stem != place.stem, path.suffix.lower() != ".png"),
        )
    raise HoleError(
        f"{place.with_suffix('.png')}: expected a hole for {source}, found none."
    )


def _run_jobs(jobs, restore, overwrite, kept, inputs=()):
    """Restore photo after photo; a bad one is reported and the rest go on.

    Args:
        jobs: list of (source, target, ...) paths.
        restore: function from a source to what its targets hold: pictures and, as
            dicts, maps.
        overwrite: whether to replace files that exist.
        kept: which pixels keep their bytes, in words.
        inputs: paths besides the sources that are not to be replaced.
    """
    bar = track(jobs, "Restoring", console=_console, disable=len(jobs) == 1)
    if any(
        path.suffix.lower() in _LOSSY_SUFFIXES for _, *paths in jobs for path in paths
    ):
        _console.print(
            f"JPEG changes every pixel a little; write PNG to keep {kept} byte for "
            "byte.",
            soft_wrap=True,
        )
    sources = {path.resolve() for path in (*(job[0] for job in jobs), *inputs)}
    failed = 0
    for source, *targets in bar:
        try:
            for target in targets:
                _check_target(source, sources, target, overwrite)
            # All that can fail comes first, so that no photo leaves half of its files.
            for target, content in zip(targets, restore(source), strict=True):
                target.parent.mkdir(parents=True, exist_ok=True)
                _write(target, content)
        except (ModelError, WeightsError):
            raise
        except (FacekitError, OSError) as error:
            failed += 1
            _print_error(error)
        except MemoryError:
            failed += 1
            _print_error(f"{source}: out of memory.")
        except cv2.error as error:
            failed += 1
            _print_error(f"{source}: cannot be restored: {error}")
    if len(jobs) > 1:
        _console.print(f"{len(jobs) - failed} restored, {failed} failed.")
    if failed:
        raise typer.Exit(1)


def _write(target, content):
    if isinstance(content, dict):
        from facekit.restore.skin_pictures import save_maps

        save_maps(target, content)
    else:
        write_photo(target, content)


def _check_target(source, sources, target, overwrite):
    _check_suffix(target, (*PHOTO_SUFFIXES, cli_skin.MAPS_SUFFIX))
    if not target.exists():
        return
    if source.exists() and target.samefile(source):
        raise PhotoError(f"{target}: the output must not be the photo itself.")
    if target.resolve() in sources:
        raise PhotoError(f"{target}: the output must not be another of the inputs.")
    if target.is_dir():
        raise PhotoError(f"{target}: expected a file name, found a folder.")
    if not overwrite:
        raise PhotoError(f"{target}: exists already; add --overwrite to replace it.")


def _check_suffix(target, suffixes=PHOTO_SUFFIXES):
    if target.suffix.lower() not in suffixes:
        raise PhotoError(
            f"{target}: cannot write '{target.suffix}' files, expected one of "
            f"{', '.join(PHOTO_SUFFIXES)}."
        )


def _print_error(error):
    _console.print(f"Error: {error}", style="red", markup=False, soft_wrap=True)
