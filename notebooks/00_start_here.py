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
# # Start here: faces, damage, layers and SavedModels
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/facekit/facekit/blob/main/notebooks/00_start_here.ipynb)
#
# This notebook shows what all the others stand on. You will
#
# * look at **portraits that facekit draws itself**, and at the truth about each of
#   their pixels,
# * **find and align** the face of a real photograph, cut out its regions, and put a
#   changed face back,
# * **damage** a portrait with make-up, blemishes and a worn mask, and see exactly which
#   pixels that changed,
# * feed a network from a **`tf.data` pipeline**,
# * use **one facekit layer in a network of your own**,
# * load and run a **SavedModel** without facekit.
#
# | | fast mode | full mode |
# |---|---|---|
# | what for | to see every step run | a longer training of the small network |
# | data | portraits that come with facekit | the same |
# | hardware | two CPU cores | a GPU, or patience |
# | time | less than a minute | minutes on a GPU |
# | own network, PSNR in the hole | 5 dB above the damaged or more | 8 dB or more |
#
# No network connection is needed, and nothing is downloaded.

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

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import cv2
import keras
import matplotlib.pyplot as plt
import numpy as np
import skimage
import tensorflow as tf

import facekit
from facekit import data, layers, losses, metrics, portraits
from facekit.spectra import decode_srgb

keras.utils.set_random_seed(0)
tf.get_logger().setLevel("ERROR")
plt.rcParams.update({"axes.titlesize": 9, "figure.dpi": 100, "image.cmap": "gray"})

# %% [markdown]
# ### Settings
#
# Both modes run the same cells; only these numbers differ. Fast mode runs with
# `FACEKIT_FAST_RUN=1` in the environment.

# %%
FAST = {
    "rendered_size": 128,
    "crop_size": 64,
    "filters": 24,
    "batch_size": 8,
    "steps_per_epoch": 40,
    "epochs": 4,
    "learning_rate": 4e-3,
    "least_gain": 5.0,
}
FULL = {
    "rendered_size": 512,
    "crop_size": 128,
    "filters": 48,
    "batch_size": 16,
    "steps_per_epoch": 200,
    "epochs": 10,
    "learning_rate": 2e-3,
    "least_gain": 8.0,
}
FAST_RUN = os.environ.get("FACEKIT_FAST_RUN") == "1"
settings = FAST if FAST_RUN else FULL
SIZE, BATCH = settings["crop_size"], settings["batch_size"]
print("fast mode" if FAST_RUN else "full mode")


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


# %% [markdown]
# ## Portraits that come along
#
# A fresh machine has no photographs of faces, and photographs never tell what lies
# below a mask or how much melanin a cheek holds. So facekit draws its own people. Forty
# of them come with it, balanced over skin tone, sex and age, each once bare and in five
# variants that differ from it in one thing.

# %%
people = portraits.load_embedded()
variants = tuple(people[0].pictures)
chosen = people[4], people[8], people[22]
show(
    [person.pictures[variant] for person in chosen for variant in variants],
    list(variants) * len(chosen),
    columns=len(variants),
    width=1.6,
)
assert len(people) == 40

# %% [markdown]
# ### The truth about every pixel
#
# Each portrait brings the maps that the renderer made it from: what light the skin
# sends back, what it reflects at its surface, how much melanin and blood it holds, its
# shape, and what every pixel is.

# %%
person = people[4]
maps = person.buffers["bare"]
face_depth = maps["depth"][maps["depth"] > 0]
near, far = face_depth.min(), face_depth.max()
shown = {
    "picture": person.pictures["bare"],
    "albedo": maps["albedo"] ** (1 / 2.2),
    "diffuse light": maps["diffuse"] / 2,
    "specular light": 4 * maps["specular"],
    "normals": maps["normal"] / 2 + 0.5,
    "depth": np.where(maps["depth"] > 0, (far - maps["depth"]) / (far - near), 0),
    "melanin": maps["melanin"] / maps["melanin"].max(),
    "haemoglobin": maps["haemoglobin"] / maps["haemoglobin"].max(),
    "hairs": maps["strands"],
    "labels": plt.get_cmap("tab10")(maps["labels"])[..., :3],
    "worn mask": person.buffers["worn_mask"]["worn_mask"],
    "identity holds": maps["exact"].astype("float32"),
}
show([*shown.values()], [*shown], columns=6, width=1.6)

# %% [markdown]
# The maps fit together: in linear light, before the picture is encoded,
#
# $$\text{picture} = \text{albedo} \cdot \text{diffuse} + \text{specular}$$
#
# holds on every pixel that `exact` marks (elsewhere a highlight is clipped or the
# background shines in). The portraits that come along keep their maps in 8 bits, and
# their albedo is *solved* from this very equation. So for the check we draw a fresh
# person, whose three maps are made apart from each other and from the picture, and
# compare with the decoded picture. A picture of 8 bits can be half a step off.

# %%
fresh = portraits.render_portrait(seed=123, size=settings["rendered_size"])
maps = fresh.buffers["bare"]
picture = fresh.pictures["bare"]
linear = maps["albedo"] * maps["diffuse"] + maps["specular"]
half_step = 0.51 / 255
low, high = (
    decode_srgb(np.clip(picture / 255 + shift, 0, 1))
    for shift in (-half_step, half_step)
)
inside = ((linear >= low) & (linear <= high)).all(-1)
exact = maps["exact"]
print(f"{exact.mean():.0%} of the picture is marked as exact;")
print(
    f"the identity holds to half a step of 8 bits on {inside[exact].mean():.2%} of it"
)
assert inside[exact].all() and exact.mean() > 0.2

matt = maps["albedo"] * maps["diffuse"]
show(
    [matt ** (1 / 2.2), maps["specular"] ** (1 / 2.2), linear ** (1 / 2.2), picture],
    ["albedo x diffuse", "+ specular", "= sum", "picture"],
)

# %% [markdown]
# ## A real photograph
#
# The astronaut Eileen Collins (NASA, public domain, from scikit-image). `find_faces`
# returns every face with 468 landmarks. `alignment_transform` is the similarity that
# brings it into an upright square, the eyes always at the same place; `align` cuts it.

# %%
photo = skimage.data.astronaut()
(face,) = facekit.find_faces(photo)
transform = data.alignment_transform(face.landmarks, 256)
crop = data.align(photo, transform, 256)
print(f"score {face.score:.2f}, box {[round(x) for x in face.box]}")

marked = photo.copy()
for x, y in face.landmarks:
    cv2.circle(marked, (round(float(x)), round(float(y))), 1, (90, 255, 90), -1)
x0, y0, x1, y1 = np.maximum(np.add(face.box, (-30, -40, 30, 30)), 0).astype(int)
show(
    [photo, marked[y0:y1, x0:x1], crop],
    ["photograph", "468 landmarks", "aligned, 256 px"],
    width=2.6,
)
assert face.score > 0.5 and crop.shape == (256, 256, 3)

# %% [markdown]
# `face_region` makes soft masks of named parts from the landmarks.

# %%
landmarks = face.landmarks @ transform[:, :2].T + transform[:, 2]
regions = {
    name: data.face_region(landmarks, name, 256, 256, feather=0.04, image=crop)
    for name in data.FACE_REGIONS
}
tinted = [crop * (0.3 + 0.7 * region[..., None]) / 255 for region in regions.values()]
show(tinted, [*regions], width=1.6)
assert all(0 < region.mean() < 0.6 for region in regions.values())

# %% [markdown]
# Whatever a network does to the square has to go back into the photograph without a
# seam: `paste_back` turns the square back and blends it by a weight, here the face's
# oval with a feathered edge. The square is drained of colour, to make the seam visible
# if there were one. Where the weight is 0, or the square as it was, every byte stays.

# %%
grey = cv2.cvtColor(cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
weight = data.face_region(face.landmarks, "face_oval", *photo.shape[:2], feather=0.5)
hard = data.paste_back(photo, grey, transform, (weight > 0.5).astype("float32"))
pasted = data.paste_back(photo, grey, transform, weight)
unchanged = data.paste_back(photo, crop, transform, weight)
show(
    [x[y0:y1, x0:x1] for x in (photo, hard, pasted)],
    ["photograph", "pasted with a hard edge", "feathered"],
    width=2.6,
)
outside = weight == 0
assert np.array_equal(pasted[outside], photo[outside])
assert np.array_equal(unchanged, photo)

# %% [markdown]
# ## Damage with exact truth
#
# The other notebooks learn to take something off a face: make-up, blemishes, a mask.
# They need pairs, so facekit puts these things *on*. Each maker takes a picture, a face
# and a seed, and returns the damaged picture, the exact map of changed bytes, and how
# much covers each pixel. What it does not touch keeps its bytes. So here for a person
# that facekit drew:

# %%
portrait = people[22].pictures["bare"]
(portrait_face,) = facekit.find_faces(portrait, max_faces=1)
damages = {
    "make-up": data.apply_makeup(portrait, portrait_face, 8, look="evening"),
    "blemishes": data.add_blemishes(portrait, portrait_face, 3, density=1.5),
    "worn mask": data.wear_mask(portrait, portrait_face, 1, kind="surgical"),
}
pictures, titles = [], []
for name, damage in damages.items():
    differs = (damage.image != portrait).any(-1)
    assert np.array_equal(damage.changed, differs) and 0.01 < differs.mean() < 0.9
    pictures += [portrait, damage.image, damage.changed.astype("f4"), damage.alpha]
    titles += ["before", name, f"changed, {differs.mean():.0%}", "how much covers"]
show(pictures, titles, columns=4)

# %% [markdown]
# The same arguments give the same bytes, so a set of pairs need not be stored:

# %%
again = data.apply_makeup(portrait, portrait_face, 8, look="evening")
assert np.array_equal(again.image, damages["make-up"].image)

# %% [markdown]
# ## A pipeline
#
# Networks see aligned squares. We cut them out of all forty portraits and hold back
# eight *people*.


# %%
def aligned_square(picture, size):
    """Cut out the largest face, with its landmarks in the square."""
    (face,) = facekit.find_faces(picture, max_faces=1)
    transform = data.alignment_transform(face.landmarks, size)
    points = face.landmarks @ transform[:, :2].T + transform[:, 2]
    return data.align(picture, transform, size), points


squares = [aligned_square(person.pictures["bare"], SIZE) for person in people]
crops, points = (np.stack(part) for part in zip(*squares, strict=True))
held_out = np.arange(len(crops)) % 5 == 2
train_crops, test_crops = crops[~held_out], crops[held_out]
print(f"{len(train_crops)} people to train on, {len(test_crops)} held out")

# %% [markdown]
# Four classes draw examples from such squares: a hole, make-up, blemishes or a mask.
# They flip, move and re-light the squares a little. Example `i` of epoch `e` is a pure
# function of the seed, so an interrupted training goes on with the very batch it would
# have seen. `as_tf_dataset` makes a `tf.data.Dataset` of any of them that draws ahead,
# in parallel; `ExampleSequence` makes a `PyDataset`, for other backends.

# %%
makers = {
    "holes": data.InpaintingExamples(train_crops, hole_ratio=(0.05, 0.3)),
    "make-up": data.MakeupExamples(train_crops, points[~held_out]),
    "blemishes": data.BlemishExamples(train_crops, points[~held_out]),
    "worn masks": data.WornMaskExamples(train_crops, points[~held_out]),
}
pictures, titles = [], []
for name, examples in makers.items():
    batch = next(iter(data.as_tf_dataset(examples, 4)))
    (extra,) = set(batch) - {"image", "target"}
    assert all(batch[key].shape[:3] == (4, SIZE, SIZE) for key in batch)
    for i in range(2):
        pictures += [batch[key][i].numpy() for key in ("image", extra, "target")]
        titles += [name, extra, "target"]
show(pictures, titles, columns=6, width=1.5)

# %% [markdown]
# ## One layer in your own network
#
# Now a network that is yours: eight lines of plain Keras, and one layer type from
# facekit. `PartialConv2D` takes pixels and a mask (1 = known, 0 = missing), reads known
# pixels only, and passes on which pixels it could compute. Swap it in for `Conv2D`
# wherever something is missing.


# %%
def own_network(filters):
    """A small network that fills holes."""
    image = keras.Input((None, None, 3), name="image")
    mask = keras.Input((None, None, 1), name="mask")
    x, known = image, mask
    for dilation in (1, 2, 4, 8, 16):
        layer = layers.PartialConv2D(filters, 3, dilation_rate=dilation)
        x, known = layer([x, known])
        x = keras.layers.Activation("silu")(x)
    for _ in range(2):
        x = keras.layers.Conv2D(filters, 3, padding="same", activation="silu")(x)
    x = keras.layers.Conv2D(3, 1, activation="sigmoid", name="restored")(x)
    return keras.Model({"image": image, "mask": mask}, {"restored": x}, name="own")


network = own_network(settings["filters"])
print(f"{network.count_params():,} parameters")

# %% [markdown]
# One `fit`, fed by the pipeline. With `paired=True` the dataset yields what `fit`
# wants; the mask travels as a fourth channel of the target, where
# `InpaintingLoss("V1")` finds it and weighs errors in the hole six times.

# %%
examples = data.InpaintingExamples(train_crops, hole_ratio=(0.05, 0.3), seed=1)
steps = settings["epochs"] * settings["steps_per_epoch"]
network.compile(
    keras.optimizers.Adam(
        keras.optimizers.schedules.CosineDecay(settings["learning_rate"], steps)
    ),
    loss={"restored": losses.InpaintingLoss("V1")},
)
history = network.fit(
    data.as_tf_dataset(examples, BATCH, paired=True),
    epochs=settings["epochs"],
    steps_per_epoch=settings["steps_per_epoch"],
    shuffle=False,
)
assert history.history["loss"][-1] < 0.7 * history.history["loss"][0]

# %% [markdown]
# The people that were held back, damaged and restored:

# %%
test = data.InpaintingExamples(
    test_crops, (0.1, 0.2), seed=5, augment=False, shuffle=False
).batch(0, len(test_crops))
inputs = {"image": test["image"], "mask": test["mask"]}
restored = np.asarray(network(inputs)["restored"])
restored = np.where(test["mask"] == 1, test["image"], restored)
rows = (test["image"], restored, test["target"])
show(
    [picture for row in rows for picture in row[:6]],
    ["damaged"] * 6 + ["restored"] * 6 + ["truth"] * 6,
    columns=6,
    width=1.4,
)
region = 1 - test["mask"]
before, after = (
    float(np.mean(metrics.psnr(test["target"], x, region)))
    for x in (test["image"], restored)
)
print(f"PSNR in the hole: damaged {before:.1f} dB, restored {after:.1f} dB")
assert after > before + settings["least_gain"]

# %% [markdown]
# It fills in the colours around, blurred. For eyes and mouths it takes a network that
# sees the whole face and trains for longer: that is notebook 01.
#
# ## A SavedModel
#
# What facekit ships are TensorFlow SavedModels. Loading and running one takes
# TensorFlow only. `facekit.load` tells where it lies; its `card.json` says what goes in
# and comes out, what it was trained on, and how good it is.

# %%
tool = facekit.load("inpaint")
model = tf.saved_model.load(str(tool.saved_model.folder))
card = tool.saved_model.card
print("takes", [*card["inputs"]], "and returns", [*card["outputs"]])

size = card["working_size"]
square = data.align(photo, data.alignment_transform(face.landmarks, size), size)
target = square[None].astype("float32") / 255
hole = np.zeros((size, size), "uint8")
cv2.line(hole, (size // 5, size // 4), (size * 3 // 4, size * 4 // 5), 1, size // 16)
mask = 1 - hole[None, ..., None].astype("float32")
output = model.signatures["serving_default"](
    image=tf.constant(target * mask), mask=tf.constant(mask)
)["restored"].numpy()
assert np.array_equal(output * mask, target * mask)

telea = cv2.inpaint(square * (1 - hole[..., None]), hole, 3, cv2.INPAINT_TELEA)
fills = {
    "damaged": target * mask,
    "OpenCV (Telea)": telea[None].astype("float32") / 255,
    "SavedModel": output,
    "truth": target,
}
psnr = {
    name: float(metrics.psnr(target, fill, 1 - mask)[0]) for name, fill in fills.items()
}
show(
    [fill[0] for fill in fills.values()],
    [name if name == "truth" else f"{name}, {psnr[name]:.1f} dB" for name in fills],
    width=2.2,
)
assert psnr["SavedModel"] > psnr["damaged"] + 8

# %% [markdown]
# For whole photographs of any size, the tool does the rest: it finds the face, aligns
# it, runs the network and pastes the fill back. One line:

# %%
photo_hole = np.zeros(photo.shape[:2], "uint8")
cv2.line(photo_hole, (190, 70), (270, 150), 1, 8)
cv2.line(photo_hole, (40, 300), (200, 380), 1, 8)
result = tool(photo, hole=photo_hole)
painted = np.where(photo_hole[..., None] > 0, np.uint8(255), photo)
show([painted, result.image], ["hole in white", "facekit.load"], width=3.4)
assert np.array_equal(result.image[photo_hole == 0], photo[photo_hole == 0])

# %% [markdown]
# ## Limits and ethics
#
# * **What a network fills in is invented.** It is plausible, not true. Do not use it as
#   evidence of who or what somebody is, and say so where you show it.
# * The portraits that come along show nobody. They look rendered: a network that was
#   trained on them alone does less well on photographs, and they have no children,
#   glasses, head scarves or hands. Skin tone is drawn apart from the shape of the head,
#   so they say nothing about groups of people.
# * Photographs of other people need their consent. facekit sends nothing anywhere.
# * The detector misses faces that are turned far, cut off by the frame or smaller than
#   about 20 pixels, and sees some where there are none: look at `score`.
# * Damage that is put on by a program differs from that of life. Each maker has a
#   `held_out` family, painted in another way: test on it, not only on the one you
#   trained on.
#
# ## Where to go on
#
# * [01 Face inpainting](01_face_inpainting.ipynb): the whole network, its losses, its
#   training and its figures.
# * [02 Makeup removal](02_makeup_removal.ipynb): blend maps, and a network that takes
#   makeup off and says how much.
# * [05 Biophysical skin](05_biophysical_skin.ipynb): melanin, blood and light, from
#   spectra to edited photographs.
