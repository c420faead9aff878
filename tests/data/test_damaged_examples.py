"""Pairs for training: pure functions of their place, the same through every wrapper."""

import itertools

import keras
import numpy as np
import pytest

from facekit.data import (
    BlemishExamples,
    ExampleSequence,
    MakeupExamples,
    WornMaskExamples,
    as_pair,
    as_tf_dataset,
)

CLASSES = (MakeupExamples, BlemishExamples, WornMaskExamples)


@pytest.fixture(scope="module")
def faces(crop):
    image, landmarks = crop
    mirrored = landmarks * [-1, 1] + [image.shape[1] - 1, 0]
    # Its mirror image has left and right exchanged, and a profile shows one side.
    crops = np.stack([image, image[::-1, ::-1], image])
    turned = image.shape[0] - 1 - landmarks
    assert mirrored.shape == turned.shape
    return crops, np.stack([landmarks, turned, landmarks * [0.1, 1]])


def take(iterator, count):
    return list(itertools.islice(iterator, count))


def assert_same(one, other):
    keras.tree.map_structure(
        lambda a, b: np.testing.assert_array_equal(np.asarray(a), np.asarray(b)),
        one,
        other,
    )


@pytest.mark.parametrize("family", ["train", "held_out"])
@pytest.mark.parametrize("kind", CLASSES)
def test_examples_are_pure_and_equal_outside_the_damage(faces, kind, family):
    examples = kind(*faces, family, bare=0.0)
    assert list(examples.channels) == ["image", kind.truth, "target"]
    damaged = 0
    for index in range(3):
        example = examples.example(1, index)
        assert {key: value.shape[-1] for key, value in example.items()} == (
            examples.channels
        )
        differs = (example["image"] != example["target"]).any(-1)
        damaged += differs.any()
        if kind is not WornMaskExamples:  # masks throw shadows
            assert not differs[example[kind.truth][..., 0] == 0].any()
        for value in example.values():
            assert value.dtype == np.float32
            assert value.min() >= 0 and value.max() <= 1
        assert_same(kind(*faces, family, bare=0.0).example(1, index), example)
    assert damaged > 0
    assert len({examples.example(0, i)["image"].tobytes() for i in range(3)}) == 3


@pytest.mark.parametrize("kind", [MakeupExamples, BlemishExamples])
def test_without_amount_nothing_differs(faces, kind):
    examples = kind(*faces, augment=False, bare=0.0)
    for index in range(3):
        example = examples.example(0, index)
        differs = (example["image"] != example["target"]).any(-1)
        assert np.array_equal(differs, example["amount"][..., 0] > 0)


def test_a_profile_is_given_unchanged(faces):
    examples = MakeupExamples(*faces, augment=False, shuffle=False, bare=0.0)
    assert examples.frame(2) is None
    example = examples.example(0, 2)
    assert np.array_equal(example["image"], example["target"])
    assert not example["amount"].any()


@pytest.mark.parametrize("kind", CLASSES)
def test_bare_faces_are_unchanged(faces, kind):
    examples = kind(*faces, bare=1.0)
    for index in range(3):
        example = examples.example(0, index)
        assert np.array_equal(example["image"], example["target"])
        assert not example[kind.truth].any()


@pytest.mark.parametrize("paired", [False, True])
@pytest.mark.parametrize("kind", CLASSES)
def test_every_wrapper_gives_the_same_arrays(tensorflow, faces, kind, paired):
    examples = kind(*faces)
    expected = take(examples.batches(2, start_step=1), 3)
    expected = [as_pair(batch) for batch in expected] if paired else expected
    dataset = as_tf_dataset(examples, 2, start_step=1, paired=paired)
    assert_same(take(dataset.as_numpy_iterator(), 3), expected)
    sequence = ExampleSequence(examples, 2, start_step=1, paired=paired)
    assert_same([sequence[index] for index in range(3)], expected)


def test_pairs_name_what_networks_give(faces):
    inputs, truth = as_pair(WornMaskExamples(*faces).batch(0, 2))
    assert set(inputs) == {"image"}
    assert truth["restored"].shape[-1] == 4 and truth["worn_mask"].shape[-1] == 1
    inputs, truth = as_pair(MakeupExamples(*faces).batch(0, 2))
    assert set(inputs) == {"image"} and set(truth) == {"restored"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"landmarks": np.zeros((2, 468, 2))}, "`landmarks` must be of shape"),
        ({"family": "test"}, "`family` must be one of"),
        ({"bare": 1.5}, "`bare` must be in"),
        ({"crops": np.zeros((3, 8, 8, 3))}, "`crops` must be uint8"),
        ({"weights": [1, 2]}, "`weights` must be 3 numbers"),
    ],
)
def test_errors(faces, change, message):
    arguments = {"crops": faces[0], "landmarks": faces[1], **change}
    with pytest.raises(ValueError, match=message):
        MakeupExamples(**arguments)
