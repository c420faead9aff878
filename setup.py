"""Puts SavedModels and portraits into the wheel; all else is in pyproject.toml.

They lie beside the package in a clone, where they are found as they are, and inside it
after an installation.
"""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

# Folder of a clone, and its place in the package.
CARRIED = {"saved_models": "saved_models", "data/portraits": "portraits/embedded"}


class BuildWithFiles(build_py):
    """Copies what the package carries along into what is built."""

    def run(self):
        """Builds the package, then adds the files."""
        super().run()
        if not self.editable_mode:
            for source, target in self._carried():
                Path(target).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, target)

    def get_outputs(self, include_bytecode=True):
        """Lists the files written, those carried along among them."""
        outputs = super().get_outputs(include_bytecode)
        return [*outputs, *(target for _, target in self._carried())]

    def _carried(self):
        package = Path(self.build_lib, "facekit")
        return [
            (str(path), str(package / place / path.relative_to(folder)))
            for folder, place in CARRIED.items()
            for path in sorted(Path(folder).rglob("*"))
            if path.is_file()
        ]


setup(cmdclass={"build_py": BuildWithFiles})
