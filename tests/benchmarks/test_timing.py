from benchmarks.timing import (
    interleaved_seconds,
    median_difference,
    median_ratio,
    row,
)


def test_order():
    calls = []
    functions = {name: lambda name=name: calls.append(name) for name in "ab"}
    seconds = interleaved_seconds(functions, rounds=2, warm_up=1)
    assert calls == ["a", "b", "a", "b", "b", "a"]
    assert {name: len(values) for name, values in seconds.items()} == {"a": 2, "b": 2}


def test_reported_seconds():
    assert interleaved_seconds({"a": lambda: 5.0}, rounds=3) == {"a": [5.0] * 3}


def test_numerics():
    # Pairs of one round count, so a slow second round changes nothing.
    assert median_ratio([1.2, 12.0, 1.2], [1.0, 10.0, 1.0]) == 1.2
    assert median_difference([3.0, 9.0, 4.0], [1.0, 8.0, 2.0]) == 2.0


def test_row():
    expected = {"row": "a", "ratio": 1.06, "bar": 1.05, "holds": False, "detail": "d"}
    assert row("a", 1.06, 1.05, "d") == expected
    assert row("a", 1.05, 1.05, "d")["holds"]
