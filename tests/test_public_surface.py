"""The public names are those listed in public_surface.txt.

After a change that is meant: ``make public-surface``.
"""

from importlib import import_module
from pathlib import Path

import facekit

LISTED = Path(__file__).with_name("public_surface.txt")


def public_names():
    names = []
    for package in ("facekit", *(f"facekit.{name}" for name in facekit._SUBPACKAGES)):
        module = import_module(package)
        for name in module.__all__:
            getattr(module, name)
            names.append(f"{package}.{name}")
    return sorted(names)


def test_public_names_are_the_listed_ones():
    assert public_names() == LISTED.read_text().splitlines()


if __name__ == "__main__":
    LISTED.write_text("\n".join(public_names()) + "\n")
