"""Runs code in a fresh process on another backend.

Starting one costs seconds: put the checks of many layers into one call.
"""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# Compiling, not computing, is what takes the time on JAX.
JAX = {
    "KERAS_BACKEND": "jax",
    "JAX_PLATFORMS": "cpu",
    "XLA_FLAGS": "--xla_backend_optimization_level=0 "
    "--xla_cpu_use_fusion_emitters=false",
}


def run_python(arguments, timeout=600, **environment):
    """Runs this interpreter in a fresh process and returns what it printed.

    Args:
        arguments: list of str, arguments of the interpreter.
        timeout: seconds before it is ended.
        **environment: variables set for the process.

    Raises:
        AssertionError: the process failed; the message holds what it printed.
    """
    finished = subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", **environment},
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    report = f"{finished.stdout[-6000:]}\n{finished.stderr[-3000:]}"
    assert finished.returncode == 0, report
    return finished.stdout


def run_on_jax(code):
    """Runs Python code with Keras on the JAX backend and returns what it printed."""
    return run_python(["-c", code], **JAX)
