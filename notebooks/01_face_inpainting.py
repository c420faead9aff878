# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Face inpainting with partial convolutions
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/facekit/facekit/blob/main/notebooks/01_face_inpainting.ipynb)
#
# Scratches, stamps, stickers, a stranger's hand: parts of a portrait can be lost. In
# this notebook you build a network that fills such holes. You will
#
# * damage portraits with holes of every kind,
# * build a U-Net of **partial convolutions** from single layers, and see on a picture
#   what each of them does,
# * train it with `tf.data` and `fit`,
# * compare **five losses** (V0 to V4) on the same data and the same number of steps,
# * measure it against OpenCV's two classical methods, by size of the hole,
# * export it as a SavedModel and run that in a process that knows nothing of facekit.
#
# | | fast mode | full mode |
# |---|---|---|
# | what for | to see every step run and learn | to train a useful network |
# | data | portraits that come with facekit | your own folder, such as FFHQ |
# | hardware | two CPU cores | a GPU |
# | time | two to five minutes | hours, see the first epoch's progress bar |
# | PSNR in the hole | over 5 dB above the damaged, not above Telea | above Telea |
#
# The expectation for full mode rests on a smaller trial (1.75 M parameters, 128 pixels,
# 64,000 pictures), which beat Telea by 1.4 to 1.8 dB inside the hole on faces it had
# never seen. Full mode trains a larger network on 25 times as many pictures.

# %% tags=["install"]
import subprocess
import sys

if "google.colab" in sys.modules:
    package = "facekit[demo] @ git+https://github.com/facekit/facekit"
    subprocess.run([sys.executable, "-m", "pip", "install", "-q", package], check=True)

# %% [markdown]
# ## Setup

# %%
import os
import tempfile
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import cv2
import keras
import matplotlib.pyplot as plt
import numpy as np
import skimage
import tensorflow as tf
from IPython.display import Markdown, display

import facekit
from facekit import data, layers, losses, metrics, models, ops, training
from facekit.portraits import load_embedded

keras.utils.set_random_seed(0)
tf.get_logger().setLevel("ERROR")
plt.rcParams.update({"axes.titlesize": 9, "figure.dpi": 100, "image.cmap": "gray"})

# %% [markdown]
# ### Settings
#
# Both modes run the same cells; only these numbers differ. Full mode needs
# `DATA_FOLDER`: any folder of portraits, in subfolders or not. With FFHQ, whose faces
# are aligned already, set `DATA_IS_ALIGNED`, which saves looking for faces. Without a
# folder, or with `FACEKIT_FAST_RUN=1` in the environment, fast mode runs.

# %%
FAST = {
    "size": 128,
    "network": "ladder",
    "normalization_momentum": 0.9,
    "loss": "V1",
    "learning_rate": 4e-3,
    "batch_size": 8,
    "steps_per_epoch": 60,
    "epochs": 5,
    "max_crops": 256,
    "feature_weights": None,
    "ladder_size": 64,
    "ladder_steps": 16,
    "ladder_learning_rate": 5e-4,
    "ladder_goes_on": True,
    "holes_per_bin": 6,
}
FULL = {
    "size": 256,
    "network": "compact",
    "normalization_momentum": 0.99,
    "loss": "V3",
    "learning_rate": 2e-4,
    "batch_size": 16,
    "steps_per_epoch": 1000,
    "epochs": 100,
    "max_crops": 20_000,
    "feature_weights": "imagenet",
    "ladder_size": 128,
    "ladder_steps": 20_000,
    "ladder_learning_rate": 2e-4,
    "ladder_goes_on": False,
    "holes_per_bin": 1,
}

# %%
DATA_FOLDER = None  # such as "ffhq"
DATA_IS_ALIGNED = False
FAST_RUN = os.environ.get("FACEKIT_FAST_RUN") == "1" or not DATA_FOLDER
RUN_FOLDER = Path(tempfile.mkdtemp()) if FAST_RUN else Path("runs/notebook_01")

settings = FAST if FAST_RUN else FULL
SIZE, BATCH = settings["size"], settings["batch_size"]
RUN_FOLDER.mkdir(parents=True, exist_ok=True)
print("fast mode" if FAST_RUN else f"full mode on {DATA_FOLDER}")

# %% [markdown]
# ## What we will build
#
# This is the task: a photograph, a hole, and nothing else. The photograph shows the
# astronaut Eileen Collins (NASA, public domain). `find_faces` finds the face with 468
# landmarks, and `align` turns, scales and crops it to an upright square with the eyes
# always at the same place. Networks learn faces best that way.


# %%
def show(pictures, titles, columns=None, width=1.8):
    """Draw pictures side by side; floats are taken as [0, 1]."""
    columns = columns or len(pictures)
    rows = -(-len(pictures) // columns)
    figure, axes = plt.subplots(
        rows,
        columns,
        figsize=(width * columns, (width + 0.25) * rows),
        squeeze=False,
    )
    for axis in axes.flat:
        axis.axis("off")
    for axis, picture, title in zip(axes.flat, pictures, titles, strict=False):
        top = 255 if picture.dtype == np.uint8 else 1.0
        axis.imshow(np.clip(np.squeeze(picture), 0, top), vmin=0, vmax=top)
        axis.set_title(title)
    figure.tight_layout()
    plt.show()


# %%
astronaut = skimage.data.astronaut()
face = facekit.find_faces(astronaut)[0]
transform = data.alignment_transform(face.landmarks, SIZE)
portrait = data.align(astronaut, transform, SIZE)

rng = np.random.default_rng(4)
hole = data.free_form_hole(rng, SIZE, SIZE, 0.2)
damaged = np.where(hole[..., None], np.uint8(0), portrait)
filled = cv2.inpaint(portrait, hole.astype("uint8"), 3, cv2.INPAINT_TELEA)
show(
    [astronaut, portrait, damaged, filled],
    ["photograph", "aligned face", "with a hole of 20 %", "filled by OpenCV (Telea)"],
)

# %% [markdown]
# OpenCV smears the colours of the rim inwards. It has never seen a face, so it cannot
# know that there should be an eye. A network can learn that.
#
# ## Data
#
# ### Portraits
#
# **Fast mode learns from rendered faces.** facekit brings forty portraits of people who
# do not exist. Thirty-seven of them are for training, each also in another light, by
# another camera and with make-up; three are held back, and with them the photograph of
# the astronaut. That is enough to see that everything runs and learns, but few faces
# say little about how well a trained network restores photographs.
#
# **Full mode** cuts the aligned face out of every photograph of your folder and holds
# back 2 % of the *persons*, more of few, not of the pictures: no one is in both parts,
# if file names tell persons as `data.identity_of` reads them. Otherwise, give
# `split_by_identity` a function of your own.


# %%
def fast_crops(size):
    """Aligned faces of rendered people to train on, and of those held out."""
    train, held_out = [], [portrait]
    for number, person in enumerate(load_embedded()):
        landmarks = facekit.find_faces(person.pictures["bare"], 1)[0].landmarks
        transform = data.alignment_transform(landmarks, size)
        if number % 13 == 7:
            held_out.append(data.align(person.pictures["bare"], transform, size))
            continue
        for variant in ("bare", "light", "camera", "makeup"):
            train.append(data.align(person.pictures[variant], transform, size))
    return np.stack(train[: settings["max_crops"]]), np.stack(held_out)


# %%
def full_crops(size):
    """Aligned faces of the training persons and of the held-out persons."""
    files = data.photo_files(DATA_FOLDER)[: settings["max_crops"]]
    share = min(max(0.02, 8 / len(files)), 0.5)
    train, held_out = data.split_by_identity(files, (1 - share, share))
    if len(held_out) < 2:
        raise ValueError(f"{DATA_FOLDER}: expected a dozen persons or more.")
    if DATA_IS_ALIGNED:
        crops, _ = data.load_folder(train, size)
        return crops, data.load_folder(held_out[:64], size)[0]
    cache = RUN_FOLDER / "crops"
    crops, _ = data.aligned_crops(train, size, cache, num_workers=4)
    return crops, data.aligned_crops(held_out[:64], size, cache)[0]


crops, held_out = (fast_crops if FAST_RUN else full_crops)(SIZE)
print(f"{len(crops)} training squares, {len(held_out)} held out")
sample = crops[:: max(1, len(crops) // 4)][:4]
titles = ["train"] * len(sample) + ["held out"] * len(held_out[:3])
show([*sample, *held_out[:3]], titles)

# %% [markdown]
# ### Holes
#
# People paint over a photograph, glue stickers on it or wear masks. Five makers imitate
# that: pen strokes like those of the Quick-Draw Irregular Mask set, polygons, ellipses,
# parts of the face, and worn masks. Each is a pure function of a random generator and
# meets the share of the picture that it is asked for.

# %%
makers = {
    "free form": data.free_form_hole,
    "polygon": data.polygon_hole,
    "ellipse": data.ellipse_hole,
    "face part": data.face_part_hole,
    "worn mask": data.worn_mask_hole,
}
holes = [make(np.random.default_rng(5), SIZE, SIZE, 0.25) for make in makers.values()]
show(
    [np.where(hole[..., None], np.uint8(0), portrait) for hole in holes],
    [f"{name}, {hole.mean():.0%}" for name, hole in zip(makers, holes, strict=True)],
)

# %% [markdown]
# Large holes are harder than small ones, so figures are always given by the share of
# the picture that is missing. These are the six bins:

# %%
in_bins = [
    data.random_hole(np.random.default_rng(i), SIZE, SIZE, hole_bin)
    for i, hole_bin in enumerate(data.HOLE_BINS)
]
show(
    [np.where(hole[..., None], np.uint8(0), portrait) for hole in in_bins],
    [f"{low:.0%} to {high:.0%}" for low, high in data.HOLE_BINS],
)

# %% [markdown]
# ### Examples
#
# `InpaintingExamples` joins the two. It flips, moves, turns and re-lights the squares a
# little and draws a hole. Two words to keep apart: a `hole` is what a person gives
# (nonzero = fill this); a `mask` is what networks read (**1 = known, 0 = missing**).
# What was in the hole is zeroed here, before any network can see it.

# %%
examples = data.InpaintingExamples(crops, hole_ratio=(0.05, 0.5), seed=0)
batch = examples.batch(step=0, batch_size=4)
print({key: (value.shape, str(value.dtype)) for key, value in batch.items()})
show(
    [batch[key][i] for key in ("image", "mask", "target") for i in range(4)],
    [key for key in ("image", "mask", "target") for _ in range(4)],
    columns=4,
)

# %% [markdown]
# ## The network, layer by layer
#
# ### A partial convolution
#
# A convolution computes each pixel from a window. Where the window reaches into the
# hole, it reads whatever stands there, as if that were part of the picture. A *partial*
# convolution reads known pixels only, scales the sum up by how many there were, and
# tells the next layer which pixels it could compute:
#
# $$x' = \begin{cases} W^\top (X \odot M)\,\dfrac{\mathrm{sum}(1)}{\mathrm{sum}(M)} + b
# & \mathrm{sum}(M) > 0 \\ 0 & \text{else} \end{cases}
# \qquad m' = \begin{cases} 1 & \mathrm{sum}(M) > 0 \\ 0 & \text{else} \end{cases}$$
#
# To see it, we set the weights by hand: every weight equal makes a 9 x 9 averaging
# filter. First the plain convolution, on a hole of noise and on a hole of zeros; then
# the partial one, on the hole of noise.


# %%
def as_batch(picture):
    """A uint8 picture or bool hole as a float batch of one, in [0, 1]."""
    picture = picture.astype("float32") / (255 if picture.dtype == np.uint8 else 1)
    return picture.reshape(1, *picture.shape[:2], -1)


def averaging_kernel(size, branches=1):
    """Kernel that averages a window, each colour by itself."""
    kernel = np.tile(np.eye(3), (size, size, branches, 1))
    return (kernel / (size * size * branches)).astype("float32")


target = as_batch(portrait)
mask = 1 - as_batch(hole)
noise = np.random.default_rng(0).random(target.shape, "float32")
noisy, zeroed = np.where(mask, target, noise), np.where(mask, target, 0)

# %%
plain = keras.layers.Conv2D(3, 9, padding="same", use_bias=False)
partial = layers.PartialConv2D(3, 9, use_bias=False)
plain.build(noisy.shape)
partial.build([noisy.shape, mask.shape])
plain.kernel.assign(averaging_kernel(9))
partial.kernel.assign(averaging_kernel(9))

averaged, grown = partial([noisy, mask])
pictures = [noisy, plain(noisy), plain(zeroed), averaged, grown]
show(
    [np.asarray(picture) for picture in pictures],
    ["noise in the hole", "plain, noise", "plain, zeros", "partial, noise", "new mask"],
)

# %% [markdown]
# The plain filter spreads the noise, or the black, into the picture; it even darkens
# the border of the picture, where it reads padding. The partial filter does neither,
# and the hole has shrunk by half a window. What it could not compute is exactly zero.
#
# ### The mask grows level by level
#
# Every level of the encoder halves the picture with stride 2. The share of missing
# pixels falls from level to level until nothing is missing.

# %%
x, m = zeroed, mask
masks, shares = [np.asarray(m)], [float(1 - np.mean(m))]
while shares[-1] > 0:
    x, m = layers.PartialConv2D(4, 3, strides=2)([x, m])
    masks.append(np.asarray(m))
    shares.append(float(1 - np.mean(m)))

show(
    masks,
    [f"{m.shape[1]} px, {s:.0%} missing" for m, s in zip(masks, shares, strict=True)],
)

# %% [markdown]
# ### Masked batch normalisation
#
# Batch normalisation makes each channel's mean 0 and its variance 1. After a partial
# convolution the zeros in the hole would count as pixels: the statistics would depend
# on the size of the hole, and the shift would fill it. `MaskedBatchNormalization`
# counts known pixels only, and what is missing stays zero.

# %%
plain_norm = keras.layers.BatchNormalization()
masked_norm = layers.MaskedBatchNormalization()
small_mask = np.asarray(mask)
wrong = np.asarray(plain_norm(zeroed, training=True))
right = np.asarray(masked_norm([zeroed, small_mask], training=True))

known = small_mask[..., 0] == 1
for name, value in (("batch normalisation", wrong), ("masked", right)):
    print(
        f"{name:20} known pixels: mean {value[known].mean():+.3f}, "
        f"deviation {value[known].std():.3f}; in the hole {value[~known].mean():+.3f}"
    )
assert abs(right[known].mean()) < 1e-3 and (right[~known] == 0).all()
show(
    [zeroed, 0.5 + wrong / 4, 0.5 + right / 4],
    ["input", "plain: hole is not 0", "masked: hole is 0 (grey)"],
)

# %% [markdown]
# ### Up again, with a branch from the encoder
#
# The decoder doubles features and mask, and joins them with the encoder's level of that
# size and *its* mask. `PartialConv2D` takes both pairs and counts the known pixels of
# each branch by its number of channels. One mask of one channel for each branch is
# enough, which is why this costs hardly more than a plain convolution.
#
# With averaging weights these few layers are a small U-Net already. It fills the hole
# without any training: where a fine level knows nothing, the coarse one stands in.


# %%
def averaging_layer(kernel_size, branches=1, **options):
    """A partial convolution that averages, for three colours."""
    layer = layers.PartialConv2D(3, kernel_size, use_bias=False, **options)
    size = (1, SIZE, SIZE, 3), (1, SIZE, SIZE, 1)
    layer.build([*size] * branches)
    layer.kernel.assign(averaging_kernel(kernel_size, branches))
    return layer


double = keras.layers.UpSampling2D(2)
levels = [(zeroed, mask)]
while np.min(levels[-1][1]) == 0:
    levels.append(averaging_layer(3, strides=2)(list(levels[-1])))

x, m = levels.pop()
steps = [x]
for skip in reversed(levels):
    x, m = averaging_layer(3, branches=2)([double(x), double(m), *skip])
    steps.append(x)
show([np.asarray(x) for x in steps], [f"{x.shape[1]} px" for x in steps])

# %% [markdown]
# What is left to do is to replace the averaging weights by learned ones, and three
# colours by many channels.
#
# ### The whole network
#
# `PartialConvUNet` stacks exactly these parts. A toy with two levels shows the
# structure:

# %%
models.PartialConvUNet(filters=(8, 16), name="toy").summary(line_length=96)


# %%
def trainable_count(network):
    """Number of trainable parameters."""
    return sum(int(np.prod(weight.shape)) for weight in network.trainable_weights)


sizes = {
    "ladder (fast mode)": training.inpaint.NETWORKS["ladder"],
    "compact (full mode)": training.inpaint.NETWORKS["compact"],
    "paper (512 pixels)": training.inpaint.NETWORKS["paper"],
}
for name, size in sizes.items():
    count = trainable_count(models.PartialConvUNet(**size))
    print(f"{name:20} {count / 1e6:6.2f} M parameters, {size}")

# %% [markdown]
# The two small ones have a help that the paper's network lacks. In an aligned face the
# mouth is always at the same place, but a convolution does not know where it is. So
# each decoder level is told, by a few waves over the picture:

# %%
waves = layers.PositionEncoding2D(2)(np.zeros((1, 64, 64, 0), "float32"))
show(
    [np.asarray(waves[..., i : i + 1]) / 2 + 0.5 for i in (0, 1, 2, 5, 6, 9)],
    ["x", "y", "sin πx", "cos πy", "sin 2πx", "cos 2πy"],
)

# %% [markdown]
# The compact one has a second help, and it does the most for the look of a filled face.
# Faces that are aligned are nearly weighted sums of a few hundred pictures, their
# principal components. `GappyPCA2D` looks for the weights that fit what a hole leaves
# of a face, and these weights say what is in the hole: a second eye like the first, a
# mouth that goes with the cheeks. The network takes on from this first guess, and
# leaves its details out where it finds no face. Here with the portraits above and a
# person held out; a real network has thousands:

# %%
small = [
    cv2.resize(crop, (64, 64), interpolation=cv2.INTER_AREA) for crop in crops[:2000]
]
first_guess = layers.GappyPCA2D(size=64, num_components=60)
first_guess.adapt(np.stack(small) / np.float32(255))

sitter = held_out[1:2] / np.float32(255)
face_hole = data.face_part_hole(np.random.default_rng(4), SIZE, SIZE, 0.08)
face_mask = 1 - face_hole[None, ..., None].astype("float32")
smooth, details = (np.asarray(x) for x in first_guess([sitter * face_mask, face_mask]))
show(
    [sitter * face_mask, smooth, details + 0.5, smooth + details, sitter],
    ["input", "smooth", "details", "first guess", "truth"],
)

# %%
network = models.PartialConvUNet(
    **training.inpaint.NETWORKS[settings["network"]],
    normalization_momentum=settings["normalization_momentum"],
)
if network.num_components is not None:
    # Components express best the pictures that they come from. The network must not
    # count on that, so it learns from the other half.
    small = [cv2.resize(x, (64, 64), interpolation=cv2.INTER_AREA) for x in crops[::2]]
    network.get_layer("guess").adapt(np.stack(small) / np.float32(255))
    examples = data.InpaintingExamples(crops[1::2], hole_ratio=(0.05, 0.5), seed=0)

# %% [markdown]
# ### No leak
#
# Restoring a picture is easy if the network can peek at what was in the hole, and a
# picture that was damaged on purpose still has it somewhere. So here is the test that
# counts: zeros, noise or even NaN in the hole, and the output is the same to the bit.

# %%
outputs = []
for content in (np.float32(0), noise, np.float32("nan")):
    image = np.where(mask, target, content)
    outputs.append(np.asarray(network({"image": image, "mask": mask})["restored"]))

assert np.isfinite(outputs[0]).all()
assert np.array_equal(outputs[0], outputs[1])
assert np.array_equal(outputs[0], outputs[2])
print("zeros, noise and NaN in the hole: identical output")

# %% [markdown]
# ## Losses
#
# With $O$ the output, $T$ the target, $M$ the mask, $N$ the number of values and
# $C = M \odot T + (1 - M) \odot O$ the composite:
#
# $$\begin{aligned}
# V_0 &= \tfrac1N \lVert O - T \rVert_1 \\
# V_1 &= 6 \cdot \tfrac1N \lVert (1 - M) \odot (O - T) \rVert_1
#      + \tfrac1N \lVert M \odot (O - T) \rVert_1 \\
# V_2 &= V_1 + 0.05 \sum_p \left( \lVert \Psi_p(O) - \Psi_p(T) \rVert_1
#      + \lVert \Psi_p(C) - \Psi_p(T) \rVert_1 \right) \\
# V_3 &= V_2 + 120 \sum_p \left( \lVert G_p(O) - G_p(T) \rVert_1
#      + \lVert G_p(C) - G_p(T) \rVert_1 \right) + 0.1\,\mathrm{TV}_{hole}(C) \\
# V_4 &= V_3 + 0.02 \cdot \text{adversarial}(C) + 0.1 \cdot \text{feature matching}(C)
# \end{aligned}$$
#
# $\Psi_p$ are feature maps of VGG16 after its first three poolings, each norm divided
# by the number of its values, and $G_p$ their Gram matrices: which features occur
# together, wherever they are. V0 to V3 are the ladder of Liu et al. (2018). Each goes
# after something the one before cannot see. To look at the terms we need a flawed
# output; a blurred Telea fill will do.

# %%
# Random weights need no download, but their features mean little: fast mode only.
features = models.feature_network("vgg16", weights=settings["feature_weights"])
output = as_batch(cv2.GaussianBlur(filled, (0, 0), 1.5))
merged = np.asarray(ops.composite(target, output, mask))

loss = losses.InpaintingLoss("V3", features)
for name, value in loss.terms(target, output, mask).items():
    print(f"{name:10} {float(value):8.4f}")

# %% [markdown]
# **Pixels (V0, V1).** The same errors, weighed: V1 counts one in the hole six times.

# %%
error = np.abs(output - target).mean(-1, keepdims=True)
weighed = error * np.where(mask == 0, 6, 1)
show(
    [output, 4 * error, 4 * weighed * (mask == 0), 4 * weighed * (mask == 1)],
    ["output", "V0: |O - T|", "V1: hole, x 6", "V1: known, x 1"],
)

# %% [markdown]
# **Features (V2).** A blurred edge is a small error to pixels and a large one to
# features. The three maps are the distance of output and target after each pooling.

# %%
of_target, of_output = features(target), features(output)
distances = [
    np.abs(np.asarray(a) - np.asarray(b)).mean(-1, keepdims=True)
    for a, b in zip(of_target, of_output, strict=True)
]
show(
    [distance / distance.max() for distance in distances],
    [f"pool{i}: mean {np.mean(d):.4f}" for i, d in enumerate(distances, start=1)],
)

# %% [markdown]
# **Style and smoothness (V3).** The Gram matrix forgets places and keeps texture; here
# it is for 64 channels of pool1. Total variation sums the differences of neighbours in
# the hole and one pixel around it, so that the fill joins its rim.

# %%
grams = [np.asarray(losses.gram_matrix(maps[0])) for maps in (of_target, of_output)]
grams.append(10 * np.abs(grams[0] - grams[1]))
pictures = [np.sqrt(gram / np.max(grams[0])) for gram in grams]
rim = 1 - np.asarray(ops.dilate_hole(mask, 1))
across = np.abs(np.diff(merged, axis=2, append=merged[:, :, -1:]))
pictures += [rim, 8 * across.mean(-1, keepdims=True) * rim]
titles = [
    "Gram, target",
    "Gram, output",
    "10 x difference",
    "hole and rim",
    "variation",
]
show(pictures, titles)

# %% [markdown]
# **An adversary (V4).** L1 rewards the average of all plausible fills, and the average
# is blurred. A patch discriminator learns to tell real patches from filled ones, and
# the network learns to fool it. Patches are weighed by how much of them is hole.

# %%
discriminator = models.PatchDiscriminator(filters=16)
judged = discriminator({"image": merged, "mask": mask})
weights = losses.hole_patch_weights(mask, judged["logits"])
print(
    "adversarial", float(losses.adversarial_generator_loss(judged["logits"], weights))
)
show([merged, np.asarray(weights)], ["composite", "weight of each patch"])

# %% [markdown]
# ## Training with `tf.data` and `fit`
#
# A Keras loss gets `y_true` and `y_pred` only, so the mask travels as a fourth channel
# of `y_true`. `as_tf_dataset` draws the examples in parallel, ahead of the training.


# %%
def with_mask_in_target(batch):
    """Inputs and target as `fit` and `InpaintingLoss` expect them."""
    inputs = {"image": batch["image"], "mask": batch["mask"]}
    return inputs, {"restored": tf.concat([batch["target"], batch["mask"]], -1)}


def hole_psnr(y_true, y_pred):
    """Peak signal-to-noise ratio inside the hole, in decibels."""
    return metrics.psnr(y_true[..., :3], y_pred, region=1 - y_true[..., 3:])


dataset = data.as_tf_dataset(examples, BATCH).map(with_mask_in_target)
learning_rate = keras.optimizers.schedules.CosineDecay(
    settings["learning_rate"], settings["epochs"] * settings["steps_per_epoch"]
)
network.compile(
    optimizer=keras.optimizers.Adam(learning_rate),
    loss={"restored": losses.InpaintingLoss(settings["loss"], features)},
    metrics={"restored": [hole_psnr]},
)
# With its variables there already, a step is traced once, not twice.
network.optimizer.build(network.trainable_variables)

# %% [markdown]
# Three held-out pictures will show how the training gets on. Before it, the fill is
# noise:


# %%
def restore(network, batch):
    """Fill the holes of a batch; known pixels stay as they are."""
    inputs = {"image": batch["image"], "mask": batch["mask"]}
    restored = np.clip(network(inputs, training=False)["restored"], 0, 1)
    return np.where(batch["mask"] == 1, batch["image"], restored)


shown = data.InpaintingExamples(held_out, (0.15, 0.25), augment=False, shuffle=False)
shown = shown.batch(0, 3)
show([*shown["image"], *restore(network, shown)], ["damaged"] * 3 + ["untrained"] * 3)


# %%
class ShowProgress(keras.callbacks.Callback):
    """Shows restored pictures every few epochs."""

    def __init__(self, batch, every):
        super().__init__()
        self.batch, self.every = batch, every

    def on_epoch_end(self, epoch, logs=None):
        if (epoch + 1) % self.every == 0:
            restored = restore(self.model, self.batch)
            show(restored, [f"epoch {epoch + 1}"] * len(restored))


# %% [markdown]
# `BackupAndRestore` lets an interrupted run go on from its last epoch.

# %%
history = network.fit(
    dataset,
    epochs=settings["epochs"],
    steps_per_epoch=settings["steps_per_epoch"],
    callbacks=[
        ShowProgress(shown, every=settings["epochs"] // 3),
        keras.callbacks.BackupAndRestore(RUN_FOLDER / "backup"),
    ],
    shuffle=False,
)
network.save_weights(RUN_FOLDER / "fit.weights.h5")

# %%
figure, (left, right) = plt.subplots(1, 2, figsize=(8, 2.6))
epochs = np.add(history.epoch, 1)
left.plot(epochs, history.history["loss"], marker="o")
left.set(title="training loss", xlabel="epoch")
right.plot(epochs, history.history["hole_psnr"], marker="o")
right.set(title="PSNR inside the hole, training, dB", xlabel="epoch")
figure.tight_layout()
plt.show()

# A resumed run did not see where the loss began.
if history.epoch[0] == 0:
    assert history.history["loss"][-1] < 0.6 * history.history["loss"][0]

# %% [markdown]
# ## V0 to V4 on the same data and steps
#
# Which loss is best is the question that started this project. To answer it, everything
# else must be equal: starting weights, batches, steps, learning rate.
# `facekit.training.InpaintTrainer` does one step at a time for any of the five; for V4
# it also trains the adversary. It keeps a moving average of the weights, which is what
# is measured.
#
# Full mode trains five small networks from scratch, and skips those that an earlier,
# interrupted run has finished. Fast mode goes on from the network above for a few
# steps, with random VGG16 weights: the five run and differ a little, but which is best
# cannot be seen.


# %%
def train_version(version, examples):
    """Train one loss version; returns the network with averaged weights."""
    config = training.InpaintConfig(
        data=(),
        out=str(RUN_FOLDER / version),
        loss=version,
        network="ladder",
        size=settings["ladder_size"],
        learning_rate=settings["ladder_learning_rate"],
        init=str(RUN_FOLDER / "fit.weights.h5") if settings["ladder_goes_on"] else None,
    )
    trainer = training.InpaintTrainer(config, features)
    finished = RUN_FOLDER / f"{version}.weights.h5"
    if finished.exists():
        trainer.average.load_weights(finished)
        return trainer.average
    batches = data.prefetch(examples.batches(BATCH))
    for step, batch in zip(range(settings["ladder_steps"]), batches, strict=False):
        report = trainer.update(batch)
        if step % max(1, settings["ladder_steps"] // 2) == 0:
            print(version, f"step {step}", f"loss {float(report['loss']):.3f}")
    batches.close()
    trainer.average.save_weights(finished)
    return trainer.average


# %%
def resized(crops, size):
    """Squares at another size."""
    return np.stack(
        [cv2.resize(crop, (size, size), interpolation=cv2.INTER_AREA) for crop in crops]
    )


small_examples = data.InpaintingExamples(
    resized(crops, settings["ladder_size"]), hole_ratio=(0.05, 0.5), seed=1
)
versions = {
    version: train_version(version, small_examples)
    for version in ("V0", "V1", "V2", "V3", "V4")
}

# %% [markdown]
# The same held-out pictures and the same holes for all. PSNR, SSIM and L1 are taken
# inside the hole; the feature distance compares deep features of the whole picture,
# from layers that no loss has used.

# %%
small = data.InpaintingExamples(
    resized(held_out, settings["ladder_size"]),
    (0.1, 0.3),
    seed=11,
    augment=False,
    shuffle=False,
).batch(0, 24)
distance_network = models.feature_network(
    "vgg16", weights=settings["feature_weights"], layers_for="distance"
)


def figures(target, restored, mask):
    """Mean figures over a batch, inside the hole."""
    region = 1 - mask
    return {
        "PSNR, dB": np.mean(metrics.psnr(target, restored, region)),
        "SSIM": np.mean(metrics.ssim(target, restored, region)),
        "L1": np.mean(metrics.l1(target, restored, region)),
        "feature distance": np.mean(
            metrics.feature_distance(target, restored, distance_network)
        ),
    }


# %%
def markdown_table(rows):
    """Show a list of dicts as a table."""
    lines = [list(rows[0]), ["---"] * len(rows[0])]
    for row in rows:
        lines.append([x if isinstance(x, str) else f"{x:.4g}" for x in row.values()])
    text = "\n".join("| " + " | ".join(line) + " |" for line in lines)
    display(Markdown(text))


restored = {name: restore(version, small) for name, version in versions.items()}
rows = [{"loss": "damaged", **figures(small["target"], small["image"], small["mask"])}]
for name, pictures in restored.items():
    rows.append({"loss": name, **figures(small["target"], pictures, small["mask"])})
markdown_table(rows)
assert all(row["PSNR, dB"] > rows[0]["PSNR, dB"] + 3 for row in rows[1:])

# %%
columns = {"target": small["target"], "damaged": small["image"], **restored}
show(
    [pictures[i] for i in range(2) for pictures in columns.values()],
    [*columns] * 2,
    columns=len(columns),
)

# %% [markdown]
# In a full run, look for this: V0 and V1 have the best PSNR and L1, for these are what
# they train, and look blurred; V2 to V4 give up a little of that for sharper texture
# and a smaller feature distance.
#
# ## Evaluation against the baselines
#
# What would you have without a network? The damaged picture itself, and OpenCV's two
# methods: Telea's fast marching and the Navier-Stokes fill. All get the same held-out
# pictures and holes, in all six bins.

# %%
from facekit.evaluation import restorers


def network_restorer(pictures, holes):
    """Our network in the form of the baselines: uint8 in, uint8 out."""
    mask = np.logical_not(holes)[..., None].astype("float32")
    image = pictures.astype("float32") / 255 * mask
    restored = restore(network, {"image": image, "mask": mask})
    return np.rint(restored * 255).astype("uint8")


methods = {
    "damaged": restorers.copy_input,
    "Telea": restorers.telea,
    "Navier-Stokes": restorers.navier_stokes,
    "our network": network_restorer,
}

# %%
tables = {name: metrics.HoleBinTable(data.HOLE_BINS) for name in methods}
for place, hole_bin in enumerate(data.HOLE_BINS):
    targets = np.repeat(held_out, settings["holes_per_bin"], axis=0)
    holes = np.stack(
        [
            data.random_hole(np.random.default_rng((place, i)), SIZE, SIZE, hole_bin)
            for i in range(len(targets))
        ]
    )
    damaged_pictures = np.where(holes[..., None], np.uint8(0), targets)
    region = holes[..., None].astype("float32")
    for name, method in methods.items():
        pictures = method(damaged_pictures, holes) / np.float32(255)
        tables[name].add(
            holes.mean(axis=(1, 2)),
            psnr=metrics.psnr(targets / np.float32(255), pictures, region),
            ssim=metrics.ssim(targets / np.float32(255), pictures, region),
        )

# %%
for figure_name, title in (("psnr", "PSNR in the hole, dB"), ("ssim", "SSIM in it")):
    rows = []
    for name, table in tables.items():
        bins = {f"{r['low']:.0%}-{r['high']:.0%}": r[figure_name] for r in table.rows()}
        rows.append({title: name, **bins})
    markdown_table(rows)

psnr = {name: [row["psnr"] for row in table.rows()] for name, table in tables.items()}
gains = np.subtract(psnr["our network"], psnr["damaged"])
print("gain over the damaged picture, dB:", gains.round(1))
assert gains.min() > 3 and gains.mean() > 5

# %% [markdown]
# Fast mode takes a few hundred steps on thirty-seven people. After full mode the
# network is ahead of the classical methods, most clearly in the large holes, where
# there is more to know than the rim can tell.
#
# ## Export
#
# `export_inpaint` writes a TensorFlow SavedModel with half-precision weights and a
# `card.json`. It takes pictures of any size, and returns known pixels as they were. It
# needs neither facekit nor Keras to run, which we prove in a fresh process.

# %%
from facekit.export import export_inpaint, run_in_fresh_process

folder = RUN_FOLDER / "saved_model"
card = {
    "version": "1",
    "working_size": SIZE,
    "training_data": "rendered portraits" if FAST_RUN else str(DATA_FOLDER),
}
export_inpaint(network, folder, card)
inputs = {"image": shown["image"], "mask": shown["mask"]}
reloaded = run_in_fresh_process(folder, inputs)["restored"]

difference = np.abs(reloaded - restore(network, shown)).max()
print(f"largest difference between network and SavedModel: {difference:.5f}")
assert difference < 0.01

odd = {key: value[:2, :100, :75] for key, value in inputs.items()}
print("another size and batch:", run_in_fresh_process(folder, odd)["restored"].shape)

# %% [markdown]
# ## Faces of one shape
#
# A sum of photographs is blurred, because mouths lie on chins. Warped to one shape,
# eyes lie on eyes and lips on lips, and sums are faces again. `FaceTexture` warps by
# landmarks and thin-plate splines. The principal components of such textures are the
# half of an **active appearance model** (Cootes, Edwards and Taylor) that holds
# colours; fitted to what is known of a face, they say what is hidden. The tool below
# draws hidden eyes and mouths that way, with components of some thousand faces.

# %%
texture = data.FaceTexture(96)
people = [person.pictures["bare"] for person in load_embedded(13)]
flat = np.stack(
    [
        texture.unwrap(picture, facekit.find_faces(picture)[0].landmarks)
        for picture in people
    ]
) / np.float32(255)
unwarped = np.stack([cv2.resize(x, (96, 96)) for x in people]) / np.float32(255)
show(
    [people[0], flat[0], unwarped.mean(0), flat.mean(0)],
    ["portrait", "its texture", "mean of 13 portraits", "mean of their textures"],
)

# %%
appearance = layers.GappyPCA2D(96, num_components=12, noise=100.0, reach=None)
appearance.adapt(flat[1:])

seen = np.ones((1, 96, 96, 1), "float32")
seen[:, 54:] = 0
completed = np.asarray(appearance.fitted(flat[:1] * seen, seen))
show(
    [flat[0] * seen[0], completed[0], flat[0]],
    ["what is seen", "what goes with it", "truth"],
)

hidden = (seen[0, ..., 0] == 0) & texture.inside
errors = {
    name: float(np.abs(guess - flat[0])[hidden].mean())
    for name, guess in (("mean texture", flat[1:].mean(0)), ("completed", completed[0]))
}
markdown_table([{"guess": k, "error in what is hidden": v} for k, v in errors.items()])
assert errors["completed"] < errors["mean texture"]

# %% [markdown]
# ## Whole photographs
#
# `facekit.load` makes a tool of a SavedModel. It takes a photograph of any size and a
# hole, finds the face, lets the network work on the aligned square and puts the fill
# back; with an appearance model (`facekit train appearance`) it draws hidden features
# by that. Outside the hole every byte stays what it was. First the network of this
# notebook, from its folder:

# %%
photo_hole = np.zeros(astronaut.shape[:2], "uint8")
eye, mouth = face.landmarks[159], face.landmarks[13]
cv2.line(photo_hole, *(tuple(map(int, p)) for p in (eye + [-40, -30], mouth)), 1, 9)
cv2.circle(photo_hole, (150, 330), 22, 1, -1)
painted = np.where(photo_hole[..., None] > 0, np.uint8(255), astronaut)

own = facekit.load(folder)(astronaut, hole=photo_hole)
show([painted, own.image], ["hole in white", "network of this notebook"], width=4)
assert np.array_equal(own.image[photo_hole == 0], astronaut[photo_hole == 0])

# %% [markdown]
# Then the network that comes with facekit. It is the compact one, trained on portraits,
# none of which shows the astronaut. Its card says on what, and how good it is.

# %%
tool = facekit.load("inpaint")
shipped = tool(astronaut, hole=photo_hole)
telea = cv2.inpaint(astronaut, photo_hole, 3, cv2.INPAINT_TELEA)

left, top, right, bottom = np.add(face.box, (-25, -40, 25, 15)).astype(int)
fills = {
    "photograph": astronaut,
    "hole": painted,
    "Telea": telea,
    "this notebook": own.image,
    "shipped": shipped.image,
}
show([x[top:bottom, left:right] for x in fills.values()], [*fills], width=2.2)

# %%
region = as_batch(photo_hole > 0)
rows = []
for name in ("hole", "Telea", "this notebook", "shipped"):
    value = metrics.psnr(as_batch(astronaut), as_batch(fills[name]), region)
    rows.append({"fill": name, "PSNR in the hole, dB": float(value[0])})
markdown_table(rows)
assert rows[-1]["PSNR in the hole, dB"] > rows[0]["PSNR in the hole, dB"] + 5

card = tool.saved_model.card
print(
    "trained on", card["training"]["data"], "- licence of the weights:", card["licence"]
)

# %% [markdown]
# ## Limits and ethics
#
# * **What is filled in is invented.** The network returns a plausible face, not the
#   face that was there. Never use a restored part as evidence of who or what someone
#   is, and say so where you show one.
# * Use photographs of other people only with their consent. Taking away a mask or a
#   hand does not reveal what is beneath it.
# * Networks know the faces they were trained on. FFHQ and most other sets hold more
#   young and light-skinned people than the world does; look at the figures by skin
#   tone (`facekit evaluate inpaint` prints them next to the average) before you trust
#   the average.
# * Faces that are turned far, cut off by the frame or smaller than about 60 pixels are
#   outside of what the network has learned, and so are hands, glasses and text.
# * Holes beyond 60 % of the square leave too little to go by.
#
# ## Reference
#
# Liu, Reda, Shih, Wang, Tao, Catanzaro: *Image Inpainting for Irregular Holes Using
# Partial Convolutions*, ECCV 2018 ([arXiv:1804.07723](https://arxiv.org/abs/1804.07723)).
# Cootes, Edwards, Taylor: *Active Appearance Models*, IEEE Transactions on Pattern
# Analysis and Machine Intelligence 23(6), 2001.
