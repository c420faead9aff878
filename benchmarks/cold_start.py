"""What a user waits for at ``import facekit``, on top of ``import keras``."""

import subprocess
import sys

from benchmarks.timing import interleaved_seconds, median_difference, row

_STATEMENTS = {
    "keras": "import keras",
    "facekit": "import facekit",
    "facekit.models": "import facekit.models",
}


def cold_start_rows():
    """Return the rows of both imports; their ratio is a difference in seconds."""
    seconds = interleaved_seconds(
        {name: _importer(statement) for name, statement in _STATEMENTS.items()},
        warm_up=1,
    )
    return [
        row(
            f"cold start: {name} - keras",
            median_difference(seconds[name], seconds["keras"]),
            0.3,
            f"seconds, not a ratio: `{_STATEMENTS[name]}` minus `import keras`, each "
            "in a new process",
        )
        for name in ("facekit", "facekit.models")
    ]


def _importer(statement):
    def run():
        subprocess.run(  # noqa: S603
            [sys.executable, "-c", statement], check=True, capture_output=True
        )

    return run
