import gc
import time
from collections import defaultdict, deque
from concurrent.futures import ThreadPoolExecutor

import keras
import numpy as np

from facekit.data import InpaintingExamples, as_pair, as_tf_dataset, spare_arrays
from facekit.data.spare_arrays import spare_array


def test_shape_dtype_and_alignment():
    for shape, dtype in (((3, 5, 7), "float32"), ((1001,), "uint8"), ((), "float32")):
        array = spare_array(shape, dtype)
        assert array.shape == shape and array.dtype == dtype
        assert array.ctypes.data % 64 == 0 and array.flags.c_contiguous


def test_what_is_referred_to_is_not_given_again():
    first = spare_array((13, 17))
    part = first[2:4, 1:]
    address = first.ctypes.data
    part[...] = 5
    others = [spare_array((13, 17)) for _ in range(30)]
    for other in others:
        other[...] = 0
    assert address not in {other.ctypes.data for other in others}
    del first, others, other
    gc.collect()
    # The view alone keeps it.
    assert spare_array((13, 17)).ctypes.data != address
    assert (part == 5).all()


def test_what_nothing_refers_to_is_given_again(monkeypatch):
    held = [spare_array((19, 23)) for _ in range(4)]
    addresses = {array.ctypes.data for array in held}
    del held
    monkeypatch.setattr(np, "empty", None)  # no more memory is asked for
    again = [spare_array((19, 23)) for _ in range(4)]
    assert {array.ctypes.data for array in again} == addresses


def test_not_all_is_kept(monkeypatch):
    monkeypatch.setattr(spare_arrays, "_owners", defaultdict(deque))
    monkeypatch.setattr(spare_arrays, "_MOST_KEPT", 4 * 1000)
    for length in (100, 200, 300, 400, 5000):
        held = [spare_array((length,)) for _ in range(3)]
        for number, array in enumerate(held):
            array[...] = number
        assert [array.max() for array in held] == [0, 1, 2]
        kept = spare_arrays._owners.items()
        assert sum(size * len(owners) for size, owners in kept) <= 4 * 1000


def test_threads_do_not_share(rng):
    def work(number):
        for _ in range(300):
            array = spare_array((64,))
            array[...] = number
            time.sleep(0)
            assert (array == number).all()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))


def test_a_pair_of_any_dtype_is_merged(rng):
    for dtype in ("float32", "float64", "uint8"):
        batch = {"image": np.zeros((2, 8, 9, 3), dtype)}
        batch["target"] = (200 * rng.random((2, 8, 9, 3))).astype(dtype)
        batch["mask"] = (200 * rng.random((2, 8, 9, 1))).astype(dtype)
        restored = as_pair(batch)[1]["restored"]
        expected = np.concatenate([batch["target"], batch["mask"]], -1)
        np.testing.assert_array_equal(restored, expected)


def test_batches_that_are_held_stay_as_they_were(rng):
    examples = InpaintingExamples(rng.integers(0, 256, (3, 48, 48, 3), "uint8"))
    held = [examples.batch(step, 2) for step in range(20)]
    copies = [examples.batch(step, 2) for step in range(20)]
    for one, other in zip(held, copies, strict=True):
        for key, values in one.items():
            np.testing.assert_array_equal(values, other[key])
            assert not np.shares_memory(values, other[key])


def test_tensors_keep_their_memory(rng):
    examples = InpaintingExamples(rng.integers(0, 256, (3, 48, 48, 3), "uint8"))
    tensors = [
        keras.ops.convert_to_tensor(examples.batch(step, 2)["image"])
        for step in range(20)
    ]
    for step, tensor in enumerate(tensors):
        found = keras.ops.convert_to_numpy(tensor)
        np.testing.assert_array_equal(found, examples.batch(step, 2)["image"])


def test_datasets_keep_their_memory(rng, tensorflow):
    examples = InpaintingExamples(rng.integers(0, 256, (3, 48, 48, 3), "uint8"))
    dataset = as_tf_dataset(examples, 2, paired=True)
    for step, (inputs, truth) in enumerate(list(dataset.take(20))):
        expected_inputs, expected_truth = as_pair(examples.batch(step, 2))
        np.testing.assert_array_equal(inputs["image"], expected_inputs["image"])
        np.testing.assert_array_equal(truth["restored"], expected_truth["restored"])


def test_datasets_leave_out_what_channels_do_not_name(rng, tensorflow):
    class More(InpaintingExamples):
        def _draw(self, rng, number):
            return {"light": np.zeros(33, "float32"), **super()._draw(rng, number)}

    examples = More(rng.integers(0, 256, (3, 48, 48, 3), "uint8"))
    for batch in as_tf_dataset(examples, 2).take(2):
        assert set(batch) == {"image", "mask", "target"}
