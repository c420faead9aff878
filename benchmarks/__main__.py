"""Measures all rows, prints them as one table and writes ``results.json``."""

import argparse
import importlib
import json
import os
import platform
from importlib.metadata import version
from pathlib import Path

RESULTS = Path(__file__).with_name("results.json")
PARTS = ("cold_start", "unet", "res34_unet", "spectral", "pipeline", "rendering")
PACKAGES = ("facekit", "keras", "tensorflow", "numpy", "opencv-python-headless")


def main(arguments=None):
    """Run the benchmarks named, or all. A bar that does not hold is shown, not raised.

    Args:
        arguments: list of str, names from ``PARTS``, or None for the command line's.
    """
    parser = argparse.ArgumentParser("python -m benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parts = parser.parse_args(arguments).parts
    unknown = set(parts) - set(PARTS)
    if unknown:
        parser.error(f"unknown {min(unknown)!r}, expected {', '.join(PARTS)}")
    # Both are read when the modules are imported.
    os.environ["KERAS_BACKEND"] = "tensorflow"
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    machine, rows = hardware(), []
    for part in parts or PARTS:
        module = importlib.import_module(f"benchmarks.{part}")
        for measured in getattr(module, f"{part}_rows")():
            rows.append(measured)
            print(f"{measured['row']}: {measured['ratio']}", flush=True)
        result = {"hardware": machine, "versions": versions(), "rows": rows}
        RESULTS.write_text(json.dumps(result, indent=2) + "\n")
    show(result)


def hardware():
    """Return the processor, the cores this process may use and the memory."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None
    memory = None
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return {
        "processor": _processor(),
        "cores": cores or os.cpu_count(),
        "threads": os.environ.get("TF_NUM_INTRAOP_THREADS", "all cores"),
        "memory_gigabytes": memory and round(memory / 2**30, 1),
        # Above zero another program took part of the cores meanwhile.
        "load_before": _load(),
        "system": f"{platform.system()} {platform.machine()}",
    }


def versions():
    """Return the versions of Python and of the packages that are measured."""
    return {"python": platform.python_version()} | {
        package: version(package) for package in PACKAGES
    }


def show(result):
    """Print hardware, versions and rows."""
    from rich.console import Console
    from rich.table import Table

    table = Table(title="facekit benchmarks")
    for column in ("row", "ratio", "bar", "holds", "detail"):
        table.add_column(column, overflow="fold")
    for line in result["rows"]:
        holds = "yes" if line["holds"] else "NO"
        table.add_row(
            line["row"],
            f"{line['ratio']:.3f}",
            f"<= {line['bar']}",
            holds,
            line["detail"],
        )
    console = Console()
    for part in ("hardware", "versions"):
        console.print(", ".join(f"{k} {v}" for k, v in result[part].items()))
    console.print(table)
    if (result["hardware"]["load_before"] or 0) > 1:
        console.print("The cores were busy before the start: measure again when idle.")


def _load():
    """Programs that wanted a core in the last minute, where the system tells."""
    return round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None


def _processor():
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or "unknown"


if __name__ == "__main__":
    main()
