"""The commands of the skin network: train, evaluate, export, and what `skin` writes."""

import dataclasses
from pathlib import Path
from typing import Annotated, Literal

import typer

from facekit import cli_shared
from facekit.errors import FacekitError, PhotoError

MAPS_SUFFIX = ".npz"


def skin_jobs(jobs, output, edited):
    """Replace each photo's target by the names of the files that `facekit skin` writes.

    Args:
        jobs: list of (source, target) paths.
        output: what the user asked to write to; must be a folder.
        edited: whether anything is to change.

    Returns:
        List of (source, target, ...) paths, in the order of ``skin_contents``.
    """
    if output.is_file() or (output.suffix and not output.is_dir()):
        raise PhotoError(f"{output}: expected a folder, received a file name.")
    endings = [MAPS_SUFFIX, "_maps.png", "_reconstruction.png"]
    endings += ["_edited.png"] if edited else []
    return [
        (source, *(target.with_name(target.stem + ending) for ending in endings))
        for source, target in jobs
    ]


def skin_contents(photo, result, edited):
    """What the files named by ``skin_jobs`` hold."""
    from facekit.restore.skin_pictures import map_sheet, reconstruction

    sheet = map_sheet(photo.image, result.maps)
    contents = [result.maps, sheet, reconstruction(photo.image, result.maps)]
    if edited:
        contents.append(dataclasses.replace(photo, image=result.image))
    return contents


def train_skin(
    out: Annotated[
        Path, typer.Option("--output", "-o", file_okay=False, help="Folder of the run.")
    ],
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
        Literal["l2", "ms_ssim", "both", "encoded"],
        typer.Option(help="Loss of the picture."),
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
    pattern_weight: Annotated[
        float, typer.Option(min=0, help="Of their patterns of pigments, beside values.")
    ] = 0.1,
    appearance_weight: Annotated[
        float, typer.Option(min=0, help="Of the appearance; the paper's is 1.")
    ] = 1.0,
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
        Path | None, typer.Option(help="Run, SavedModel or weights to start from.")
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

    run(cli_shared.config_of(SkinConfig, locals(), data=data, portraits=portraits))


def export_skin(
    run: Annotated[Path, typer.Argument(help="Folder of a training run.")],
    out: Annotated[
        Path,
        typer.Option(
            "--output", "-o", file_okay=False, help="Folder of the SavedModel."
        ),
    ] = Path("saved_models/skin"),
    licence: Annotated[
        str, typer.Option(help="Under which the weights may be used.")
    ] = "non-commercial use only, as the training data",
):
    """Write a skin run's averaged weights as SavedModel with its card."""
    from facekit.export import export_skin as write
    from facekit.training.skin import load_skin_run

    network, config = load_skin_run(run)
    names = (
        *("network", "pyramid", "appearance", "specular_target", "specular_weight"),
        *("shading_weight", "camera_weight", "truth_weight", "pattern_weight"),
        *("appearance_weight", "rendered", "size", "steps", "batch_size"),
        *("learning_rate", "schedule", "ema", "precision", "seed"),
    )
    limits = (
        "Maps of photographs are estimates that nobody has measured: "
        "brightness of the light and of the skin cannot be told apart from one "
        "picture with certainty. No medical use."
    )
    card = cli_shared.training_card(config, licence, names, limits)
    folders = [Path(folder).name for folder in config["portraits"]]
    card["training"]["portraits"] = folders
    write(network, out, card)
    typer.echo(f"{out} written.")


def evaluate_skin(
    portraits: Annotated[
        Path, typer.Option(help="Rendered portraits that trained no network.")
    ],
    model: cli_shared.Model = None,
    name: Annotated[
        str, typer.Option(help="What to call the model in the tables.")
    ] = "facekit",
    compare: Annotated[
        list[str] | None,
        typer.Option(help="NAME=FOLDER of another SavedModel, such as an ablation."),
    ] = None,
    data: Annotated[
        Path | None, typer.Option(help="Photos of people who trained no network.")
    ] = None,
    cameras: Annotated[
        Path | None, typer.Option(help="Table of measured camera sensitivities.")
    ] = None,
    out: cli_shared.TablesFolder = Path("runs/evaluate"),
    readme: cli_shared.Readme = None,
    update_card: cli_shared.UpdateCard = False,
):
    """Compare skin maps with the truth of portraits; try other light and edits."""
    from facekit.evaluation import evaluate_skin as run
    from facekit.restore import find_saved_model

    pairs = [pair.partition("=")[::2] for pair in compare or ()]
    others = dict(pairs)
    if not all(others.values()) or len(others) < len(pairs):
        raise FacekitError(
            "Expected --compare NAME=FOLDER, each name once, received "
            f"{', '.join(compare)}."
        )
    text = run(
        portraits,
        model or find_saved_model("skin"),
        others,
        data,
        cameras,
        out,
        update_card,
        name,
    )
    if readme:
        cli_shared.replace_marked(readme, "evaluate:skin", text)
    typer.echo(text)
