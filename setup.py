"""Puts the SavedModels into the wheel; all else is in pyproject.toml.

They lie beside the package in a clone, where they are found as they are, and inside it
after an installation.
"""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

MODELS = Path("saved_models")


class BuildWithModels(build_py):
    """Copies ``saved_models/`` to ``facekit/saved_models/`` of what is built."""

    def run(self):
        """Builds the package, then adds the SavedModels."""
        super().run()
        if not self.editable_mode:
            for source, target in self._models():
                Path(target).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, target)

    def get_outputs(self, include_bytecode=True):
        """Lists the files written, the SavedModels among them."""
        outputs = super().get_outputs(include_bytecode)
        return [*outputs, *(target for _, target in self._models())]

    def _models(self):
        package = Path(self.build_lib, "facekit")
        files = sorted(path for path in MODELS.rglob("*") if path.is_file())
        return [(str(path), str(package / path)) for path in files]


setup(cmdclass={"build_py": BuildWithModels})
