"""Inpainting examples: reproducible, without leaks, the same through every wrapper."""

import itertools
import threading

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.data import astronaut

from facekit.data import (
    InpaintingExamples,
    InpaintingSequence,
    as_pair,
    as_tf_dataset,
    prefetch,
)
from facekit.losses import InpaintingLoss

CROPS = np.random.default_rng(0).integers(1, 256, (7, 33, 33, 3), "uint8")


def assert_same(one, other):
    keras.tree.map_structure(
        lambda a, b: np.testing.assert_array_equal(np.asarray(a), np.asarray(b)),
        one,
        other,
    )


def take(iterator, count):
    return list(itertools.islice(iterator, count))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 1000), st.integers(0, 50), st.integers(0, 6), st.booleans())
def test_an_example_is_a_pure_function_without_a_leak(seed, epoch, index, augment):
    examples = InpaintingExamples(CROPS, (0.1, 0.3), seed=seed, augment=augment)
    example = examples.example(epoch, index)
    image, mask, target = (example[key] for key in ("image", "mask", "target"))
    assert {x.dtype for x in example.values()} == {np.dtype("float32")}
    assert image.shape == target.shape == (33, 33, 3) and mask.shape == (33, 33, 1)
    assert set(np.unique(mask)) == {0, 1} and 0.1 <= 1 - mask.mean() <= 0.3
    assert target.min() >= 0 and target.max() <= 1
    assert (image[mask[..., 0] == 0] == 0).all()
    assert np.array_equal(image[mask[..., 0] == 1], target[mask[..., 0] == 1])
    other = InpaintingExamples(CROPS, (0.1, 0.3), seed=seed, augment=augment)
    other.example(epoch + 1, 0)
    assert_same(other.example(epoch, index), example)


def test_what_is_in_the_hole_changes_only_the_target():
    examples = InpaintingExamples(CROPS, augment=False, shuffle=False)
    before = examples.example(0, 2)
    changed = CROPS.copy()
    changed[2][before["mask"][..., 0] == 0] = 77
    after = InpaintingExamples(changed, augment=False, shuffle=False).example(0, 2)
    assert np.array_equal(after["image"], before["image"])
    assert not np.array_equal(after["target"], before["target"])


def test_seed_epoch_and_index_all_matter():
    examples = InpaintingExamples(np.repeat(CROPS[:1], 3, axis=0))
    masks = [examples.example(*place)["mask"] for place in ((0, 0), (0, 1), (1, 0))]
    masks.append(InpaintingExamples(CROPS, seed=1).example(0, 0)["mask"])
    for one, other in itertools.combinations(masks, 2):
        assert not np.array_equal(one, other)


def test_an_epoch_shows_every_crop_once_in_its_own_order():
    examples = InpaintingExamples(CROPS, augment=False)
    crops = CROPS / np.float32(255)
    orders = []
    for epoch in range(3):
        targets = [examples.example(epoch, i)["target"] for i in range(7)]
        order = [
            int(np.flatnonzero((crops == target).all(axis=(1, 2, 3)))[0])
            for target in targets
        ]
        assert sorted(order) == list(range(7))
        orders.append(tuple(order))
    assert len(set(orders)) == 3


def test_weights_say_how_often_a_crop_is_drawn():
    flat = np.arange(8, dtype="uint8")[:, None, None, None]
    crops = np.broadcast_to(flat, (8, 4, 4, 3))
    weights = [0, 1, 1, 1, 1, 1, 1, 10]
    examples = InpaintingExamples(crops, augment=False, weights=weights)
    drawn = [
        round(float(examples.example(epoch, index)["target"][0, 0, 0] * 255))
        for epoch in range(20)
        for index in range(8)
    ]
    counts = np.bincount(drawn, minlength=8)
    assert counts[0] == 0 and counts[7] == pytest.approx(100, abs=12)
    assert (counts[1:7] >= 3).all()


def test_equal_weights_draw_every_crop_once():
    flat = np.arange(6, dtype="uint8")[:, None, None, None]
    crops = np.broadcast_to(flat, (6, 4, 4, 3))
    examples = InpaintingExamples(crops, augment=False, weights=[0.2] * 6)
    drawn = [examples.example(3, index)["target"][0, 0, 0] * 255 for index in range(6)]
    assert sorted(np.round(drawn)) == list(range(6))


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 9), st.integers(1, 5), st.integers(0, 3))
def test_training_resumes_at_any_step(start, batch_size, seed):
    examples = InpaintingExamples(CROPS, seed=seed)
    through = take(examples.batches(batch_size), start + 3)[start:]
    resumed = take(InpaintingExamples(CROPS, seed=seed).batches(batch_size, start), 3)
    assert_same(resumed, through)
    assert all(len(batch["image"]) == batch_size for batch in resumed)


def test_batches_follow_the_epochs():
    examples = InpaintingExamples(CROPS)
    batches = take(examples.batches(3), 5)
    images = np.concatenate([batch["image"] for batch in batches])
    for place in range(15):
        expected = examples.example(place // 7, place % 7)["image"]
        assert np.array_equal(images[place], expected)


@pytest.mark.parametrize("paired", [False, True])
def test_every_wrapper_gives_the_same_arrays(tensorflow, paired):
    examples = InpaintingExamples(CROPS, (0.1, 0.4))
    expected = take(examples.batches(2, start_step=1), 8)
    expected = [as_pair(batch) for batch in expected] if paired else expected

    dataset = as_tf_dataset(examples, 2, start_step=1, paired=paired)
    assert_same(take(dataset.as_numpy_iterator(), 8), expected)
    shapes = keras.tree.flatten(dataset.element_spec)
    assert {tuple(x.shape[:3]) for x in shapes} == {(2, 33, 33)}

    sequence = InpaintingSequence(examples, 2, start_step=1, paired=paired)
    assert sequence.num_batches is None
    assert_same([sequence[index] for index in range(8)], expected)


def test_a_sequence_feeds_fit_in_order():
    examples = InpaintingExamples(CROPS)
    inputs = {
        "image": keras.Input((33, 33, 3), name="image"),
        "mask": keras.Input((33, 33, 1), name="mask"),
    }
    restored = keras.layers.Conv2D(3, 1)(inputs["image"])
    model = keras.Model(inputs, {"restored": restored})
    loss = InpaintingLoss("V0")
    model.compile(optimizer=keras.optimizers.SGD(0.0), loss=loss, run_eagerly=True)
    sequence = InpaintingSequence(examples, 2, start_step=4, paired=True)
    history = model.fit(sequence, epochs=2, steps_per_epoch=3, shuffle=False, verbose=0)
    losses = []
    for batch in take(examples.batches(2, start_step=4), 6):
        output = model.predict_on_batch(as_pair(batch)[0])["restored"]
        losses.append(np.abs(output - batch["target"]).mean())
    expected = np.reshape(losses, (2, 3)).mean(axis=1)
    np.testing.assert_allclose(history.history["loss"], expected, rtol=1e-4)


def test_augmentation_is_small_and_varied():
    photo = astronaut()[:128, 160:288]
    plain = InpaintingExamples(photo[None], augment=False).example(0, 0)["target"]
    examples = InpaintingExamples(photo[None])
    varied = [examples.example(epoch, 0)["target"] for epoch in range(12)]
    for target in varied:
        assert abs(target.mean() - plain.mean()) < 0.15
        assert 0.7 < target.std() / plain.std() < 1.4
    likeness = [
        max(
            np.corrcoef(plain.ravel(), seen.ravel())[0, 1]
            for seen in (target, target[:, ::-1])
        )
        for target in varied
    ]
    assert np.median(likeness) > 0.7 and max(likeness) < 0.9999
    flipped = [
        np.corrcoef(plain.ravel(), target[:, ::-1].ravel())[0, 1]
        > np.corrcoef(plain.ravel(), target.ravel())[0, 1]
        for target in varied
    ]
    assert 0 < sum(flipped) < 12


@pytest.mark.parametrize(
    "crops",
    [
        np.zeros((2, 8, 8, 3), "float32"),
        np.zeros((8, 8, 3), "uint8"),
        np.zeros((2, 8, 8, 4), "uint8"),
        np.zeros((0, 8, 8, 3), "uint8"),
    ],
)
def test_crops_of_another_form_are_errors(crops):
    with pytest.raises(ValueError, match="`crops` must"):
        InpaintingExamples(crops)


@pytest.mark.parametrize("weights", [[1, 1], [0] * 7, [1] * 6 + [-1], [np.nan] * 7])
def test_weights_of_another_form_are_errors(weights):
    with pytest.raises(ValueError, match="`weights` must be 7"):
        InpaintingExamples(CROPS, weights=weights)


def test_prefetch_keeps_the_order_and_ends():
    assert list(prefetch(iter(range(50)), depth=3)) == list(range(50))


def test_prefetch_raises_what_the_iterator_raises():
    def failing():
        yield 1
        raise KeyError("broken")

    items = prefetch(failing())
    assert next(items) == 1
    with pytest.raises(KeyError, match="broken"):
        next(items)


def test_prefetch_runs_ahead_no_further_than_its_depth_and_stops():
    drawn = []
    before = threading.active_count()
    items = prefetch((drawn.append(i) or i for i in itertools.count()), depth=2)
    assert take(items, 5) == list(range(5))
    assert len(drawn) <= 5 + 2 + 1
    items.close()
    assert threading.active_count() == before


def test_unaligned_share_shows_windows():
    photo = astronaut()[:128, 160:288]
    plain = InpaintingExamples(photo[None], augment=False).example(0, 0)["target"]

    def likeness(unaligned):
        examples = InpaintingExamples(photo[None], unaligned=unaligned)
        return np.array(
            [
                max(
                    np.corrcoef(plain.ravel(), seen.ravel())[0, 1]
                    for seen in (target, target[:, ::-1])
                )
                for target in (examples.example(i, 0)["target"] for i in range(60))
            ]
        )

    assert np.median(likeness(0.0)) > 0.7
    assert np.median(likeness(1.0)) < 0.4
    assert 0.2 < (likeness(0.5) < 0.5).mean() < 0.8
