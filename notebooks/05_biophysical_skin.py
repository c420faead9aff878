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
# # Biophysical skin: melanin, blood, light and camera from one photo
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/facekit/facekit/blob/main/notebooks/05_biophysical_skin.ipynb)
#
# Why has skin the colours it has, and no others? Because two pigments make them:
# melanin in the epidermis and blood in the dermis. In this notebook you build a network
# that takes a face apart into the two, the light on it, and the camera that saw it. You
# will
#
# * build the **physics** of skin from measured spectra, picture by picture,
# * make it a **differentiable decoder** that turns four maps, a light and a camera into
#   a photograph,
# * put an encoder in front and train it on rendered portraits, of which the **true maps
#   are known**,
# * compare losses that differ in what they say of highlights and pictures,
# * change the pigments of a photograph, or the light and camera it was taken with,
# * export all of it as a SavedModel with three signatures.
#
# | | fast mode | full mode |
# |---|---|---|
# | what for | to see every step run and learn | to train a useful network |
# | data | portraits that come with facekit | more of them, and your own photographs |
# | hardware | two CPU cores | a GPU |
# | time | two to five minutes | hours, see the first epoch's progress bar |
# | correlation of melanin, held-out heads | above 0.4 over all skin | above 0.8 |
#
# The expectation for full mode is a guess from short runs, not a measured figure.

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
import skimage
import tensorflow as tf
from IPython.display import Markdown, display
from keras import ops
from skimage.color import deltaE_ciede2000

import facekit
from facekit import data, layers, losses, models, portraits, spectra
from facekit.evaluation.colour import linear_to_lab
from facekit.training import skin_examples

keras.utils.set_random_seed(0)
tf.get_logger().setLevel("ERROR")
plt.rcParams.update({"axes.titlesize": 9, "figure.dpi": 100})

# %% [markdown]
# ### Settings
#
# Both modes run the same cells. Full mode renders its own portraits into `RUN_FOLDER`
# and takes photographs from `DATA_FOLDER`, whose maps nobody knows.

# %%
FAST = {
    "filters": (8, 16, 24, 32),
    "convolutions": 1,
    "portraits": None,
    "batch_size": 8,
    "steps_per_epoch": 30,
    "epochs": 4,
    "learning_rate": 8e-3,
    "compared_steps": 10,
}
FULL = {
    **models.bio_face_net.COMPACT,
    "portraits": 1000,
    "batch_size": 25,
    "steps_per_epoch": 500,
    "epochs": 40,
    "learning_rate": 1e-3,
    "compared_steps": 3000,
}

# %%
DATA_FOLDER = None  # such as "ffhq"
FAST_RUN = os.environ.get("FACEKIT_FAST_RUN") == "1" or not DATA_FOLDER
RUN_FOLDER = Path(tempfile.mkdtemp()) if FAST_RUN else Path("runs/notebook_05")
SIZE = 64

settings = FAST if FAST_RUN else FULL
RUN_FOLDER.mkdir(parents=True, exist_ok=True)
print("fast mode" if FAST_RUN else f"full mode on {DATA_FOLDER}")

# %% [markdown]
# ## What we will build
#
# Left a rendered portrait, then what it was rendered from. A network shall find the
# maps on the right from the picture on the left.


# %%
def show(pictures, titles, columns=None, width=1.8, limits=None):
    """Draw pictures side by side; maps of one channel in viridis, with their scale."""
    columns = columns or len(pictures)
    rows = -(-len(pictures) // columns)
    figure, axes = plt.subplots(
        rows,
        columns,
        figsize=(width * columns, 0.95 * width * rows),
        squeeze=False,
        layout="constrained",
    )
    limits = limits or [None] * len(pictures)
    for axis in axes.flat:
        axis.axis("off")
    for axis, picture, title, top in zip(
        axes.flat, pictures, titles, limits, strict=False
    ):
        picture = np.squeeze(picture)
        if picture.ndim == 2:
            drawn = axis.imshow(picture, cmap="viridis", vmin=0, vmax=top)
            figure.colorbar(drawn, ax=axis, fraction=0.05, pad=0.02)
        else:
            picture = picture / 255 if picture.dtype == np.uint8 else picture
            axis.imshow(np.clip(picture, 0, 1))
        axis.set_title(title)
    plt.show()


# %%
heads = portraits.load_embedded()
head = heads[12]
truth = skin_examples.portrait_maps(head)
skin = truth[..., 0] > 0
MAPS = ("melanin", "haemoglobin", "diffuse", "specular")
LIMITS = (spectra.MAX_MELANIN, spectra.MAX_HAEMOGLOBIN, 1.3, 0.3)
maps = [np.where(skin, truth[..., k], np.nan) for k in range(1, 5)]
show([head.pictures["bare"], *maps], ["portrait", *MAPS], limits=[None, *LIMITS])

# %% [markdown]
# ## Spectra
#
# All that follows happens in 33 bands from 400 to 720 nm. Melanin takes away blue light
# and lets red light pass. Blood has two humps near 540 and 577 nm, and hardly absorbs
# red. Tissue without either absorbs next to nothing, and scatters blue more than red.

# %%
bands = spectra.WAVELENGTHS
figure, (left, right) = plt.subplots(1, 2, figsize=(9, 2.8), layout="constrained")
for name, label in (
    ("melanin", "melanosomes"),
    ("blood", "blood"),
    ("baseline", "bloodless tissue"),
):
    values = getattr(spectra.skin, f"{name}_absorption")()
    left.semilogy(bands, values, label=label)
left.set(title="absorption, per cm", xlabel="nm")
left.legend(loc="upper right", fontsize=8)
right.plot(bands, spectra.skin.scattering())
right.set(title="scattering of the dermis, per cm", xlabel="nm")
plt.show()

# %% [markdown]
# The absorption of bloodless tissue is 0.244 + 85.3 exp(-(nm - 154) / 66.2) per
# *centimetre* (Jacques 1998). Code published with the paper has a tenth of that beside
# scattering per centimetre; with it, skin comes out too saturated.
#
# ## Reflectance
#
# Light passes the epidermis ($T$), is scattered back by the dermis (Kubelka and Munk's
# $R_d$), and passes the epidermis again. The surface adds a share $s$ of its own:
#
# $$R = s + (1 - s)\,T^2 R_d$$
#
# `SkinReflectance` computes it for any map of pigments, with gradients.

# %%
reflectance = layers.SkinReflectance()
people = {"very light": (0.015, 0.03), "light": (0.04, 0.03), "brown": (0.10, 0.04)}
people |= {"dark": (0.22, 0.04), "light, flushed": (0.04, 0.06)}
figure, axis = plt.subplots(figsize=(7, 2.8), layout="constrained")
for name, (melanin, blood) in people.items():
    pigments = [np.array([[x]], "float32") for x in (melanin, blood)]
    spectrum = np.asarray(reflectance(pigments))[0]
    linear = spectra.reflectance_to_srgb(spectrum)
    axis.plot(bands, spectrum, color=spectra.encode_srgb(linear), lw=3, label=name)
axis.set(title="reflectance, each in its own colour", xlabel="nm")
axis.legend(loc="center left", bbox_to_anchor=(1, 0.5))
plt.show()

# %% [markdown]
# Look at the dip near 560 nm: that is blood, in light skin above all. Now the whole
# range of both pigments at once, and beside it the colour of real skin as
# spectrophotometers measure it.

# %%
steps = np.linspace(0.25, 1, 24, dtype="float32")
melanin, blood = np.meshgrid(
    spectra.MAX_MELANIN * steps**3, spectra.MAX_HAEMOGLOBIN * steps**3
)
chart = np.asarray(reflectance([melanin[..., None], blood[..., None]]))
chart = spectra.reflectance_to_srgb(chart)

# CIELAB of facial skin, light to dark.
measured = np.array(
    [(70, 9, 14), (66, 10.5, 16), (61, 11.5, 18.5), (55, 12.5, 20), (47, 13, 20)]
    + [(40, 14, 18), (36, 13, 15)],
    float,
)
distance = deltaE_ciede2000(
    measured[:, None], linear_to_lab(chart).reshape(1, -1, 3)
).min(1)
patches = np.clip(skimage.color.lab2rgb(measured[None]), 0, 1).repeat(2, 0)
figure, (left, right) = plt.subplots(
    1, 2, figsize=(8, 3), width_ratios=(3, 1), layout="constrained"
)
left.imshow(spectra.encode_srgb(chart), origin="lower")
left.set(title="the model", xlabel="more melanin →", ylabel="more blood →")
right.imshow(patches.transpose(1, 0, 2))
right.set(title="measured")
for axis in (left, right):
    axis.set(xticks=[], yticks=[])
plt.show()
print("distance of each measured colour to the nearest of the chart, CIEDE2000:")
print(distance.round(1))
assert distance.max() < 5

# %% [markdown]
# ## Light
#
# A bulb is reddish, a fluorescent lamp has spikes. `Illuminant` mixes the standard
# illuminants A, D and F1 to F12 from 15 numbers, so that a network can name any of
# them, or something between.

# %%
NAMES = ("A", "D50", "D65", "F2", "F11")
figure, (left, right) = plt.subplots(1, 2, figsize=(9, 2.8), layout="constrained")
for name in NAMES:
    left.plot(bands, spectra.illuminant(name), label=name)
left.set(title="illuminants, sum 1", xlabel="nm")
left.legend()
logits = np.zeros((3, 15), "float32")
logits[1, 0], logits[2, 1] = 9, 9
for light, label in zip(
    np.asarray(layers.Illuminant()(logits)),
    ("all alike", "A wins", "daylight wins"),
    strict=True,
):
    right.plot(bands, light, label=label)
right.set(title="what the layer makes of 15 numbers", xlabel="nm")
right.legend(loc="upper center", fontsize=8, ncols=3)
right.set_ylim(0, 0.085)
plt.show()

# %% [markdown]
# ## Camera
#
# Three curves make a camera. Those of 52 measured cameras lie close together: two
# numbers, along the first two principal components, tell most of them apart.

# %%
figure, axes = plt.subplots(1, 3, figsize=(10, 2.4), layout="constrained", sharey=True)
for axis, weights in zip(axes, ((0, 0), (2, 0), (0, 2)), strict=True):
    curves = layers.CameraSensitivity()(np.array([weights], "float32"))[0]
    for curve, colour in zip(np.asarray(curves).T, "rgb", strict=True):
        axis.plot(bands, curve, colour)
    axis.set(title=f"camera {weights}", xlabel="nm")
plt.show()

# %% [markdown]
# ## The decoder
#
# `SpectralRender` does what a camera does. It sums light times reflectance times
# sensitivity over the bands, balances white, goes to sRGB by a colour matrix that is
# fitted to this camera in the graph, and applies the transfer curve of displays. White
# must come out white in every light and by every camera:

# %%
rng = np.random.default_rng(0)
white = []
for name in ("A", "D50", "D65", *(f"F{k}" for k in range(1, 13))):
    for weights in rng.uniform(-2, 2, (4, 2)):
        ones = np.ones(33)
        seen = spectra.illuminant(name), spectra.camera(weights)
        white.append(spectra.reflectance_to_srgb(ones, *seen))
print("white, smallest and largest channel:", np.min(white), np.max(white))
assert np.allclose(white, 1)

# %% [markdown]
# Skin does not stay the same: a light skin by four cameras in five lights, white
# balanced each time.

# %%
cameras = ("Canon EOS 5D Mark II", "Nikon D700", "Sony ILCE-7M3", "ARRI D21")
spectrum = spectra.skin_reflectance(0.04, 0.035)
tones = [
    [spectra.reflectance_to_srgb(spectrum, spectra.illuminant(n), spectra.camera(c))]
    for c in cameras
    for n in NAMES
]
tones = spectra.encode_srgb(np.array(tones)).reshape(len(cameras), len(NAMES), 3)
figure, axis = plt.subplots(figsize=(6, 2.6))
axis.imshow(tones, aspect="auto")
axis.set_xticks(range(len(NAMES)), NAMES)
axis.set_yticks(range(len(cameras)), cameras)
plt.show()

# %% [markdown]
# Now a face. From the true maps of the portrait, its true light and camera, the decoder
# makes the portrait again. What is left is the tint of the lamps, which one shading for
# all colours cannot hold.

# %%
capture = portraits.portrait_capture(head.seed)
scene = [truth[None, ..., k : k + 1] for k in range(1, 5)]
scene += [capture.illuminant[None], capture.sensitivities[None]]
scene = [np.asarray(x, "float32") for x in scene]
render = layers.SpectralRender()
painted = np.asarray(render(scene))[0]
picture = head.pictures["bare"] / 255
difference = np.where(skin, np.abs(painted - picture).mean(-1), np.nan)
show(
    [picture, painted * skin[..., None], difference],
    ["portrait", "decoded from its maps", "difference"],
    limits=[None, None, 0.1],
)
exact = np.asarray(layers.SpectralRender(exact=True)(scene))[0]
print("polynomials against 33 bands, of 255:", 255 * np.abs(exact - painted).max())
assert np.nanmean(difference) < 0.03
assert np.abs(exact - painted).max() < 1 / 255

# %% [markdown]
# The decoder is differentiable. So pigments can be found without any network: start
# with the same skin everywhere and descend. But see what happens if shading is free as
# well: a darker skin in more light looks alike. **A picture alone does not tell melanin
# from shade.** A network that has seen many faces can know better.

# %%
target = tf.constant(picture[None, 64:192:2, 64:192:2], tf.float32)
inside = skin[64:192:2, 64:192:2]


def descend(start_melanin, num_steps=60):
    """Fit melanin, blood and shading to a picture; returns melanin and the error."""
    shape = (1, *inside.shape, 1)
    starts = start_melanin, 0.6, 0.7
    units = [keras.Variable(np.full(shape, x, "float32")) for x in starts]
    optimizer = keras.optimizers.Adam(0.03)
    optimizer.build(units)

    @tf.function
    def step():
        with tf.GradientTape() as tape:
            melanin = ops.clip(units[0], 0, 1) ** 3 * spectra.MAX_MELANIN
            blood = ops.clip(units[1], 0, 1) ** 3 * spectra.MAX_HAEMOGLOBIN
            maps = [melanin, blood, ops.abs(units[2]), tf.zeros(shape)]
            error = tf.reduce_mean(tf.square(render([*maps, *scene[4:]]) - target), -1)
            loss = tf.reduce_mean(tf.boolean_mask(error[0], inside))
        slopes = tape.gradient(loss, [unit.value for unit in units])
        optimizer.apply(slopes, units)
        return loss, melanin

    for _ in range(num_steps):
        loss, melanin = step()
    return np.where(inside, melanin[0, ..., 0], np.nan), float(loss) ** 0.5


found = [descend(start) for start in (0.35, 0.8)]
true = np.where(inside, truth[64:192:2, 64:192:2, 1], np.nan)
show(
    [true, *(melanin for melanin, _ in found)],
    ["true melanin", *(f"from a guess, error {255 * e:.0f}" for _, e in found)],
    limits=[spectra.MAX_MELANIN] * 3,
)

# %% [markdown]
# ## Examples
#
# `facekit.portraits` gives pictures with true maps. Every third head is held out. Of
# the others, every second plays a photograph: of it the network gets the picture, the
# smooth light that explains it on an average face, and likely highlights (`known` = 0).
# In full mode your photographs take their place, and all the others show their truth.

# %%
if FAST_RUN:
    folders = portraits.embedded_folders()
else:
    made = portraits.render_folder(
        RUN_FOLDER / "portraits", settings["portraits"], 128, 0, ("light", "camera")
    )
    folders = sorted(made)
held_out = skin_examples.portrait_arrays(folders[::3], SIZE)
others = [folder for number, folder in enumerate(folders) if number % 3]
known = skin_examples.portrait_arrays(others[::2] if FAST_RUN else others, SIZE)
if FAST_RUN:
    photos = [folder / "bare.webp" for folder in others[1::2]]
else:
    photos = data.photo_files(DATA_FOLDER)
cache = RUN_FOLDER / "crops"
crops, landmarks, _ = data.aligned_faces(photos, 4 * SIZE, cache)
unknown = skin_examples.photo_arrays(crops, landmarks, SIZE, cache)

training_arrays = skin_examples.join(known, unknown)
examples = skin_examples.SkinExamples(**training_arrays)
test = skin_examples.SkinExamples(**held_out, augment=False, shuffle=False)
test = test.batch(0, len(held_out["crops"]))
batch = examples.batch(0, 4)
print({key: value.shape for key, value in batch.items()})
show(
    [batch[name][i] for name in ("image", "skin", *MAPS) for i in range(4)],
    [name for name in ("image", "skin", *MAPS) for _ in range(4)],
    columns=4,
    limits=[x for x in (None, 1, *LIMITS) for _ in range(4)],
)

# %% [markdown]
# ## The network
#
# An encoder, one decoder with skip connections for each of the four maps, and a small
# head for the 15 numbers of the light and the 2 of the camera. All go into
# `SpectralRender`, whose picture must be the input again.


# %%
def make_network(**options):
    """A network of this notebook's size."""
    sizes = settings["filters"], settings["convolutions"]
    return models.BioFaceNet(*sizes, **options)


for name, network in {
    "this notebook's": make_network(),
    "compact": models.BioFaceNet.compact(),
    "the paper's": models.BioFaceNet(),
}.items():
    print(f"{name:16} {network.count_params() / 1e6:6.2f} M parameters")

# %% [markdown]
# ## Losses
#
# `BioFaceLoss` has a term for what is seen, one for each thing that is likely (smooth
# shading, few highlights, a common camera), and one for each map that is known:

# %%
network = make_network()
for name, value in losses.BioFaceLoss().terms(batch, network(batch["image"])).items():
    print(f"{name:18} {float(value):.6f}")

# %% [markdown]
# ## Training
#
# The loss needs the whole batch, so we give it to `fit` as `y` and overwrite
# `compute_loss`.


# %%
class SkinModel(models.BioFaceNet):
    """A network that knows its loss."""

    loss_terms = losses.BioFaceLoss()

    def compute_loss(self, x, y, y_pred, sample_weight=None, training=True):
        """Sum of the loss terms."""
        return sum(self.loss_terms.terms(y, y_pred).values())


def dataset(examples):
    """Batches of examples as `fit` takes them, without end."""
    signature = {
        key: tf.TensorSpec((None, *value.shape[1:]), tf.float32)
        for key, value in examples.batch(0, 1).items()
    }
    batches = tf.data.Dataset.from_generator(
        lambda: examples.batches(settings["batch_size"]), output_signature=signature
    )
    return batches.map(lambda batch: (batch["image"], batch)).prefetch(4)


def fit(network, steps, epochs=1, **options):
    """Train a network with a falling rate."""
    rate = keras.optimizers.schedules.CosineDecay(
        settings["learning_rate"], steps * epochs
    )
    network.compile(keras.optimizers.Adam(rate, global_clipnorm=1.0))
    # With its variables there already, a step is traced once, not twice.
    network.optimizer.build(network.trainable_variables)
    return network.fit(
        dataset(examples), steps_per_epoch=steps, epochs=epochs, **options
    )


def new_network(**options):
    """An untrained network; in fast mode its averages follow its few steps."""
    network = SkinModel(settings["filters"], settings["convolutions"], **options)
    for layer in network.layers:
        if isinstance(layer, keras.layers.BatchNormalization) and FAST_RUN:
            layer.momentum = 0.9
    return network


# %%
network = new_network()
history = fit(network, settings["steps_per_epoch"], settings["epochs"], verbose=2)
assert history.history["loss"][-1] < 0.8 * history.history["loss"][0]

# %% [markdown]
# The held-out heads, found above true:

# %%
maps = network.predict(test["image"], verbose=0)
chosen = np.linspace(0, len(test["image"]) - 1, 4).astype(int)
inside = test["skin"] > 0.5
rows, titles, limits = [], [], []
for name, top in zip(MAPS, LIMITS, strict=True):
    for source, kind in ((maps, "found"), (test, "true")):
        rows += [np.where(inside[i], source[name][i], np.nan) for i in chosen]
        titles += [f"{name}, {kind}"] * 4
        limits += [top] * 4
show(
    [*test["image"][chosen], *maps["reconstruction"][chosen], *rows],
    ["image"] * 4 + ["reconstruction"] * 4 + titles,
    columns=4,
    limits=[None] * 8 + limits,
)

# %% [markdown]
# ## Evaluation
#
# Since the truth is known, maps can be measured, which photographs do not allow. `r` is
# the correlation over all skin; the baseline answers the mean of the training heads.


# %%
def markdown_table(rows):
    """Show a list of dicts as a table."""
    lines = [list(rows[0]), ["---"] * len(rows[0])]
    for row in rows:
        lines.append([x if isinstance(x, str) else f"{x:.3g}" for x in row.values()])
    text = "\n".join("| " + " | ".join(line) + " |" for line in lines)
    display(Markdown(text))


def correlations(maps):
    """Correlation of each map with the truth, over the skin of held-out heads."""
    return {
        name: float(np.corrcoef(test[name][inside], maps[name][inside])[0, 1])
        for name in MAPS
    }


rows = []
scores = correlations(maps)
number = {name: k for k, name in enumerate(skin_examples.MAPS)}
for name in MAPS:
    true, found = test[name][inside], maps[name][inside]
    seen = known["maps"].astype("float32")
    mean = seen[..., number[name]][seen[..., 0] > 0.5].mean()
    errors = np.abs(true - found).mean(), np.abs(true - mean).mean()
    rows.append({"map": name, "r": scores[name], "error": errors[0], "mean": errors[1]})
markdown_table(rows)
assert scores["melanin"] > 0.4
error = np.abs(maps["reconstruction"] - test["image"])[inside[..., 0]].mean()
flat = np.abs(test["image"][inside[..., 0]].mean(0) - test["image"])[inside[..., 0]]
print(f"reconstruction: {255 * error:.1f} of 255; a mean skin: {255 * flat.mean():.1f}")
assert error < flat.mean()

# %% [markdown]
# ## Losses compared
#
# Three questions that the literature leaves open, each with as many steps from the same
# start: what shall be said of highlights, how is a picture compared, and does wider
# context help? In fast mode the runs are too short to answer them; look at the mean of
# the specular map of photographs, which the paper's weight pulls to black, and at the
# table after a full run.

# %%
versions = {
    "L2, 1e-8 (facekit)": ({}, {}),
    "L2, 8e-3 (paper)": ({"specular_weight": 8e-3}, {}),
    "L2, 8e-3 of the dark channel": (
        {"specular_target": "dark_channel", "specular_weight": 8e-3},
        {},
    ),
    "MS-SSIM and L2, 1e-8": ({"appearance": "both"}, {}),
    "L2, 1e-8, pyramid": ({}, {"pyramid": True}),
}
photographs = unknown["crops"] / np.float32(255)
photographed = unknown["maps"][..., :1] > 0.5
rows = []
for name, (loss_options, network_options) in versions.items():
    keras.utils.set_random_seed(0)
    version = new_network(**network_options)
    version.loss_terms = losses.BioFaceLoss(**loss_options)
    fit(version, settings["compared_steps"], verbose=0)
    compared = version.predict(test["image"], verbose=0)
    mean = version.predict(photographs, verbose=0)["specular"][photographed].mean()
    rows.append({"loss": name, **correlations(compared), "mean specular": mean})
markdown_table(rows)

# %% [markdown]
# ## Export
#
# `export_skin` writes a SavedModel that takes pictures apart. Two more signatures make
# it a tool: `render` paints maps, and `edit` says what a change does.

# %%
from facekit.export import export_skin, run_in_fresh_process

folder = RUN_FOLDER / "saved_model"
export_skin(network, folder, {"version": "1", "working_size": SIZE})
reloaded = run_in_fresh_process(folder, {"image": test["image"][:2]})
difference = {
    name: float(np.abs(value - maps[name][:2]).max())
    for name, value in reloaded.items()
}
print("largest difference to the network:", difference)
assert difference["reconstruction"] < 0.02
tool = facekit.load(folder)
odd = tool.saved_model(image=test["image"][:1, :60, :50])
print("another size:", odd["melanin"].shape)

# %% [markdown]
# ## Changing skin
#
# A decoded picture is blurred: it has 64 pixels a side. So what is applied to a photo
# is the *ratio* of two decoded pictures, formed in the camera's own colours and
# enlarged. Pores and hairs stay, and what is not skin keeps its bytes. Pigments are
# changed in the network's units, which run from -1 to 1.

# %%
portrait = head.pictures["bare"]
faces = facekit.find_faces(portrait)
changes = {
    "melanin +0.4": {"melanin": 0.4},
    "haemoglobin +0.3": {"haemoglobin": 0.3},
    "melanin -0.4": {"melanin": -0.4},
    "by ARRI D21, in F11": {"camera": "ARRI D21", "illuminant": "F11"},
}
edited = {name: tool(portrait, faces=faces, **c).image for name, c in changes.items()}
show([portrait, *edited.values()], ["portrait", *edited], width=2.2)
result = tool(portrait, faces=faces)
other = result.maps["changed"] == 0
for image in edited.values():
    assert np.array_equal(image[other], portrait[other])
darker, redder = edited["melanin +0.4"].astype(int), edited["haemoglobin +0.3"]
assert darker[~other].mean() < portrait[~other].mean() - 5
assert redder[~other][:, 1].mean() < portrait[~other][:, 1].mean()

# %% [markdown]
# And a photograph, of the astronaut Eileen Collins (NASA, public domain). With the
# network of this notebook, which has not seen a single photograph in fast mode:

# %%
astronaut = skimage.data.astronaut()
result = tool(astronaut)
x0, y0, x1, y1 = np.add(result.faces[0].box, (-20, -40, 20, 15)).astype(int)
where = result.maps["validity"][y0:y1, x0:x1] > 0.5
seen = [np.where(where, result.maps[k][y0:y1, x0:x1], np.nan) for k in MAPS]
darker = tool(astronaut, melanin=0.4, faces=result.faces).image
show(
    [astronaut[y0:y1, x0:x1], *seen, darker[y0:y1, x0:x1]],
    ["photograph", *MAPS, "melanin +0.4"],
    columns=3,
    width=2.4,
    limits=[None, *LIMITS, None],
)

# %% [markdown]
# On the command line this is `facekit skin PHOTO -o FOLDER --melanin 0.4`, with the
# network that comes with facekit.
#
# ## Limits and ethics
#
# * **Nobody has measured these maps on photographs.** They are the most plausible
#   explanation to a network that learned on rendered portraits. They are no medical
#   findings and no basis for any decision about a person.
# * Brightness is ambiguous: a lighter skin in less light looks the same. Do not compare
#   people's melanin across photographs without a reference in the picture.
# * Skin tone is not ancestry, and changing it in someone's photograph is a statement
#   about them: ask first. Look at the errors by tone (`facekit evaluate skin` prints
#   them) before you trust the average.
# * Makeup, tattoos, scars and sunburn are no mixture of melanin and blood; the network
#   will call them that all the same. So it does with coloured light.
# * Skin darker than a melanin share of 0.30 is beyond the model, which turns orange
#   there.
#
# ## References
#
# Alotaibi, Smith: *BioFaceNet: Deep Biophysical Face Image Interpretation*, BMVC 2019.
# Krishnaswamy, Baranoski: *A Biophysically-Based Spectral Model of Light Interaction
# with Human Skin*, 2004. Jacques: *Optical properties of biological tissues: a review*,
# 2013. Jiang et al.: *What is the space of spectral sensitivity functions for digital
# color cameras?*, 2013.
