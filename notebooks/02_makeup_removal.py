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
# # Taking makeup off with Res34-UNet
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/facekit/facekit/blob/main/notebooks/02_makeup_removal.ipynb)
#
# What does a face look like under its lipstick? In this notebook you
#
# * put makeup on portraits by program, so that every pair is aligned to the pixel,
# * build **Res34-UNet** from single layers and see on a picture what each of them does,
# * train it twice on the same pairs: by the paper's recipe (BareFace) and by facekit's,
# * compare both with doing nothing, on the whole picture **and** where makeup was, on
#   makeup by two other programs, and on faces that wear none,
# * export it as a SavedModel and use it on a whole photograph, with a slider.
#
# | | fast mode | full mode |
# |---|---|---|
# | what for | to see every step run and learn | to train a useful network |
# | data | rendered portraits that come with facekit | your own folder of bare faces |
# | hardware | two CPU cores | a GPU |
# | time | one to three minutes | hours, see the progress bar |
# | result | nearer the truth than the input | the same on people never seen |

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

import keras
import matplotlib.pyplot as plt
import numpy as np
import tensorflow as tf
from IPython.display import Markdown, display
from keras import ops

import facekit
from facekit import data, layers, losses, metrics, models, portraits
from facekit.ops import soft_light

keras.utils.set_random_seed(0)
tf.get_logger().setLevel("ERROR")
plt.rcParams.update({"axes.titlesize": 9, "figure.dpi": 100})

# %% [markdown]
# ### Settings
#
# Both modes run the same cells; only these numbers differ. Full mode needs
# `DATA_FOLDER`, any folder of portraits without makeup.

# %%
FAST = {
    "size": 96,
    "depths": (1, 1, 1, 1),
    "width": 0.25,
    "people": 32,
    "batch_size": 8,
    "steps_per_epoch": 40,
    "epochs": 4,
    "learning_rate": 2e-3,
}
FULL = {
    "size": 256,
    "depths": (3, 4, 6, 3),
    "width": 0.375,
    "people": 20_000,
    "batch_size": 16,
    "steps_per_epoch": 1000,
    "epochs": 40,
    "learning_rate": 3e-4,
}

# %%
DATA_FOLDER = None  # such as "ffhq"
FAST_RUN = os.environ.get("FACEKIT_FAST_RUN") == "1" or not DATA_FOLDER
RUN_FOLDER = Path(tempfile.mkdtemp()) if FAST_RUN else Path("runs/notebook_02")

settings = FAST if FAST_RUN else FULL
SIZE, BATCH = settings["size"], settings["batch_size"]
RUN_FOLDER.mkdir(parents=True, exist_ok=True)
print("fast mode" if FAST_RUN else f"full mode on {DATA_FOLDER}")

# %% [markdown]
# ## Data
#
# ### Bare faces
#
# Fast mode learns from portraits of people who do not exist, which facekit draws
# itself. They come with their own makeup, which we keep for a test at the end. The last
# quarter of the *people* is held back. `framing="face"` cuts the squares closer than
# FFHQ's, as hair and shoulders wear no makeup.


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
        picture = np.asarray(picture)
        top = 255 if picture.dtype == np.uint8 else 1.0
        axis.imshow(np.clip(np.squeeze(picture), 0, top), vmin=0, vmax=top, cmap="gray")
        axis.set_title(title)
    figure.tight_layout()
    plt.show()


# %%
if FAST_RUN:
    files = [folder / "bare.webp" for folder in portraits.embedded_folders()]
    files = files[: settings["people"]]
    first = 3 * len(files) // 4
    seen, unseen = files[:first], files[first:]
else:
    files = data.photo_files(DATA_FOLDER)[: settings["people"]]
    seen, unseen = data.split_by_identity(files, (0.75, 0.25))
crops, landmarks, kept = data.aligned_faces([*seen, *unseen], SIZE, framing="face")

# Photographs without a face have dropped out.
first_held_out = len(set(seen) & set(kept))
train, held_out = slice(0, first_held_out), slice(first_held_out, None)
print(f"{first_held_out} faces to train on, {len(crops) - first_held_out} held back")
show(crops[:: len(crops) // 6][:6], ["bare"] * 6)

# %% [markdown]
# ### Makeup
#
# `apply_makeup` paints lips, lids, lashes, brows, cheeks and skin in linear light.
# There are two *families*, which paint by different means. One trains the network; the
# other tells whether it learned what makeup is, or only what this program does. The map
# says how much makeup lies where.

# %%
examples = {
    family: data.MakeupExamples(crops[train], landmarks[train], family=family, bare=0.0)
    for family in data.MAKEUP_FAMILIES
}
pictures, titles = [], []
for family, drawn in examples.items():
    for index in range(2):
        example = drawn.example(0, index)
        pictures += [example["target"], example["image"], example["amount"]]
        titles += ["bare", f'family "{family}"', "how much"]
show(pictures, titles, columns=6)

# %% [markdown]
# ## The network, layer by layer
#
# ### A residual block
#
# ResNet-34 is a pile of these: two 3x3 convolutions, normalised, and a shortcut around
# them. Where the shape stays, the shortcut is the picture itself. A block that starts
# with its last convolution at zero starts as the identity, which we can see; then we
# give the last convolution a value by hand, and an edge detector is added to the
# picture.

# %%
picture = crops[:1].astype("float32") / 255
block = layers.ResidualBlock(3, normalization=None, padding="constant", zero_start=True)
same = block(picture)
assert np.array_equal(same, picture)

edges = np.zeros((3, 3, 3, 3), "float32")
for colour in range(3):
    edges[1, 1, colour, colour] = 1.0
    edges[1, 0, colour, colour] = -1.0
identity = np.zeros_like(edges)
identity[1, 1] = 3.0 * np.eye(3)
block.set_weights([edges, np.zeros(3), identity, np.zeros(3)])
show([picture, same, block(picture)], ["input", "zero start", "with edges added"])

# %% [markdown]
# ### GELU and instance normalisation
#
# The paper replaces ReLU by GELU and batch normalisation by instance normalisation. The
# latter makes each channel's mean and contrast the same *in every picture* - and so
# forgets how dark a skin is. Two portraits that differ only in exposure become equal.
# facekit's own recipe does without normalisation for that reason.

# %%
darker = 0.5 * picture
norm = layers.InstanceNormalization(epsilon=1e-6)
bright, dark = (0.5 + np.asarray(norm(x)) / 5 for x in (picture, darker))
show([picture, darker, bright, dark], ["bright", "half as bright", "norm", "norm"])
print("largest difference after normalisation:", np.abs(bright - dark).max())
assert np.abs(bright - dark).max() < 0.01

# %% [markdown]
# ### The encoder: ResNet-34
#
# A 7x7 convolution and four stages of residual blocks. Each map is half as large as the
# one before; here are the first channels of all five, still untrained.

# %%
encoder = models.ResNet34Encoder(settings["depths"], settings["width"])
maps = encoder(2 * picture - 1)
channels = [np.asarray(x)[0, ..., 0] for x in maps]
show(
    [picture, *((x - x.min()) / np.ptp(x) for x in channels)],
    ["input", *(f"{x.shape[1]} px, {x.shape[-1]} channels" for x in maps)],
)

# %% [markdown]
# ### The head: a map that changes a picture of any size
#
# The paper's network draws the bare face anew, pores and all, at 224 pixels. facekit's
# only says *how to change* the picture: a blend map $m$ and a residual $r$,
#
# $$y = x + s\,\bigl((2m - 1)\,x\,(1 - x) + r\bigr)$$
#
# which for $s = 1$ is soft light, $(1-2m)x^2 + 2mx + r$. With $m = 0.5$ and $r = 0$
# nothing changes, bit by bit, and that is where training starts. $s$ is the slider. And
# as the maps are smooth, they can be enlarged and applied to a photograph of 12
# megapixels, whose pores are in $x$.

# %%
curve = np.linspace(0, 1, 101)
for m in (0.0, 0.25, 0.5, 0.75, 1.0):
    plt.plot(curve, soft_light(curve, m, 0.0), label=f"m = {m}")
plt.gcf().set_size_inches(3, 3)
plt.legend(fontsize=7)
plt.show()

# %%
ramp = np.broadcast_to(np.linspace(0.1, 0.9, SIZE)[:, None], (SIZE, SIZE))
ramp = ramp[None, ..., None].astype("float32")
show(
    [
        picture,
        ramp,
        soft_light(picture, ramp, 0.0),
        soft_light(picture, ramp, 0.0, 0.5),
    ],
    ["picture", "blend map", "full strength", "half strength"],
)

# %% [markdown]
# ### All together
#
# `Res34UNet` is the encoder, five decoder levels that each double the map and join the
# encoder's map of that size, and the head. Before training it gives back its input.

# %%
shape = {"depths": settings["depths"], "width": settings["width"]}
bareface = models.Res34UNet(**shape, normalization="instance", head="direct")
network = models.Res34UNet(**shape, normalization=None, head="blend")
outputs = network({"image": picture})
assert np.array_equal(outputs["restored"], picture)
show(
    [picture, *outputs.values(), bareface({"image": picture})["restored"]],
    ["input", *outputs, "BareFace, untrained"],
)
print(f"{network.count_params():,} parameters")

# %% [markdown]
# ## Losses
#
# BareFace minimises the squared error of the whole picture. Most of a picture is
# background, and squares let few heavy looks drown all faint ones. `RestorationLoss`
# counts pixels with makeup up to five times and adds structural similarity. Its pixel
# term is the Charbonnier error or, here, the logarithm of each picture's squared error:
# to make it half as large counts alike for red lips and a breath of blush. Below the
# floor, in squared grey levels, errors hardly count.

# %%
example = examples["train"].batch(0, 1)
loss = losses.RestorationLoss(
    region_weight=4.0, ssim_weight=5.0, pixel="log", floor=3.0
)
terms = loss.terms(example["target"], example["image"], example["amount"])
print({name: round(float(value), 5) for name, value in terms.items()})
show(
    [example["image"], 5 * np.abs(example["image"] - example["target"]),
     np.asarray(losses.charbonnier(example["target"], example["image"])) * 5,
     (1 + 4 * example["amount"]) / 5],
    ["with makeup", "error x 5", "Charbonnier x 5", "weight / 5"],
)  # fmt: skip

# %% [markdown]
# ## Training
#
# The same pictures, steps and batch size for both. facekit's recipe sees bare faces
# too, in every twentieth example, and must leave them alone. `facekit train makeup`
# averages weights and mirror images, too, and mixes parts, colours and strokes of no
# style (`data.MixedMakeupExamples`).


# %%
def train_network(model, optimizer, criterion, bare):
    """Train on makeup of the first family with tf.data and fit."""
    drawn = data.MakeupExamples(crops[train], landmarks[train], bare=bare, seed=1)
    dataset = data.as_tf_dataset(drawn, BATCH, paired=True)
    if FAST_RUN:  # Drawing takes longer than learning: every epoch shows the same.
        dataset = dataset.take(settings["steps_per_epoch"]).cache().repeat()
    model.compile(optimizer, loss={"restored": criterion})
    # With its variables there already, a step is traced once, not twice.
    optimizer.build(model.trainable_variables)
    return model.fit(
        dataset,
        steps_per_epoch=settings["steps_per_epoch"],
        epochs=settings["epochs"],
        shuffle=False,
        verbose=2,
    )


def squared_error(y_true, y_pred):
    """The paper's loss; the fourth channel says where makeup is and is not used."""
    return ops.mean(ops.square(y_true[..., :3] - y_pred))


# %%
history = {
    "BareFace": train_network(
        bareface, keras.optimizers.AdamW(0.01), squared_error, bare=0.0
    )
}

# %%
steps = settings["steps_per_epoch"] * settings["epochs"]
rate = keras.optimizers.schedules.CosineDecay(
    0.0, steps, warmup_target=settings["learning_rate"], warmup_steps=steps // 10
)
optimizer = keras.optimizers.AdamW(rate, global_clipnorm=1.0)
history["facekit"] = train_network(network, optimizer, loss, bare=0.05)

# %% [markdown]
# ## Evaluation
#
# Three makers of makeup on people that neither network has seen: the family it was
# trained on, the other one and - in fast mode - the renderer's, which knows the head
# in three dimensions. And bare faces. The figures are for the whole picture and for
# the region where makeup changed it; the first row is what you have if you do nothing.


# %%
def pairs_of(family):
    """Held-out faces with makeup, without it, and where it is."""
    drawn = data.MakeupExamples(
        crops[held_out],
        landmarks[held_out],
        family=family,
        augment=False,
        shuffle=False,
        bare=0.0,
    )
    return drawn.batch(0, min(len(drawn), 16))


def rendered_pairs():
    """Held-out portraits with the renderer's own makeup, aligned as the crops."""
    images, targets = [], []
    for file in kept[held_out]:
        portrait = portraits.read_portrait(file.parent)
        face = facekit.find_faces(portrait.pictures["bare"], max_faces=1)[0]
        transform = data.alignment_transform(face.landmarks, SIZE, "face")
        for variant, kind in (("makeup", images), ("bare", targets)):
            picture = data.align(portrait.pictures[variant], transform, SIZE)
            kind.append(picture.astype("float32") / 255)
    image, target = np.stack(images), np.stack(targets)
    changed = (np.abs(image - target).max(-1, keepdims=True) > 1 / 255).astype(
        "float32"
    )
    return {"image": image, "target": target, "amount": changed}


# %%
tests = {"family it learned": pairs_of("train"), "other family": pairs_of("held_out")}
if FAST_RUN:
    tests["renderer"] = rendered_pairs()
tests["bare faces"] = {
    **tests["family it learned"],
    "image": tests["family it learned"]["target"],
}
methods = {
    "do nothing": lambda images: images,
    "BareFace": lambda x: np.clip(bareface({"image": x})["restored"], 0, 1),
    "facekit": lambda x: np.clip(network({"image": x})["restored"], 0, 1),
}


def markdown_table(rows):
    """Show a list of dicts as a table."""
    lines = [list(rows[0]), ["---"] * len(rows[0])]
    for row in rows:
        lines.append([x if isinstance(x, str) else f"{x:.4g}" for x in row.values()])
    text = "\n".join("| " + " | ".join(line) + " |" for line in lines)
    display(Markdown(text))


# %%
psnr = {}
for name, batch in tests.items():
    rows, region = [], (batch["amount"] > 0).astype("float32")
    for method, restore in methods.items():
        restored = restore(batch["image"])
        target = batch["target"]
        inside = float(np.nanmean(metrics.psnr(target, restored, region)))
        psnr[name, method] = inside
        colour = metrics.colour_difference(target, restored, region)
        rows.append(
            {
                name: method,
                "PSNR, dB": float(np.mean(metrics.psnr(target, restored))),
                "SSIM": float(np.mean(metrics.ssim(target, restored))),
                "PSNR in the region, dB": inside,
                "CIEDE2000 in the region": float(np.nanmean(colour)),
            }
        )
    markdown_table(rows)

# %%
batch = tests["family it learned"]
columns = {"with makeup": batch["image"]}
columns |= {name: methods[name](batch["image"]) for name in ("BareFace", "facekit")}
columns |= {"truth": batch["target"]}
show(
    [pictures[i] for i in range(3) for pictures in columns.values()],
    [*columns] * 3,
    columns=len(columns),
)
learned = "family it learned"
print("gain, dB:", psnr[learned, "facekit"] - psnr[learned, "do nothing"])
assert psnr[learned, "facekit"] > psnr[learned, "do nothing"] + 1
assert psnr[learned, "facekit"] > psnr[learned, "BareFace"] + 1
assert psnr["other family", "facekit"] > psnr["other family", "do nothing"]
assert psnr["bare faces", "facekit"] > 38

# %% [markdown]
# ## Export
#
# `export_makeup` writes a TensorFlow SavedModel with half-precision weights. It takes
# pictures of any size and returns the restored picture and both maps, in a process that
# knows neither facekit nor Keras.

# %%
from facekit.export import export_makeup, run_in_fresh_process

folder = RUN_FOLDER / "saved_model"
card = {"version": "1", "working_size": SIZE, "framing": "face"}
export_makeup(network, folder, card)
image = batch["image"][:2]
reloaded = run_in_fresh_process(folder, {"image": image})
difference = np.abs(reloaded["restored"] - methods["facekit"](image)).max()
print(f"largest difference between network and SavedModel: {difference:.5f}")
assert difference < 0.01

# %% [markdown]
# ## Whole photographs
#
# `facekit.load` makes a tool of it: it finds every face, lets the network look at the
# aligned square, enlarges the maps and applies them to the photograph at its own
# resolution. `strength` is the slider, `parts` limits it to lips, eyes or skin. The
# same tool puts makeup on, by name or after another portrait.

# %%
portrait = portraits.load_embedded(8)[6]
worn, bare = portrait.pictures["makeup"], portrait.pictures["bare"]
tool = facekit.load(folder)
results = {
    "with makeup": worn,
    "strength 0.5": tool(worn, strength=0.5).image,
    "strength 1": tool(worn).image,
    "lips only": tool(worn, parts="lips").image,
    "bare": bare,
    'look "evening"': tool(bare, look="evening").image,
}
show([*results.values()], [*results], columns=3, width=2.8)
assert np.array_equal(tool(worn, strength=0.0).image, worn)

# %% [markdown]
# ## Limits and ethics
#
# * **What was under makeup is a guess.** Opaque foundation hides what no network can
#   know. Do not take the result for what somebody looks like.
# * Taking makeup off other people's photographs, or putting it on, can hurt them. Ask.
# * All pairs are made by programs. Real makeup differs, and figures on the other family
#   show how much of the gain is left when the program changes.
# * Skin tone is easily lost with makeup. `facekit evaluate makeup` prints the figures
#   by skin tone next to the average; look at them before you trust it.
#
# ## References
#
# He, Zhang, Ren, Sun: *Deep Residual Learning for Image Recognition*, 2015
# ([arXiv:1512.03385](https://arxiv.org/abs/1512.03385)). Ronneberger, Fischer, Brox:
# *U-Net*, 2015 ([arXiv:1505.04597](https://arxiv.org/abs/1505.04597)).
