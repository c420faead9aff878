"""What the commands of all tasks share."""

import dataclasses
from pathlib import Path
from typing import Annotated

import typer

from facekit.errors import DataError, FacekitError

Model = Annotated[
    Path | None, typer.Option(help="SavedModel instead of facekit's own.")
]
Features = Annotated[
    str | None,
    typer.Option(
        help="'vgg16', or a weights file of VGG16 or SqueezeNet 1.1, for the "
        "feature distance."
    ),
]
TablesFolder = Annotated[
    Path,
    typer.Option(
        "--output", "-o", file_okay=False, help="Folder for tables and records."
    ),
]
Readme = Annotated[
    Path | None,
    typer.Option(
        exists=True, dir_okay=False, help="File whose marked table is replaced."
    ),
]
UpdateCard = Annotated[
    bool, typer.Option(help="Write the figures into the SavedModel's card.")
]


def config_of(kind, options, **folders):
    """The settings of a training run by a command's options.

    Args:
        kind: dataclass of settings.
        options: dict, such as ``locals()``; what is no setting is left out.
        **folders: lists of paths or None, by the settings that they are.

    Raises:
        FacekitError: a setting is out of range.
    """
    names = {field.name for field in dataclasses.fields(kind)} - folders.keys()
    settings = {
        name: str(value) if isinstance(value, Path) else value
        for name, value in options.items()
        if name in names
    }
    folders = {name: tuple(map(str, paths or ())) for name, paths in folders.items()}
    try:
        return kind(**folders, **settings)
    except ValueError as error:
        raise FacekitError(str(error)) from error


def training_card(config, licence, names, limits):
    """What a SavedModel's card says of the run it comes from."""
    return {
        "version": "1",
        "working_size": config["size"],
        "training": {
            **{name: config[name] for name in names},
            "data": [Path(folder).name for folder in config["data"]],
            "started_from": config["init"] and Path(config["init"]).name,
        },
        "licence": licence,
        "limits": limits,
    }


def replace_marked(path, name, text):
    """Put a text between the two comments of that name in a Markdown file."""
    start, end = f"<!-- {name}:start -->", f"<!-- {name}:end -->"
    content = path.read_text("utf-8")
    if content.count(start) != 1 or content.count(end) != 1:
        raise DataError(f"{path}: expected one {start} and one {end}")
    before, rest = content.split(start)
    after = rest.split(end)[1]
    path.write_text(f"{before}{start}\n{text}\n{end}{after}", "utf-8")
