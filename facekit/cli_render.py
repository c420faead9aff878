"""The command ``facekit render``."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import track

from facekit.errors import FacekitError
from facekit.portraits import VARIANTS, render_folder

_console = Console(stderr=True, highlight=False)


def render(
    output: Annotated[
        Path,
        typer.Option(
            "--output", "-o", file_okay=False, help="Folder for the portraits."
        ),
    ],
    number: Annotated[
        int, typer.Option("--number", "-n", min=1, help="Portraits to render.")
    ] = 40,
    size: Annotated[int, typer.Option(help="Side in pixels, 32 to 1024.")] = 256,
    seed: Annotated[
        int, typer.Option(min=0, help="Of the first portrait; the next has the next.")
    ] = 0,
    variant: Annotated[
        list[str] | None,
        typer.Option(help=f"One of {', '.join(VARIANTS)}; all where none is named."),
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes; one a core where not given.")
    ] = None,
):
    """Draw portraits of people who do not exist, with the truth about every pixel.

    Portraits that are finished already are kept, so that an interrupted run goes on.
    """
    variants = tuple(variant) if variant else VARIANTS
    try:
        finished = render_folder(output, number, size, seed, variants, workers)
        for _ in track(finished, "Rendering", total=number, console=_console):
            pass
    except FacekitError:
        raise
    except ValueError as error:
        raise FacekitError(str(error)) from error
    _console.print(f"{number} portraits in {output}", soft_wrap=True, markup=False)
