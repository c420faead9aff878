"""The commands of the skin network: train, evaluate, export."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from facekit.errors import FacekitError


def train_skin(
    out: Annotated[Path, typer.Option("--output", "-o", help="Folder of the run.")],
    data: Annotated[
        list[Path] | None, typer.Argument(help="Folders of photos with faces.")
    ] = None,
    portraits: Annotated[
        list[Path] | None,
        typer.Option(help="Folder of rendered portraits, with their truth."),
    ] = None,
    network: Annotated[
        Literal["compact", "paper"], typer.Option(help="Size of the network.")
    ] = "compact",
    pyramid: Annotated[
        bool, typer.Option("--pyramid", help="Add atrous spatial pyramid pooling.")
    ] = False,
    appearance: Annotated[
        Literal["l2", "ms_ssim", "both"], typer.Option(help="Loss of the picture.")
    ] = "l2",
    specular_target: Annotated[
        Literal["sparse", "dark_channel"],
        typer.Option(help="What a photo's specular map is drawn to."),
    ] = "sparse",
    specular_weight: Annotated[
        float, typer.Option(min=0, help="How much; the paper's is 8e-3.")
    ] = 1e-8,
    shading_weight: Annotated[
        float, typer.Option(min=0, help="Of smooth light on a photo's face.")
    ] = 8e-3,
    camera_weight: Annotated[
        float, typer.Option(min=0, help="Of the camera's distance from the mean one.")
    ] = 8e-2,
    truth_weight: Annotated[
        float, typer.Option(min=0, help="Of the portraits' true maps.")
    ] = 0.1,
    rendered: Annotated[
        float, typer.Option(min=0, max=1, help="Share of portraits in a batch.")
    ] = 0.5,
    size: Annotated[int, typer.Option(help="Side of the aligned crop, pixels.")] = 64,
    steps: Annotated[int, typer.Option(help="Optimizer steps in all.")] = 10_000,
    batch_size: Annotated[int, typer.Option(help="Pictures a step.")] = 24,
    learning_rate: Annotated[float, typer.Option(help="Peak rate.")] = 1e-3,
    schedule: Annotated[
        Literal["constant", "cosine"], typer.Option(help="Course of the rate.")
    ] = "cosine",
    init: Annotated[
        Path | None, typer.Option(help="Run, or weights file, to start from.")
    ] = None,
    precision: Annotated[
        Literal["float32", "mixed_bfloat16", "mixed_float16"],
        typer.Option(help="Dtype policy."),
    ] = "float32",
    ema: Annotated[
        float, typer.Option(min=0, max=1, help="Memory of the averaged weights.")
    ] = 0.999,
    seed: Annotated[int, typer.Option(help="Seed of weights and order.")] = 0,
    cache: Annotated[
        Path | None, typer.Option(help="Folder that keeps aligned crops and maps.")
    ] = None,
    save_every: Annotated[int, typer.Option(help="Steps between checkpoints.")] = 500,
):
    """Train the skin network on portraits with truth and photographs without."""
    from facekit.training import SkinConfig
    from facekit.training import train_skin as run

    settings = {
        name: str(value) if isinstance(value, Path) else value
        for name, value in locals().items()
        if name not in ("data", "portraits", "SkinConfig", "run")
    }
    folders = {"data": data or (), "portraits": portraits or ()}
    try:
        config = SkinConfig(
            **{name: tuple(map(str, paths)) for name, paths in folders.items()},
            **settings,
        )
    except ValueError as error:
        raise FacekitError(str(error)) from error
    run(config)
