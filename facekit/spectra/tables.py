"""The shipped spectral tables: 33 bands from 400 to 720 nm; sources in SOURCES.txt."""

import json
from functools import cache
from pathlib import Path

import numpy as np

WAVELENGTHS = np.arange(400.0, 721.0, 10.0)


@cache
def spectral_tables():
    """Read the tables.

    Returns:
        Dict of float64 arrays, not to be written to; SOURCES.txt lists names, shapes
        and units.
    """
    with np.load(Path(__file__).with_name("tables.npz")) as archive:
        tables = dict(archive)
    for table in tables.values():
        table.setflags(write=False)
    return tables


@cache
def camera_places():
    """Where the measured cameras lie in the space of their principal components.

    Returns:
        Dict from the name of a camera to its five numbers, in standard deviations. The
        components explain 87 % of what distinguishes the cameras.
    """
    return json.loads(Path(__file__).with_name("cameras.json").read_text("utf-8"))
