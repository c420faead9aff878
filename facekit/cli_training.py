"""The commands ``facekit train``, ``evaluate``, ``export`` and ``demo``."""

from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console

from facekit import cli_makeup, cli_shared, cli_skin

train = typer.Typer(help="Train a network; an interrupted run goes on where it was.")
evaluate = typer.Typer(help="Measure against baselines and hand-set points.")
export = typer.Typer(help="Write a trained network as a SavedModel.")

train.command("makeup")(cli_makeup.train_makeup)
evaluate.command("makeup")(cli_makeup.evaluate_makeup)
export.command("makeup")(cli_makeup.export_makeup)
train.command("skin")(cli_skin.train_skin)
evaluate.command("skin")(cli_skin.evaluate_skin)
export.command("skin")(cli_skin.export_skin)

_console = Console(highlight=False)


@train.callback()
def _train():
    """Train a network; an interrupted run goes on where it was."""


@evaluate.callback()
def _evaluate():
    """Measure against baselines and hand-set points."""


@export.callback()
def _export():
    """Write a trained network as a SavedModel."""


@train.command("inpaint")
def train_inpaint(
    data: Annotated[list[Path], typer.Argument(help="Folders of photos with faces.")],
    out: Annotated[
        Path, typer.Option("--output", "-o", file_okay=False, help="Folder of the run.")
    ],
    loss: Annotated[
        Literal["V0", "V1", "V2", "V3", "V4"], typer.Option(help="Loss of the ladder.")
    ] = "V3",
    network: Annotated[
        Literal["compact", "paper", "ladder"], typer.Option(help="Size of the network.")
    ] = "compact",
    inner: Annotated[
        int, typer.Option(min=0, help="Outermost levels left out, to start small.")
    ] = 0,
    size: Annotated[int, typer.Option(help="Side of the aligned crop, pixels.")] = 256,
    unaligned: Annotated[
        float,
        typer.Option(min=0, max=1, help="Share of examples without an aligned face."),
    ] = 0.0,
    steps: Annotated[int, typer.Option(help="Optimizer steps in all.")] = 100_000,
    batch_size: Annotated[int, typer.Option(help="Pictures a step.")] = 16,
    learning_rate: Annotated[
        float | None,
        typer.Option(help="Peak rate; the paper's 2e-4, or 5e-5 in phase 2."),
    ] = None,
    schedule: Annotated[
        Literal["constant", "cosine"], typer.Option(help="Course of the rate.")
    ] = "constant",
    phase: Annotated[
        int, typer.Option(min=1, max=2, help="2 freezes the encoder's normalisation.")
    ] = 1,
    init: Annotated[
        Path | None,
        typer.Option(
            help="Run, SavedModel or weights to start from; a small run grows."
        ),
    ] = None,
    features: Annotated[
        str, typer.Option(help="'vgg16', or a weights file of VGG16 or SqueezeNet 1.1.")
    ] = "vgg16",
    style_weight: Annotated[
        float, typer.Option(min=0, help="Of V3's and V4's style term.")
    ] = 120.0,
    adversarial_weight: Annotated[
        float, typer.Option(min=0, help="Of V4's adversarial term.")
    ] = 0.02,
    matching_weight: Annotated[
        float, typer.Option(min=0, help="Of V4's feature matching term.")
    ] = 0.1,
    discriminator_filters: Annotated[
        int, typer.Option(min=1, help="Channels of V4's first discriminator layer.")
    ] = 32,
    precision: Annotated[
        Literal["float32", "mixed_bfloat16", "mixed_float16"],
        typer.Option(help="Dtype policy."),
    ] = "float32",
    ema: Annotated[
        float, typer.Option(min=0, max=1, help="Memory of the averaged weights.")
    ] = 0.999,
    seed: Annotated[int, typer.Option(help="Seed of weights, order and holes.")] = 0,
    validate: Annotated[
        Path | None, typer.Option(help="Photos to measure at each checkpoint.")
    ] = None,
    cache: Annotated[
        Path | None, typer.Option(help="Folder that keeps the aligned crops.")
    ] = None,
    save_every: Annotated[int, typer.Option(help="Steps between checkpoints.")] = 1000,
):
    """Train the inpainting network with one of the losses V0 to V4."""
    from facekit.training import InpaintConfig
    from facekit.training import train_inpaint as run

    run(cli_shared.config_of(InpaintConfig, locals(), data=data))


@train.command("appearance")
def train_appearance(
    data: Annotated[list[Path], typer.Argument(help="Folders of photos with faces.")],
    out: Annotated[
        Path, typer.Option("--output", "-o", dir_okay=False, help="The .npz to write.")
    ],
    cache: Annotated[
        Path | None, typer.Option(help="Folder that keeps the aligned crops.")
    ] = None,
):
    """Find the principal components of faces, for the inpainting tool."""
    from facekit.training import train_appearance as run

    run(data, out, cache)
    _console.print(f"{out} written.")


@train.command("parsing")
def train_parsing(
    portraits: Annotated[
        list[Path], typer.Argument(help="Folders that 'facekit render' has written.")
    ],
    out: Annotated[
        Path, typer.Option("--output", "-o", file_okay=False, help="Folder of the run.")
    ],
    data: Annotated[
        list[Path] | None,
        typer.Option(help="Folder of photos with faces, for backdrops; repeatable."),
    ] = None,
    self_training: Annotated[
        bool, typer.Option(help="Learn from what --init says of these photos, too.")
    ] = False,
    size: Annotated[int, typer.Option(help="Side of the aligned crop, pixels.")] = 128,
    steps: Annotated[int, typer.Option(help="Optimizer steps in all.")] = 4000,
    batch_size: Annotated[int, typer.Option(help="Pictures a step.")] = 24,
    learning_rate: Annotated[float, typer.Option(help="Peak rate of AdamW.")] = 3e-3,
    schedule: Annotated[
        Literal["constant", "cosine"], typer.Option(help="Course of the rate.")
    ] = "cosine",
    init: Annotated[
        Path | None, typer.Option(help="Run or weights to start from.")
    ] = None,
    ema: Annotated[
        float, typer.Option(min=0, max=1, help="Memory of the averaged weights.")
    ] = 0.99,
    precision: Annotated[
        Literal["float32", "mixed_bfloat16", "mixed_float16"],
        typer.Option(help="Dtype policy."),
    ] = "float32",
    seed: Annotated[int, typer.Option(help="Seed of weights, order and holes.")] = 0,
    cache: Annotated[
        Path | None, typer.Option(help="Folder that keeps the aligned crops.")
    ] = None,
    save_every: Annotated[int, typer.Option(help="Steps between checkpoints.")] = 500,
):
    """Train the network that tells where heads end, for the inpainting tool."""
    from facekit.training import ParsingConfig
    from facekit.training import train_parsing as run

    run(cli_shared.config_of(ParsingConfig, locals(), data=data, portraits=portraits))


@evaluate.command("inpaint")
def evaluate_inpaint(
    data: Annotated[
        Path, typer.Option(help="Photos of people who did not train the network.")
    ],
    model: cli_shared.Model = None,
    features: cli_shared.Features = None,
    out: cli_shared.TablesFolder = Path("runs/evaluate"),
    readme: cli_shared.Readme = None,
    update_card: cli_shared.UpdateCard = False,
    tool: Annotated[
        bool, typer.Option(help="Measure the photo tool, too; takes minutes.")
    ] = False,
):
    """Fill holes of every size in every photo; compare with OpenCV and the ladder."""
    from facekit.evaluation import evaluate_inpaint as run
    from facekit.restore import find_saved_model

    model = model or find_saved_model("inpaint")
    ladder = model / "ladder"
    text = run(
        data,
        model,
        ladder=ladder if ladder.is_dir() else None,
        features=features,
        out=out,
        update_card=update_card,
        tool=tool,
    )
    if readme:
        cli_shared.replace_marked(readme, "evaluate:inpaint", text)
    typer.echo(text)


@evaluate.command("alignment")
def evaluate_alignment(
    data: Annotated[
        list[Path],
        typer.Option(
            help="Photos, with or without .tem points beside them, or portraits; may "
            "be given several times."
        ),
    ],
    out: cli_shared.TablesFolder = Path("runs/evaluate"),
    readme: cli_shared.Readme = None,
):
    """Count the faces found; compare their landmarks with points set by hand."""
    from facekit.evaluation import evaluate_alignment as run

    folders = [out] if len(data) == 1 else [out / str(k) for k in range(len(data))]
    texts = [run(one, out=folder) for one, folder in zip(data, folders, strict=True)]
    text = "\n\n".join(texts)
    if readme:
        cli_shared.replace_marked(readme, "evaluate:alignment", text)
    typer.echo(text)


@export.command("inpaint")
def export_inpaint(
    run: Annotated[Path, typer.Argument(help="Folder of a finished training run.")],
    out: Annotated[
        Path,
        typer.Option(
            "--output", "-o", file_okay=False, help="Folder of the SavedModel."
        ),
    ] = Path("saved_models/inpaint"),
    appearance: Annotated[
        Path | None, typer.Option(help="What 'facekit train appearance' has written.")
    ] = None,
    parsing: Annotated[
        Path | None, typer.Option(help="Run of 'facekit train parsing'.")
    ] = None,
    licence: Annotated[
        str, typer.Option(help="What the training photographs allow.")
    ] = "unknown",
):
    """Write the averaged weights of a run as a SavedModel with its card."""
    from facekit.export import export_inpaint as write
    from facekit.training import load_appearance
    from facekit.training.inpaint import load_run
    from facekit.training.parsing import load_parsing_run

    network, config = load_run(run)
    model = appearance and load_appearance(appearance)
    parser, about = (
        load_parsing_run(parsing) if parsing else (None, {"size": 128, "data": ()})
    )
    names = ("loss", "network", "size", "steps", "batch_size", "precision", "phase")
    limits = (
        "What is filled in is invented. Made for portraits; large holes in hair and in "
        "other pictures come out blurred or in a wrong colour."
    )
    card = cli_shared.training_card(config, licence, names, limits)
    if model:
        card["training"]["appearance"] = list(model.data)
    if parser:
        folders = (*about["portraits"], *about["data"])
        card["training"]["parsing"] = [Path(folder).name for folder in folders]
    write(network, out, card, model, parser, about["size"])
    _console.print(f"{out} written.")


@export.command("ladder")
def export_ladder(
    runs: Annotated[list[Path], typer.Argument(help="Runs of V0 to V4.")],
    out: Annotated[
        Path,
        typer.Option("--output", "-o", file_okay=False, help="Folder for the weights."),
    ] = Path("saved_models/inpaint/ladder"),
):
    """Write the loss ladder's weights, which ``facekit evaluate inpaint`` compares."""
    import numpy as np

    from facekit.training.checkpoints import save_arrays
    from facekit.training.inpaint import load_run

    out.mkdir(parents=True, exist_ok=True)
    for folder in runs:
        network, config = load_run(folder)
        weights = [np.asarray(x, "float16") for x in network.get_weights()]
        arrays = {str(index): value for index, value in enumerate(weights)}
        save_arrays(out / f"{config['loss']}.npz", arrays, compressed=True)
    _console.print(f"{out} written.")


def demo(
    out: Annotated[
        Path,
        typer.Option("--output", "-o", file_okay=False, help="Folder for the gallery."),
    ] = Path("demo"),
):
    """Restore the embedded photographs and write a gallery page."""
    from facekit.demo import write_gallery

    page = write_gallery(out)
    _console.print(f"Open {page}")
