"""The commands of the makeup network: train, evaluate, export."""

from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console

from facekit import cli_shared

_console = Console(highlight=False)


def train_makeup(
    data: Annotated[
        list[Path], typer.Argument(help="Folders of photos of bare faces.")
    ],
    out: Annotated[
        Path, typer.Option("--output", "-o", file_okay=False, help="Folder of the run.")
    ],
    recipe: Annotated[
        Literal["facekit", "bareface"],
        typer.Option(help="facekit's, or the paper's; options below override it."),
    ] = "facekit",
    network: Annotated[
        Literal["compact", "paper"], typer.Option(help="Size of the network.")
    ] = "compact",
    normalization: Annotated[
        Literal["none", "instance", "group"] | None, typer.Option()
    ] = None,
    size: Annotated[
        int | None, typer.Option(help="Side of the aligned crop, pixels.")
    ] = None,
    framing: Annotated[
        Literal["face", "head"], typer.Option(help="How much the crop shows.")
    ] = "face",
    steps: Annotated[int, typer.Option(help="Optimizer steps in all.")] = 20_000,
    batch_size: Annotated[int | None, typer.Option(help="Pictures a step.")] = None,
    learning_rate: Annotated[float | None, typer.Option(help="Peak rate.")] = None,
    schedule: Annotated[
        Literal["constant", "cosine"] | None,
        typer.Option(help="Of the learning rate."),
    ] = None,
    bare: Annotated[
        float | None,
        typer.Option(min=0, max=1, help="Share of examples without makeup."),
    ] = None,
    pool: Annotated[
        int,
        typer.Option(min=0, help="Makeups drawn once for each face; 0: ever new ones."),
    ] = 8,
    init: Annotated[
        Path | None, typer.Option(help="Run, SavedModel or weights to start from.")
    ] = None,
    features: Annotated[
        str,
        typer.Option(
            help="'vgg16', or a weights file of VGG16 or SqueezeNet 1.1; 'none' leaves "
            "the perceptual term out."
        ),
    ] = "none",
    region_weight: Annotated[
        float, typer.Option(min=0, help="How much more made-up pixels count.")
    ] = 4.0,
    floor: Annotated[
        float, typer.Option(help="Squared grey levels below which errors hardly count.")
    ] = 3.0,
    residual_weight: Annotated[
        float, typer.Option(min=0, help="Of the size of the residual.")
    ] = 1.0,
    precision: Annotated[
        Literal["float32", "mixed_bfloat16", "mixed_float16"],
        typer.Option(help="Dtype policy."),
    ] = "float32",
    ema: Annotated[
        float | None, typer.Option(min=0, max=1, help="Memory of averaged weights.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of weights, order and makeup.")] = 0,
    validate: Annotated[
        Path | None, typer.Option(help="Photos to measure at each checkpoint.")
    ] = None,
    cache: Annotated[
        Path | None, typer.Option(help="Folder that keeps crops and makeups.")
    ] = None,
    save_every: Annotated[int, typer.Option(help="Steps between checkpoints.")] = 500,
):
    """Train the network that takes makeup off."""
    from facekit.training import MakeupConfig
    from facekit.training import train_makeup as run

    run(cli_shared.config_of(MakeupConfig, locals(), data=data))


def evaluate_makeup(
    data: Annotated[
        Path, typer.Option(help="Photos of bare faces who did not train the network.")
    ],
    model: cli_shared.Model = None,
    runs: Annotated[
        list[Path] | None,
        typer.Option("--run", help="Training run to compare by recipe; repeatable."),
    ] = None,
    features: cli_shared.Features = None,
    out: cli_shared.TablesFolder = Path("runs/evaluate"),
    readme: cli_shared.Readme = None,
    update_card: cli_shared.UpdateCard = False,
):
    """Put makeup on bare faces and take it off; compare with copying and recipes."""
    from facekit.evaluation import evaluate_makeup as run
    from facekit.restore import find_saved_model

    model = model or find_saved_model("makeup")
    for name, text in run(data, model, runs or (), features, out, update_card).items():
        if readme:
            cli_shared.replace_marked(readme, f"evaluate:makeup:{name}", text)
        typer.echo(f"{text}\n")


def export_makeup(
    run: Annotated[Path, typer.Argument(help="Folder of a training run.")],
    out: Annotated[
        Path,
        typer.Option(
            "--output", "-o", file_okay=False, help="Folder of the SavedModel."
        ),
    ] = Path("saved_models/makeup"),
    licence: Annotated[
        str, typer.Option(help="Under which the weights may be used.")
    ] = "non-commercial use only, as the training data",
):
    """Write a makeup run's averaged weights as SavedModel with its card."""
    from facekit.export import export_makeup as write
    from facekit.training.makeup import load_run

    network, config = load_run(run)
    names = ("recipe", "network", "normalization", "size", "steps", "batch_size")
    limits = (
        "Trained on makeup that programs painted on portraits, so what real makeup "
        "covers is a guess; thick eyeliner and lashes leave traces. Keep strength low "
        "where an exact skin tone matters."
    )
    card = cli_shared.training_card(config, licence, names, limits)
    write(network, out, {**card, "framing": config.get("framing", "head")})
    _console.print(f"{out} written.")
