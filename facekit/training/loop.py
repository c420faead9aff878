"""The training loop all tasks share: steps, logs, samples, checkpoints, resume."""

import csv
import os
import time
from contextlib import closing
from pathlib import Path

import numpy as np
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)

from facekit.data import prefetch
from facekit.errors import WeightsError
from facekit.training.checkpoints import load_checkpoint, save_checkpoint

CHECKPOINT = "checkpoint.npz"


def run_training(trainer, examples, config, validate=None, sample=None):
    """Train until ``config.steps``, resuming from the folder's checkpoint if any.

    Killed at any moment, the next call goes on from the last checkpoint to the same
    weights: the checkpoint holds weights, optimizer and moving averages, and each
    step's batch depends on the seed and the step alone.

    Args:
        trainer: object with ``update(batch) -> dict of scalars`` and
            ``variable_groups() -> dict of lists of variables``.
        examples: object with ``batches(batch_size, start_step)``.
        config: object with ``out``, ``steps``, ``batch_size``, ``log_every``,
            ``save_every``.
        validate: optional function without arguments to a dict of floats, called
            at each checkpoint.
        sample: optional function that takes a path and writes a picture there,
            called at each checkpoint.

    Raises:
        WeightsError: the checkpoint is damaged or of another configuration, or the
            loss or the weights have become infinite or NaN; the last checkpoint is
            kept.
    """
    out = Path(config.out)
    out.mkdir(parents=True, exist_ok=True)
    checkpoint = out / CHECKPOINT
    groups = trainer.variable_groups()
    start = load_checkpoint(checkpoint, groups) if checkpoint.exists() else 0
    batches = prefetch(examples.batches(config.batch_size, start_step=start))
    reports, clock = [], time.perf_counter()
    with closing(Logs(out, start)) as logs, closing(batches), _progress() as bar:
        task = bar.add_task("training", total=config.steps, completed=start)
        for step, batch in zip(range(start + 1, config.steps + 1), batches):  # noqa: B905
            reports.append(trainer.update(batch))
            bar.update(task, completed=step)
            saving = step % config.save_every == 0 or step == config.steps
            # A checkpoint holds no reports, so they are written before it.
            if saving or step % config.log_every == 0:
                means = _means(reports)
                # Steps in half precision now and then are skipped, not all of them.
                if not any(np.isfinite(report["loss"]) for report in reports):
                    raise WeightsError(
                        f"{out}: the loss is not finite at step {step}. Go on from the "
                        "last checkpoint with a lower learning rate or in float32."
                    )
                seconds = time.perf_counter() - clock
                means["pictures_per_second"] = (
                    len(reports) * config.batch_size / seconds
                )
                logs.write(step, means)
                bar.update(task, description=f"loss {means['loss']:.4f}")
                reports, clock = [], time.perf_counter()
            if saving:
                if validate:
                    logs.write(step, validate())
                if sample:
                    sample(out / f"sample_{step:07d}.png")
                save_checkpoint(checkpoint, groups, step)
                clock = time.perf_counter()


class Logs:
    """Scalars to ``log.csv`` (step, name, value) and to TensorBoard.

    Rows after the step that training resumes from are dropped, so that a resumed run
    leaves the same log as an uninterrupted one.

    Args:
        folder: where to write.
        start: step that training starts from.
    """

    def __init__(self, folder, start):
        path = folder / "log.csv"
        rows = [["step", "name", "value"]]
        if path.exists():
            with open(path, newline="") as file:
                rows += [
                    row
                    for row in list(csv.reader(file))[1:]
                    if len(row) == 3 and int(row[0]) <= start
                ]
        temporary = path.with_name(path.name + ".partial")
        with open(temporary, "w", newline="") as file:
            csv.writer(file).writerows(rows)
        os.replace(temporary, path)
        self._file = open(path, "a", newline="")  # noqa: SIM115
        self._writer = csv.writer(self._file)
        self._board = _tensorboard(folder)

    def write(self, step, scalars):
        """Append named scalars of one step."""
        for name, value in scalars.items():
            self._writer.writerow([step, name, f"{value:.6g}"])
            if self._board:
                self._board(name, value, step)
        self._file.flush()

    def close(self):
        """Close the file."""
        self._file.close()


def _tensorboard(folder):
    """A writer of scalars, or None where TensorBoard is not installed."""
    try:
        import tensorboard  # noqa: F401
        import tensorflow as tf
    except ModuleNotFoundError:
        return None
    writer = tf.summary.create_file_writer(str(folder / "tensorboard"))

    def write(name, value, step):
        with writer.as_default():
            tf.summary.scalar(name, value, step=step)
        writer.flush()

    return write


def _means(reports):
    return {
        name: float(np.mean([np.asarray(report[name]) for report in reports]))
        for name in reports[0]
    }


def _progress():
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
