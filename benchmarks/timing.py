"""Interleaved timing, so that other work on the machine burdens all sides alike."""

import statistics
import time

ROUNDS = 7


def interleaved_seconds(functions, rounds=ROUNDS, warm_up=2):
    """Time functions in turns.

    Args:
        functions: dict from a name to a function without arguments that returns None
            once its work is done, or the seconds to count instead of its wall time.
        rounds: how often each is timed. Defaults to 7.
        warm_up: untimed calls of each beforehand. Defaults to 2.

    Returns:
        Dict from each name to the list of its seconds, one a round.
    """
    for function in functions.values():
        for _ in range(warm_up):
            function()
    seconds = {name: [] for name in functions}
    names = list(functions)
    for _ in range(rounds):
        for name in names:
            start = time.perf_counter()
            reported = functions[name]()
            elapsed = time.perf_counter() - start
            seconds[name].append(elapsed if reported is None else reported)
        # No side always runs in the wake of the same other one.
        names.append(names.pop(0))
    return seconds


def median_ratio(seconds, reference):
    """Return the median over the rounds of seconds / reference in the same round."""
    pairs = zip(seconds, reference, strict=True)
    return statistics.median(ours / other for ours, other in pairs)


def median_difference(seconds, reference):
    """Return the median over the rounds of seconds - reference in the same round."""
    pairs = zip(seconds, reference, strict=True)
    return statistics.median(ours - other for ours, other in pairs)


def row(name, ratio, bar, detail):
    """Return one line of the table, as ``results.json`` holds it."""
    return {
        "row": name,
        "ratio": round(ratio, 3),
        "bar": bar,
        "holds": bool(ratio <= bar),
        "detail": detail,
    }


def milliseconds(seconds):
    """Return the median in words, for the detail of a row."""
    return f"{1000 * statistics.median(seconds):.0f} ms"
