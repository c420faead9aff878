import json

import numpy as np

from tests.backends import JAX, run_python
from tests.training.small_run import (
    losses_of_first_steps,
    parsing_losses_of_first_steps,
)

SCRIPT = """
import json, pathlib, sys
from tests.training.small_run import (
    check_adversary,
    check_resume,
    losses_of_first_steps,
    parsing_losses_of_first_steps,
)
folder = pathlib.Path(sys.argv[1])
losses = losses_of_first_steps(folder, loss="V3")
print("losses", json.dumps([losses, parsing_losses_of_first_steps(folder)]))
check_resume(folder)
check_adversary(folder)
"""


def test_training_on_jax(tmp_path, tensorflow):
    """Training passes the same checks there, and begins with the same losses."""
    report = run_python(
        ["-c", SCRIPT, str(tmp_path)],
        **JAX,
        JAX_COMPILATION_CACHE_DIR=str(tmp_path / "compiled"),
        JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS="0",
    )
    (line,) = [x for x in report.splitlines() if x.startswith("losses")]
    on_jax = json.loads(line.removeprefix("losses"))
    on_tensorflow = losses_of_first_steps(tmp_path, loss="V3")
    np.testing.assert_allclose(on_jax[0], on_tensorflow, rtol=1e-4)
    on_tensorflow = parsing_losses_of_first_steps(tmp_path)
    np.testing.assert_allclose(on_jax[1], on_tensorflow, rtol=1e-4)
