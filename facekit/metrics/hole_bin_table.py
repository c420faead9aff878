"""Figures by the size of the hole."""

import numpy as np


class HoleBinTable:
    """Averages figures of pictures within bins of their hole ratio.

    Args:
        bins: pairs (low, high) of hole ratios in [0, 1], such as
            ``facekit.data.HOLE_BINS``. A ratio belongs to the first bin with
            ``low <= ratio <= high``.

    Attributes:
        left_out: number of pictures whose ratio was in no bin.

    Raises:
        ValueError: if a bin is not a pair of rising numbers.

    Example:
        >>> from facekit.metrics import HoleBinTable
        >>> table = HoleBinTable([(0.0, 0.1), (0.1, 0.2)])
        >>> table.add([0.05, 0.15, 0.18], psnr=[30.0, 26.0, 24.0])
        >>> [(row["count"], row["psnr"]) for row in table.rows()]
        [(1, 30.0), (2, 25.0)]
    """

    def __init__(self, bins):
        self.bins = tuple(tuple(pair) for pair in bins)
        if not self.bins or any(
            len(pair) != 2 or not pair[0] < pair[1] for pair in self.bins
        ):
            raise ValueError(f"`bins` must be pairs low < high. Received: {bins}")
        self.left_out = 0
        self._places = []
        self._figures = {}

    def add(self, ratios, **figures):
        """Take in a batch of pictures.

        Args:
            ratios: hole ratio of each picture, (batch,), [0, 1].
            **figures: named figures of each picture, (batch,); the same names in
                every call.

        Raises:
            ValueError: if the figures have another shape than the ratios or other
                names than before.
        """
        ratios = np.asarray(ratios, np.float64)
        figures = {name: np.asarray(value) for name, value in figures.items()}
        if self._figures and set(figures) != set(self._figures):
            raise ValueError(
                f"`figures` must be named {sorted(self._figures)}. "
                f"Received: {sorted(figures)}"
            )
        for name, values in figures.items():
            if ratios.ndim != 1 or values.shape != ratios.shape:
                raise ValueError(
                    f"`{name}` must be one number for each of the ratios, of shape "
                    f"{ratios.shape}. Received: {values.shape}"
                )
        for ratio in ratios:
            place = self._bin_of(ratio)
            self.left_out += place is None
            self._places.append(-1 if place is None else place)
        for name, values in figures.items():
            self._figures.setdefault(name, []).extend(values.tolist())

    def rows(self):
        """Return one dict a bin.

        Returns:
            List of dicts with ``low``, ``high``, ``count`` and the mean of each
            figure, NaN in an empty bin.
        """
        places = np.array(self._places, int)
        rows = []
        for place, (low, high) in enumerate(self.bins):
            inside = places == place
            row = {"low": low, "high": high, "count": int(inside.sum())}
            for name, values in self._figures.items():
                chosen = np.array(values, np.float64)[inside]
                row[name] = float(chosen.mean()) if len(chosen) else float("nan")
            rows.append(row)
        return rows

    def _bin_of(self, ratio):
        for place, (low, high) in enumerate(self.bins):
            if low <= ratio <= high:
                return place
        return None
