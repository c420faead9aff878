"""Markdown tables of figures by hole size and by skin tone."""

import numpy as np

FIGURES = {
    "hole_psnr": ("PSNR inside the hole, dB", 2),
    "hole_ssim": ("SSIM inside the hole", 3),
    "hole_l1": ("L1 inside the hole", 4),
    "psnr": ("PSNR of the whole picture, dB", 2),
    "ssim": ("SSIM of the whole picture", 3),
    "l1": ("L1 of the whole picture", 4),
    "feature_distance": ("Feature distance (lower is better)", 4),
}
# Individual typology angle, degrees (Del Bino & Bernerd 2013).
SKIN_TONES = {
    "very light": (55, 90),
    "light": (41, 55),
    "intermediate": (28, 41),
    "tan": (10, 28),
    "brown": (-30, 10),
    "dark": (-90, -30),
}
_FEW_PEOPLE = 10
_RESAMPLES = 2000


def bin_tables(evaluation):
    """One table a figure: a row for each method, a column for each bin.

    Args:
        evaluation: ``facekit.evaluation.Evaluation``.

    Returns:
        Markdown.
    """
    tables = []
    for figure, (title, digits) in FIGURES.items():
        if figure not in evaluation.records[0]:
            continue
        rows = [
            [
                method,
                *(
                    f"{evaluation.mean(method, place, figure):.{digits}f}"
                    for place in range(len(evaluation.bins))
                ),
            ]
            for method in evaluation.methods
        ]
        tables.append(markdown_table([title, *evaluation.bins], rows))
    return "\n\n".join(tables)


def skin_tone_table(records, method, baselines, figure, header):
    """A figure by skin tone, and its gain over the best baseline.

    Args:
        records: list of dicts with ``method``, ``person``, ``tone`` and the figure.
        method: name of the restorer to report.
        baselines: names of the restorers it is compared with.
        figure: str, name of the figure; more is better.
        header: titles of the two columns.

    Returns:
        Markdown. Intervals are 95 % bootstrap intervals over people.
    """
    rows = []
    for name, (low, high) in SKIN_TONES.items():
        chosen = [record for record in records if low <= record["tone"] < high]
        ours, best = _by_person(chosen, method, baselines, figure)
        if not len(ours):
            continue
        few = " (too few to judge)" if len(ours) < _FEW_PEOPLE else ""
        gain = interval(ours - best)
        rows.append([f"{name}{few}", str(len(ours)), interval(ours), gain])
    table = markdown_table(["skin tone", "people", *header], rows)
    return "### By skin tone\n\n" + table


def _by_person(records, method, baselines, figure):
    """Each person's mean figure, ours and the best baseline's."""
    values = {}
    for record in records:
        person = values.setdefault(record["person"], {})
        person.setdefault(record["method"], []).append(record[figure])
    ours = [np.mean(person[method]) for person in values.values()]
    best = [
        max(np.mean(person[name]) for name in baselines) for person in values.values()
    ]
    return np.asarray(ours), np.asarray(best)


def interval(values):
    """A mean with its 95 % bootstrap interval."""
    rng = np.random.default_rng(0)
    means = rng.choice(values, (_RESAMPLES, len(values))).mean(axis=1)
    low, high = np.percentile(means, (2.5, 97.5))
    return f"{values.mean():.2f} [{low:.2f}, {high:.2f}]"


def markdown_table(header, rows):
    """Lay out strings as a Markdown table.

    Args:
        header: list of strings.
        rows: list of lists of strings.

    Returns:
        Markdown.
    """
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
