"""The command line ``facekit``."""

import dataclasses
import os
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import typer

from facekit import cli_render, cli_skin, cli_training
from facekit.cli_jobs import (
    check_distinct,
    hole_for,
    plan_jobs,
    print_error,
    run_jobs,
)
from facekit.conventions import MAX_MEGAPIXELS
from facekit.data.faces import find_faces
from facekit.data.makeup import MAKEUP_LOOKS
from facekit.data.photos import list_photos, read_photo
from facekit.errors import FacekitError, ModelError

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


def main():
    """Run the command line; bad input ends in a message and exit code 1."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        app()
    except FacekitError as error:
        print_error(error)
        raise SystemExit(1) from error
    except OSError as error:
        if error.filename is None:
            raise
        print_error(f"{error.filename}: cannot be read or written: {error.strerror}.")
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
    jobs = plan_jobs(photos, output, [hole] if hole else [])
    tool = cache(lambda: _load_quietly("inpaint", model))

    def restore(source):
        photo = read_photo(source, max_megapixels)
        hole_file = None if hole is None else hole_for(source, hole, photos)
        result = tool()(
            photo,
            hole=hole_file,
            strength=strength,
            max_megapixels=max_megapixels,
        )
        return (dataclasses.replace(photo, image=result.image, alpha=None),)

    inputs = [] if hole is None else list_photos(hole) if hole.is_dir() else [hole]
    run_jobs(jobs, restore, overwrite, "those outside the hole", inputs)


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
    jobs = plan_jobs(photos, output)
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
    run_jobs(jobs, restore, overwrite, "those outside the faces", inputs)


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
    jobs = cli_skin.skin_jobs(plan_jobs(photos, output), output, edited)
    check_distinct(target for _, *targets in jobs for target in targets)
    tool = cache(lambda: _load_quietly("skin", model))

    def restore(source):
        photo = read_photo(source, max_megapixels)
        options = {"units": units, "max_megapixels": max_megapixels, **changes}
        result = tool()(photo, strength=strength, **options)
        return cli_skin.skin_contents(photo, result, edited)

    run_jobs(jobs, restore, overwrite, kept="those outside the skin")


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
