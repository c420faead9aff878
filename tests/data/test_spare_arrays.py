import gc

import keras
import numpy as np

from facekit.data import InpaintingExamples, as_pair, as_tf_dataset
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


def test_what_nothing_refers_to_is_given_again():
    addresses = {spare_array((19, 23)).ctypes.data for _ in range(20)}
    assert len(addresses) == 1


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
