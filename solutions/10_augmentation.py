# ---
# jupyter:
#   course:
#     title: Augmentation
#     summary: More pictures from those you have, which of them keep their labels, and what that is worth.
#     minutes: {quick: 0.8, full: 3}
#     memory_gb: {quick: 1.6, full: 3}
#     needs: []
# ---

# %% [markdown]
# # 10 · Augmentation
#
# A cat that moves a little to the left is still a cat. To a net it is a picture it has never seen. Augmentation makes
# such pictures from those you have, and gives them the labels you know. Done right it is worth many labels; done
# wrong it teaches what is not so.
#
# **You will be able to**
#
# * say which transformations keep a label, for a given task, and measure what happens when one does not;
# * build a pipeline of Keras layers, and check that it does what you meant;
# * mix pictures and their labels with MixUp and CutMix;
# * decide whether to augment in the model or before it, and know what each costs;
# * find out in a fair experiment what an augmentation is worth, in training and at test time.
#
# {{cost}}

# %% tags=["start"]
import course

run = course.start(seed=0)

# %% [markdown]
# ## A cat that moved is another picture
#
# Compare two pictures pixel by pixel, by the root of the mean squared difference. Move the cat to the right by a
# tenth of the picture, and compare it with where it was. Then compare it with a cup of coffee.
#
# **Predict.** How far is the moved cat from the cat, measured in the distance between cat and cup? 0 is not at all, 1
# is as far as the cup.

# %%
guess = ...

# %%
import keras
import numpy as np
from keras import layers

from course import augmentation, datasets
from course.exercises import reveal
from course.figures.gallery import gallery

photographs = datasets.photographs(80)
named = dict(zip(photographs.class_names, photographs.train.images))
cat, cup = named["chelsea"], named["coffee"]


def distance(one, other):
    return float(np.sqrt(np.mean((one - other) ** 2)))


to_the_right = layers.RandomTranslation((0, 0), (0.1, 0.1), fill_mode="nearest")
moved = augmentation.variants(to_the_right, cat, count=1)[0]
reveal(guess, round(distance(cat, moved) / distance(cat, cup), 1), factor=1.2)

# %%
gallery(
    {"": np.stack([cat, moved, cup])},
    {"": ["cat", "moved", "cup"]},
    alt="A cat's face, the same face further to the right, and a cup of coffee.",
)

# %% [markdown]
# (The photographs, which come with scikit-image: cat by Stefan van der Walt, cup by Rachel Michetti, both CC0.)
#
# What you know and the net does not: moving changes the picture and keeps the label. A transformation $T$ with this
# property is **label-preserving**. Augmentation draws one for each picture, anew in each epoch, so the net minimizes
#
# $$\mathbb{E}_{(x,\,y)}\; \mathbb{E}_{T}\; L\big(f(T x),\, y\big)$$
#
# and hardly ever sees the same pixels twice. It adds no new cats. It says what does not matter.
#
# ## Keras's layers draw
#
# Each is a layer. It draws a transformation, for each picture of the batch its own.

# %%
GEOMETRY = {
    'RandomFlip("horizontal")': layers.RandomFlip("horizontal"),
    "RandomTranslation(0.2, 0.2)": layers.RandomTranslation(0.2, 0.2),
    "RandomRotation(0.1)": layers.RandomRotation(0.1),
    "RandomZoom(0.3)": layers.RandomZoom(0.3),
    "RandomShear(0.3)": layers.RandomShear(0.3),
    "RandomCrop(56, 56)": layers.RandomCrop(56, 56),
}
keras.utils.set_random_seed(2)
drawn = {name: augmentation.variants(layer, cat) for name, layer in GEOMETRY.items()}
assert np.ptp(drawn["RandomCrop(56, 56)"], axis=0).max() == 0
gallery(
    drawn,
    alt="Six draws of each layer: the cat flipped, moved, turned, zoomed, sheared, cropped.",
)

# %% [markdown]
# Look at the last row. Its six crops are one and the same: RandomCrop draws one place for the whole batch. We shall
# find more such things, so look before you train.
#
# **Predict.** You call a layer on pictures and say nothing about `training`. Does `RandomRotation` change them? Does
# `GaussianNoise`? Answer with `guess = (…, …)`, each True or False.

# %%
guess = ...


# %%
def changes(layer, **flag):
    """Return whether the layer changes the cat."""
    return not np.allclose(keras.ops.convert_to_numpy(layer(cat[None], **flag)), cat[None])


turned, noisy = layers.RandomRotation((0.1, 0.1)), layers.GaussianNoise(0.1)
reveal(guess, (changes(turned), changes(noisy)))
assert not changes(turned, training=False) and not changes(noisy, training=False)
assert changes(turned, training=True) and changes(noisy, training=True)

# %% [markdown]
# Keras's preprocessing layers are on unless you say `training=False`; its regularization layers, such as noise and
# dropout, are off unless you say `training=True`. Called by hand, say which.
#
# Inside a model you need not: `fit` trains with True, `predict` and `evaluate` say False, and then every one of these
# layers hands on what it gets. Test pictures stay as they are. But a model called by hand, `model(x)`, augments: there
# too say `training=False`.
#
# ## A picture that is a ruler
#
# What does 0.1 mean in `RandomRotation(0.1)`: degrees, radians, something else? Do not guess, measure. `ruler()` is
# a picture that knows where its pixels are: red grows to the right, green grows downwards, blue is the same
# everywhere. After a layer has been at it, red and green say where each pixel comes from, and blue how much
# brighter it became.

# %%
ruler = augmentation.ruler()
turned_rulers = augmentation.variants(GEOMETRY["RandomRotation(0.1)"], ruler)
gallery(
    {"": np.concatenate([ruler[None], turned_rulers])},
    {"": ["ruler", *["turned"] * 6]},
    alt="A square that is red at its right and green at its bottom, and six turned ones.",
)

# %% [markdown]
# **Predict.** `RandomRotation(0.1)` turns by up to how many degrees, either way?

# %%
guess = ...

# %%
turns = augmentation.measure(layers.RandomRotation(0.1), count=1000)["turn"]
reveal(guess, round(float(turns.abs().max())))

# %% [markdown]
# **Predict.** `RandomFlip()` without an argument is `RandomFlip("horizontal_and_vertical")`. In how many different
# ways does it hand on a picture, over many draws?

# %%
guess = ...

# %%
flips = augmentation.measure(layers.RandomFlip(), count=200).round(2)
found = flips[["mirrored", "turn"]].assign(turn=flips["turn"] % 360).drop_duplicates()
reveal(guess, len(found))

# %%
from course.figures.tables import show_table

show_table(found)

# %% [markdown]
# One coin decides for both directions: the picture stays, or it is flipped both ways, which is half a turn. For flips
# in four ways put `RandomFlip("horizontal")` and `RandomFlip("vertical")` in a row.
#
# Now the others. For each layer, the smallest and largest value of what the ruler shows:

# %%
import pandas

MEASURED = {
    "RandomRotation(0.1)": layers.RandomRotation(0.1),
    "RandomTranslation(0.1, 0.2)": layers.RandomTranslation(0.1, 0.2),
    "RandomZoom((0, 0.5))": layers.RandomZoom((0.0, 0.5)),
    "RandomShear(0.2)": layers.RandomShear(0.2),
}
rows = []
for name, layer in MEASURED.items():
    seen = augmentation.measure(layer, count=200).drop(columns=["mirrored", "brighter"])
    ranges = {
        what: f"{values.min():.2f} to {values.max():.2f}" if values.std() > 1e-3 else "–"
        for what, values in seen.items()
    }
    rows.append({"layer": name} | ranges)
show_table(pandas.DataFrame(rows))

# %% [markdown]
# Turns are in degrees, shifts (`right`, `down`) in shares of the picture. So:
#
# * rotation counts in full turns: $x$ degrees are $x/360$;
# * translation takes the height first, as a share;
# * a zoom above 0 makes things *smaller*: it shows more;
# * shear keeps the top row in place, so that the middle moves as well.
#
# **Exercise 1.** A layer does not send pixels anywhere. For each pixel of the *result* it asks where in the picture
# to read. `RandomRotation` turns anticlockwise by `factor`, about the middle of `size` × `size` pixels. From where
# does it read for its pixel (`row`, `column`)? Rows and columns count from 0; the answer need not be whole.
# `exercises.read_from.hint()` gives a hint; every exercise has some.

# %% exercise="read_from"
import math

from course.exercises import augmentation as exercises


def read_from(row, column, size, factor):
    """Return the place (row, column) in the picture, two numbers."""
    ### BEGIN SOLUTION
    middle = (size - 1) / 2
    cosine, sine = math.cos(2 * math.pi * factor), math.sin(2 * math.pi * factor)
    down, across = row - middle, column - middle
    return middle + sine * across + cosine * down, middle + cosine * across - sine * down
    ### END SOLUTION


exercises.read_from.check(read_from)

# %% [markdown]
# Where that place lies beyond the edge, `fill_mode` says what to read. "reflect" is the default. For digits on an
# empty background "constant" is right: "reflect" can draw a second digit.

# %%
modes = ["reflect", "nearest", "constant", "wrap"]
a_third = {"height_factor": (0.3, 0.3), "width_factor": (0.3, 0.3)}
filled = [layers.RandomTranslation(**a_third, fill_mode=mode) for mode in modes]
gallery(
    {"": np.concatenate([augmentation.variants(layer, cat, count=1) for layer in filled])},
    {"": modes},
    alt="The same shift, its empty edge filled in four ways.",
)

# %% [markdown]
# ## Colours need to know where white is
#
# Layers that change values have an argument `value_range`, and it is (0, 255) unless you say otherwise. Most nets are
# fed pictures from 0 to 1, and so are ours.
#
# **Predict.** `RandomBrightness(0.2)`, without more, on pictures from 0 to 1. Which share of them comes out all
# black?

# %%
guess = ...

# %%
wrong_range = augmentation.variants(layers.RandomBrightness(0.2), cat, count=500)
reveal(guess, round(float((wrong_range.max(axis=(1, 2, 3)) == 0).mean()), 1))

# %%
COLOURS = {
    "value_range forgotten": layers.RandomBrightness(0.2),
    "RandomBrightness(0.3)": layers.RandomBrightness(0.3, value_range=(0, 1)),
    "RandomContrast((0.6, 0.6))": layers.RandomContrast((0.6, 0.6), value_range=(0, 1)),
    "RandomSaturation((0.2, 0.8))": layers.RandomSaturation((0.2, 0.8), value_range=(0, 1)),
    "RandomHue((0, 0.1))": layers.RandomHue((0, 0.1), value_range=(0, 1)),
    "GaussianNoise(0.1)": layers.GaussianNoise(0.1),
    "RandomGaussianBlur": layers.RandomGaussianBlur((1.0, 1.0), 9, 1.0, value_range=(0, 1)),
    "RandomErasing": layers.RandomErasing((1.0, 1.0), (0.05, 0.3), value_range=(0, 1)),
}
gallery(
    {name: augmentation.variants(layer, cat) for name, layer in COLOURS.items()},
    alt="The cat black or white; brighter, paler, in other colours, noisy, blurred, with a patch.",
)

# %% [markdown]
# Half of the pictures are darkened by up to 51, and black; the others brightened by up to 51, where white is 1.
# Nothing raises an error, and the net trains.
#
# `RandomColorJitter` puts brightness, contrast, saturation and hue into one layer.
#
# **Exercise 2, find the bug.** In fact there are two in this function, which ought to make each picture brighter or
# darker, up to black or white. Mend it.


# %%
def suspect(pictures, factor, seed):
    """Return pictures (n, height, width, channels) from 0 to 1, each brighter or darker."""
    added = np.random.default_rng(seed).uniform(-factor, factor)
    return np.clip(pictures + added, 0, 255)


# %% exercise="brightened"
def brightened(pictures, factor, seed):
    """Return pictures from 0 to 1, each brighter or darker by up to `factor`, an array."""
    ### BEGIN SOLUTION
    rng = np.random.default_rng(seed)
    added = rng.uniform(-factor, factor, size=(len(pictures), 1, 1, 1))
    return np.clip(pictures + added, 0, 1)
    ### END SOLUTION


exercises.brightened.check(brightened)

# %% [markdown]
# ## Measure before you trust
#
# Documentation can be wrong, and so can we. What three of Keras's layers do, by their documentation, and by counting:

# %%
stripes = np.tile(np.float32([0.4, 0.6]).reshape(1, 2, 1), (8, 4, 1))  # 0.2 apart


def contrast(factor):
    """Return by how much the stripes' distance is multiplied, in 500 draws."""
    layer = layers.RandomContrast(factor, value_range=(0, 1))
    drawn = augmentation.variants(layer, stripes, 500)
    return (drawn[:, 0, 1, 0] - drawn[:, 0, 0, 0]) / np.float32(0.2)


def erased(factor):
    """Return the share of 500 white pictures in which something was erased."""
    layer = layers.RandomErasing(factor, fill_value=0.0, value_range=(0, 1))
    drawn = augmentation.variants(layer, np.ones((16, 16, 1)), 500)
    return (drawn.min(axis=(1, 2, 3)) == 0).mean()


def grey(factor):
    """Return the share of 500 cats that come out without any colour."""
    drawn = augmentation.variants(layers.RandomSaturation(factor, value_range=(0, 1)), cat, 500)
    return (np.ptp(drawn, axis=-1).max(axis=(1, 2)) < 1e-3).mean()


counted = {"contrast": float(contrast(0.5).min()), "erased": float(erased(1.0)), "grey": float(grey(0.8))}
show_table(
    pandas.DataFrame(
        [
            ["RandomContrast(0.5)", "smallest factor", "0.5", round(counted["contrast"], 2)],
            ["RandomErasing(1.0)", "share of pictures erased", "1", round(counted["erased"], 1)],
            ["RandomSaturation(0.8)", "share without any colour", "0", round(counted["grey"], 1)],
        ],
        columns=["layer", "what", "documented", "counted"],
    )
)

# %% [markdown]
# A single number stands for a range, and the ranges differ. For rotation, translation, zoom, shear and brightness
# $f$ is from $-f$ to $f$. For contrast, hue, erasing, blur and CutMix it is from 0 to $f$: contrast then only rises,
# and `RandomErasing(1.0)` erases with a probability that is drawn between 0 and 1 itself. Saturation is documented
# like these, and drawn from $-f$ to $f$: what is below 0 comes out grey. With a pair you say what you mean.

# %%
both_ways = contrast((0.5, 0.5))
assert 0.5 <= both_ways.min() < 0.6 and 1.4 < both_ways.max() <= 1.5 + 1e-3
assert counted["contrast"] > 0.99 and 0.4 < counted["erased"] < 0.6 and 0.4 < counted["grey"] < 0.6
assert erased((1.0, 1.0)) == 1

# %% [markdown]
# **Exercise 3.** Build a layer for handwritten digits from 0 to 1, on black. It shifts each picture by up to an
# eighth of its height and of its width, turns it by up to 15° either way, and makes it brighter or darker by up to
# 0.2. What comes in at the edge is black. Pictures of any size; one layer or a `keras.Sequential` of several. The
# check puts rulers through it.

# %% exercise="for_digits"
### BEGIN SOLUTION
for_digits = keras.Sequential([
    layers.RandomRotation(15 / 360, fill_mode="constant"),
    layers.RandomTranslation(1 / 8, 1 / 8, fill_mode="constant"),
    layers.RandomBrightness(0.2, value_range=(0, 1)),
])  # fmt: skip
### END SOLUTION

exercises.for_digits.check(for_digits)

# %% [markdown]
# ## Which transformations keep the label?
#
# That depends on the task. A galaxy may be turned by any angle. A cat may be mirrored, and hardly ever stands on its
# head. A traffic sign that says "keep left" must not be mirrored, an X-ray of a chest not either: the heart is on the
# left. Colours do not matter to "cat", and are all that matters to "ripe".
#
# **Exercise 4.** Take the letters b, d, n, p, q and u in a plain font, where a bow is a bow. Which show *another* of
# them after half a turn? And which after a left-right flip? Answer as a dictionary:
# `{"half turn": {letter: what it shows, …}, "left-right flip": {…}}`.

# %% exercise="on_its_head"
### BEGIN SOLUTION
on_its_head = {
    "half turn": {"b": "q", "q": "b", "d": "p", "p": "d", "n": "u", "u": "n"},
    "left-right flip": {"b": "d", "d": "b", "p": "q", "q": "p"},
}
### END SOLUTION

exercises.on_its_head.check(on_its_head)

# %% [markdown]
# ## Experiment 1: turned by any angle
#
# A net that is to read digits in any position might be trained on digits turned by any angle: `rotation_range=180`,
# in many a recipe. What becomes of those whose label depends on it? The data: scikit-learn's handwritten digits, each
# in the middle of a frame of 12 × 12, and ten labels per class.

# %%
digits = datasets.digits()
print(digits, digits.source, sep="\n")


def framed(part, seed=None):
    """Return digits in frames of 12 × 12: in the middle, or with a `seed` each somewhere."""
    corners = np.full((len(part), 2), 2)
    if seed is not None:
        corners = np.random.default_rng(seed).integers(0, 5, size=(len(part), 2))
    frames = np.zeros((len(part), 12, 12, 1), "float32")
    for frame, digit, (row, column) in zip(frames, part.images, corners):
        frame[row : row + 8, column : column + 8] = digit
    return datasets.Part(frames, part.labels)


centred, centred_test = framed(digits.train), framed(digits.test)
any_angle = layers.RandomRotation(0.5, fill_mode="constant")
keras.utils.set_random_seed(1)
shown = [centred.images[centred.labels == digit][0] for digit in range(10)]
gallery(
    {
        "as they are": np.stack(shown),
        "turned": keras.ops.convert_to_numpy(any_angle(np.stack(shown), training=True)),
    },
    alt="The ten digits in their frames, and below each of them turned by some angle.",
)

# %% [markdown]
# **The fair comparison.** One net, the same five random starts, the same ten labels per class in each. Each start
# trains on 3,000 pictures: 30 copies of each picture, as they are or each turned by an angle of its own. The same
# number of steps, and the test digits upright, as they come.

# %%
from course.training import fit, over_seeds, restart

starts = run.pick(quick=5, full=20)
epochs = run.pick(quick=4, full=8)

net = keras.Sequential([
    keras.Input((12, 12, 1)),
    layers.Conv2D(16, 3, padding="same", activation="relu"),
    layers.MaxPooling2D(2),
    layers.Conv2D(32, 3, padding="same", activation="relu"),
    layers.MaxPooling2D(2),
    layers.Flatten(),
    layers.Dense(10),
])  # fmt: skip
net.compile(keras.optimizers.Adam(0.01), keras.losses.SparseCategoricalCrossentropy(from_logits=True))


def answers(train, test, per_class, layer=None):
    """Return what the net answers for the test digits, (starts, digits)."""

    def after_training(seed):
        restart(net)
        images, labels = augmentation.enlarged(train.few(per_class, seed), 3000, layer)
        fit(net, images, labels, batch_size=125, epochs=epochs)
        logits = net.predict_on_batch(test.images)
        return keras.ops.convert_to_numpy(logits).argmax(axis=1)

    return over_seeds(after_training, starts)


def recall(answered, test, digits):
    """Return for each start the share of these test digits that is answered right."""
    these = np.isin(test.labels, digits)
    return (answered == test.labels)[:, these].mean(axis=1)


upright = answers(centred, centred_test, 10)

# %% tags=["volatile"]
print("recall of 6 and 9:", recall(upright, centred_test, [6, 9]).round(2))

# %% [markdown]
# The **recall** of a class is the share of its test pictures that is found.
#
# **Predict.** Trained on pictures turned by any angle: what is the recall of 6 and 9 together, in the median over the
# starts?

# %%
guess = ...

# %% tags=["volatile"]
from course.figures import curves

turned = answers(centred, centred_test, 10, any_angle)
pair, others = [6, 9], [0, 1, 2, 3, 4, 5, 7, 8]
reveal(guess, round(float(np.median(recall(turned, centred_test, pair))), 2), factor=1.2)

# %% tags=["volatile"]
curves.bars(
    {
        "6 and 9": recall(upright, centred_test, pair),
        "6 and 9,\ntrained turned": recall(turned, centred_test, pair),
        "the others": recall(upright, centred_test, others),
        "the others,\ntrained turned": recall(turned, centred_test, others),
    },
    ylabel="recall on upright digits",
    title="Turning costs digits, and 6 and 9 more",
    alt="Four bars with a dot for each start: recall with and without turning.",
)

# %% [markdown]
# The others lose too: the net has to learn them in every position with the same steps. For 6 and 9 there is more to
# it. Turned far enough many are nearly the same picture with two labels, and where they are, no training resolves it.
# It shows in how often one is taken for the other:

# %%
labels = centred_test.labels


def taken_for_each_other(answered):
    """Return for each start the share of the test's 6s that are called 9, and of its 9s called 6."""
    taken = (answered == 6) & (labels == 9) | (answered == 9) & (labels == 6)
    return taken.sum(axis=1) / np.isin(labels, pair).sum()


lost = recall(upright, centred_test, pair) - recall(turned, centred_test, pair)
lost_others = recall(upright, centred_test, others) - recall(turned, centred_test, others)
assert np.median(lost) > 0.1 and 0 < np.median(lost_others) < np.median(lost)
assert np.median(taken_for_each_other(upright)) < 0.015
assert np.median(taken_for_each_other(turned)) > 0.03

# %% tags=["volatile"]
print("without turning:", taken_for_each_other(upright).round(3))
print("with turning:   ", taken_for_each_other(turned).round(3))

# %% [markdown]
# **What it does not show.** That turning is wrong for digits: by up to 15°, say, it keeps every label. Nor that half
# a turn spoils galaxies.
#
# ## The old recipe, in today's layers
#
# Many a tutorial augments with `ImageDataGenerator`, which Keras 3 no longer documents. A recipe that was copied far
# and wide:

# %%
recipe = {
    "rotation_range": 40,
    "width_shift_range": 0.2,
    "height_shift_range": 0.2,
    "shear_range": 0.2,
    "zoom_range": 0.2,
    "channel_shift_range": 20,
    "horizontal_flip": True,
}

# %% [markdown]
# **Predict.** The generator's documentation gives `shear_range` in degrees. A picture is 224 pixels high. By how many
# pixels does a shear of 0.2 move its bottom row against its top row?

# %%
guess = ...

# %%
reveal(guess, round(224 * math.sin(math.radians(0.2)), 1), factor=1.5)

# %% [markdown]
# In the early generator the angle was in radians, 0.2 was 11 degrees, and it moved columns up and down. In December
# 2017 the unit was changed, to be that of `rotation_range` (Keras, pull request 8868), and the recipe's shear was
# gone; later the axes were exchanged too, so that rows move. To have what its author had, say `RandomShear(0, 0.2)`.
#
# Row by row, with what the ruler measures:

# %%
table = augmentation.translation(**recipe)
old_recipe = augmentation.from_generator(**recipe, fill_mode="nearest")

MEANS = {
    "rotation_range": "turn",
    "width_shift_range": "right",
    "height_shift_range": "down",
    "shear_range": "slant",
    "zoom_range": "wide",
    "horizontal_flip": "mirrored",
}
for argument, layer in old_recipe.items():
    if argument in MEANS:
        seen = augmentation.measure(layer, count=200)[MEANS[argument]].astype(float)
        ruled = f"{MEANS[argument]} {seen.min():.3g} to {seen.max():.3g}"
        table.loc[table["argument"].str.startswith(argument), "the ruler shows"] = ruled
show_table(table.fillna("–"))

# %% [markdown]
# The generator wanted pictures from 0 to 255, so its channel shift of 20 is 20/255 of the range. The layers stand in
# the generator's order; each takes `fill_mode="nearest"`, which was the generator's default and is no longer. Two
# differences stay. The generator joined rotation, shift, shear and zoom into one map and interpolated once; layers in
# a row interpolate each time, and blur a little more. And the copy of it that Keras still carries exchanges the two
# shifts: put through the ruler, `width_shift_range` moves it up and down. With both at 0.2, who would see it?
#
# `layers.Pipeline` makes one layer of several, as `Sequential` does; it is no model, only a layer.

# %%
as_a_pipeline = layers.Pipeline(list(old_recipe.values()))
keras.utils.set_random_seed(3)
gallery(
    {"the old recipe": augmentation.variants(as_a_pipeline, cat * 255) / 255},
    alt="Six draws of the whole recipe: the cat turned, moved, zoomed, mirrored, its edges smeared.",
)

# %% [markdown]
# ## Boxes and masks go along
#
# A label survives a flip. A box does not, nor a mask: they speak of places. Keras's layers take a dictionary, and
# move `images`, `bounding_boxes` and `segmentation_masks` by the same draw. Do they fit afterwards? The mask knows:
# the box is the smallest that holds it.

# %%
scenes = datasets.shapes(64, 1, size=48, clutter=0, seed=1).train


def moved_together(layer):
    """Return the scenes' images, masks and boxes after a layer, as NumPy arrays."""
    boxes = {"boxes": scenes.boxes[:, None], "labels": scenes.labels[:, None]}
    together = {"images": scenes.images, "segmentation_masks": scenes.masks[..., None]}
    out = layer({**together, "bounding_boxes": boxes}, training=True)
    images, masks = out["images"], out["segmentation_masks"]
    parts = (images, masks, out["bounding_boxes"]["boxes"])
    images, masks, boxes = map(keras.ops.convert_to_numpy, parts)
    return images, masks[..., 0], boxes[:, 0]


def around(mask):
    """Return the smallest box around a mask: left, top, right, bottom."""
    rows, columns = np.nonzero(mask)
    return np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1])


def off(layer):
    """Return by how many pixels a box misses its mask, at the worst."""
    _, masks, boxes = moved_together(layer)
    there = [number for number, mask in enumerate(masks) if mask.any()]
    return max(np.abs(boxes[number] - around(masks[number])).max() for number in there)


xyxy = {"bounding_box_format": "xyxy"}
misses = {
    "RandomFlip": off(layers.RandomFlip("horizontal", **xyxy)),
    "RandomTranslation": off(layers.RandomTranslation(0.1, 0.1, fill_mode="constant", **xyxy)),
    "RandomCrop": max(off(layers.RandomCrop(40, 40, **xyxy)) for _ in range(5)),
}
show_table(pandas.DataFrame(misses.items(), columns=["layer", "pixels off"]).round(1))

# %% [markdown]
# Half a pixel is the mask's own rounding. But up to Keras 3.15 RandomCrop exchanges the two axes: it moves boxes to the
# left by what it should move them up (issue 23518 of Keras, mended since). Draw a few before you train: it takes a
# minute.

# %%
assert misses["RandomFlip"] < 0.01 and misses["RandomTranslation"] < 0.51


def outlined(images, boxes):
    """Return the images with white outlines of their boxes."""
    images = images.copy()
    for image, box in zip(images, boxes):
        left, top, right, bottom = np.rint(box).astype(int).clip(0, len(image))
        image[top : bottom + 1, [max(left - 1, 0), min(right, len(image) - 1)]] = 1
        image[[max(top - 1, 0), min(bottom, len(image) - 1)], left : right + 1] = 1
    return images


flipped, _, flipped_boxes = moved_together(layers.RandomFlip("horizontal", **xyxy))
cropped, _, cropped_boxes = moved_together(layers.RandomCrop(40, 40, **xyxy))
gallery(
    {
        "scenes": outlined(scenes.images[:6], scenes.boxes[:6]),
        "RandomFlip": outlined(flipped[:6], flipped_boxes[:6]),
        "RandomCrop": outlined(cropped[:6], cropped_boxes[:6]),
    },
    alt="Coloured shapes in white boxes, as they are, flipped, and cropped.",
)

# %% [markdown]
# **Exercise 5.** Exchange left and right, of a picture (height, width, channels), its mask (height, width) and its
# boxes (n, 4). A box is left, top, right, bottom, in pixels from the top left corner: right − left is its width.


# %% exercise="mirrored"
def mirrored(picture, mask, boxes):
    """Return picture, mask and boxes, left and right exchanged, three arrays."""
    ### BEGIN SOLUTION
    left, top, right, bottom = boxes.T
    width = picture.shape[1]
    boxes = np.stack([width - right, top, width - left, bottom], axis=1)
    return picture[:, ::-1], mask[:, ::-1], boxes
    ### END SOLUTION


exercises.mirrored.check(mirrored)

# %% [markdown]
# ## MixUp: pictures between pictures
#
# Zhang et al. (2018) drop the idea that a picture has one label. Take a picture, a partner from the same batch and a
# weight $\lambda$ between 0 and 1, and mix the two, pixels and labels alike:
#
# $$\tilde{x} = \lambda\, x_i + (1 - \lambda)\, x_j \qquad\qquad \tilde{y} = \lambda\, y_i + (1 - \lambda)\, y_j$$
#
# The labels are one-hot, so the loss is `CategoricalCrossentropy`, not the sparse one. The weight is drawn from
# $\mathrm{Beta}(\alpha, \alpha)$; Keras's default is $\alpha = 0.2$.
#
# **Predict.** With $\alpha = 0.2$: for which share of the pictures is the weight between 0.1 and 0.9, so that you see
# both?

# %%
guess = ...

# %%
from scipy import stats

reveal(guess, round(float(np.diff(stats.beta(0.2, 0.2).cdf([0.1, 0.9]))[0]), 2), factor=1.2)

# %% [markdown]
# A small $\alpha$ leaves most pictures nearly as they are. With $\alpha = 1$ all weights are equally likely. Drawn
# with labels, at $\alpha = 1$:

# %%
names = photographs.class_names
batch = {"images": photographs.train.images, "labels": np.eye(len(names), dtype="float32")}


def with_labels(layer):
    """Return what a layer makes of the photographs, and what to write below them."""
    out = {key: keras.ops.convert_to_numpy(value) for key, value in layer(dict(batch), training=True).items()}
    captions = [
        "\n".join(f"{label[k]:.2f} {names[k]}" for k in np.argsort(-label)[:2] if label[k] > 0.005)
        for label in out["labels"]
    ]
    return out["images"][:6], captions[:6]


keras.utils.set_random_seed(4)
pictures, captions = zip(with_labels(layers.MixUp(alpha=1.0)), with_labels(layers.CutMix()))
gallery(
    {"MixUp": pictures[0], "CutMix": pictures[1]},
    {"MixUp": captions[0], "CutMix": captions[1]},
    alt="Photographs laid over each other, and photographs with a part of another; below, labels.",
)

# %% [markdown]
# **Exercise 6.** MixUp by hand. The partner of picture $i$ is picture `order[i]`, and `weights[i]` its own weight.
# `images` are (n, height, width, channels), `labels` (n, classes).


# %% exercise="mixed"
def mixed(images, labels, order, weights):
    """Return mixed images and labels, two arrays."""
    ### BEGIN SOLUTION
    own = weights[:, None]
    labels = own * labels + (1 - own) * labels[order]
    own = own[:, :, None, None]
    return own * images + (1 - own) * images[order], labels
    ### END SOLUTION


exercises.mixed.check(mixed)

# %% [markdown]
# ## CutMix: a part of another picture
#
# Yun et al. (2019) cut a box out of one picture and paste it into another, at the same place. The labels mix by area:
# what the box leaves over is the share of the picture's own label,
#
# $$\lambda = 1 - \frac{\text{area of the box inside the picture}}{\text{area of the picture}}.$$
#
# **Exercise 7.** Paste. `box` is left, top, right, bottom in whole pixels; it may hang over the edge, as the paper's
# boxes do, and then only what is inside counts. Do not change `image`.


# %% exercise="pasted"
def pasted(image, other, label, other_label, box):
    """Return the image with the box from the other one, and its label, two arrays."""
    ### BEGIN SOLUTION
    height, width = image.shape[:2]
    left, top, right, bottom = box
    left, top, right, bottom = max(left, 0), max(top, 0), min(right, width), min(bottom, height)
    result = image.copy()
    result[top:bottom, left:right] = other[top:bottom, left:right]
    own = 1 - (right - left) * (bottom - top) / (height * width)
    return result, own * label + (1 - own) * other_label
    ### END SOLUTION


exercises.pasted.check(pasted)

# %% [markdown]
# ## RandAugment: two numbers to tune
#
# Which operations, how strong, in which order? Cubuk et al. (2020) draw: for each picture `num_ops` operations of a
# list, all of one strength. Two numbers are left to tune, by validation; Keras calls the second one `factor`.

# %%
keras.utils.set_random_seed(5)
strengths = {
    f"factor={factor}": np.concatenate([augmentation.variants(layer, cat, count=1) for _ in range(6)])
    for factor in (0.1, 0.5)
    for layer in [layers.RandAugment((0, 1), factor=factor)]
}
gallery(
    strengths,
    alt="Six draws of RandAugment at factor 0.1, some hardly changed and some in few colours; six at 0.5.",
)

# %% [markdown]
# Three things to know. In Keras `factor` is an upper end, below which each operation draws its own strength, but
# auto-contrast and equalization have none, and posterization is *strongest* at a small factor: at 0.1 one bit is left.
# A factor of 0.5 goes for rotation too, and that is up to half a turn: too much for most tasks. And the operations are
# drawn once for a batch; here each picture is a batch of its own.
#
# ## In the model, or before it?
#
# **In the model**: the layers stand behind `keras.Input`. They are saved with it, run where it runs, and are silent
# in `predict`. **Before it**: what `fit` gets is augmented already, by a `keras.utils.PyDataset`, on all backends (or
# in a `tf.data` pipeline, which is TensorFlow's). Then the model stays as it will be used, and the work can be done
# on the CPU while the GPU trains.


# %%
class Augmented(keras.utils.PyDataset):
    """Batches of pictures, drawn anew each time that they are asked for."""

    def __init__(self, images, labels, layer, batch_size=128):
        super().__init__()
        self.images, self.labels = images, labels
        self.layer, self.batch_size = layer, batch_size

    def __len__(self):
        return len(self.images) // self.batch_size

    def __getitem__(self, index):
        batch = slice(index * self.batch_size, (index + 1) * self.batch_size)
        images = self.layer(self.images[batch], training=True)
        return keras.ops.convert_to_numpy(images), self.labels[batch]


def small_net(*first):
    """Return a compiled net for pictures of 32 × 32, behind the layers `first`."""
    model = keras.Sequential([
        keras.Input((32, 32, 3)),
        *first,
        layers.Conv2D(16, 3, strides=2, activation="relu"),
        layers.Conv2D(32, 3, strides=2, activation="relu"),
        layers.GlobalAveragePooling2D(),
        layers.Dense(8),
    ])  # fmt: skip
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return model


def warps():
    return layers.Pipeline([
        layers.RandomFlip("horizontal"),
        layers.RandomRotation(0.05),
        layers.RandomTranslation(0.1, 0.1),
        layers.RandomBrightness(0.1, value_range=(0, 1)),
    ])  # fmt: skip


# %% [markdown]
# **Predict.** How many times as many pictures a second does the net train on without augmentation as with it in the
# model?

# %%
guess = ...

# %% tags=["volatile"]
from time import perf_counter

images, labels = datasets.shapes(512, 1).train
plain_net, net_with_layers, pipeline = small_net(), small_net(warps()), warps()
WAYS = {
    "the net alone": lambda: plain_net.fit(images, labels, batch_size=128, verbose=0),
    "in the model": lambda: net_with_layers.fit(images, labels, batch_size=128, verbose=0),
    "before it, by the batch": lambda: plain_net.fit(Augmented(images, labels, pipeline), verbose=0),
    "the pipeline alone, in one call": lambda: pipeline(images, training=True),
}
speeds = {}
for name, way in WAYS.items():
    way()  # the first time traces and compiles
    times = []
    for _ in range(3):
        begin = perf_counter()
        way()
        times.append(perf_counter() - begin)
    speeds[name] = round(len(images) / min(times))
reveal(guess, round(speeds["the net alone"] / speeds["in the model"], 1), factor=2)
show_table(pandas.DataFrame(speeds.items(), columns=["", "pictures per second"]))

# %% [markdown]
# The numbers are this machine's. What holds in general: augmenting costs the same whatever the net, so it weighs
# beside a small one and hardly beside a large one; by the batch, each batch pays for the start of every layer; and the
# pictures can also be drawn ahead, many in one call, as in our experiments.
#
# On JAX there is one thing more. A layer that warps pictures cannot be compiled there, and says so; one of them in the
# model switches compilation off for all of it. On JAX, put them before the model.

# %%
print({layer.__class__.__name__: layer.supports_jit for layer in pipeline.layers})

# %% [markdown]
# **Exercise 8.** Prepare the data by hand. Return `copies` pictures for each training picture, each drawn anew by
# `augment`, which takes a batch and draws for each picture in it; their labels; and the test pictures, as they should
# be. The order is up to you, if pictures and labels agree.


# %% exercise="prepared"
def prepared(x, y, x_test, copies, augment):
    """Return training pictures, their labels, and test pictures, three arrays."""
    ### BEGIN SOLUTION
    return augment(np.repeat(x, copies, axis=0)), np.repeat(y, copies), x_test
    ### END SOLUTION


exercises.prepared.check(prepared)

# %% [markdown]
# ## Experiment 2: what is it worth?
#
# Take the world as it often is: the digits are not centred, each lies somewhere in its frame, in the training set and
# in the test set. Ten labels per class show ten places of each digit. What if the pictures are shifted?

# %%
scattered, scattered_test = framed(digits.train, seed=0), framed(digits.test, seed=1)
shifts = layers.RandomTranslation(0.25, 0.25, fill_mode="constant")
shifts_and_turns = layers.Pipeline([shifts, layers.RandomFlip()])
keras.utils.set_random_seed(6)
eight = scattered.images[:8]
gallery(
    {
        "scattered": eight,
        "shifted": keras.ops.convert_to_numpy(shifts(eight, training=True)),
        "shifted, flipped": keras.ops.convert_to_numpy(shifts_and_turns(eight, training=True)),
    },
    alt="Eight digits, each somewhere in its frame; the same shifted; and shifted and flipped.",
)


# %%
def accuracy(answered, test):
    """Return for each start the share of the test digits that is answered right."""
    return (answered == test.labels).mean(axis=1)


few = accuracy(answers(scattered, scattered_test, 10), scattered_test)
many = accuracy(answers(scattered, scattered_test, 100), scattered_test)

# %% tags=["volatile"]
print("10 labels per class: ", few.round(2))
print("100 labels per class:", many.round(2))

# %% [markdown]
# **Predict.** Ten labels per class, and shifts. Which accuracy does the net reach, in the median over the starts?

# %%
guess = ...

# %% tags=["volatile"]
one_pixel = layers.RandomTranslation(1 / 12, 1 / 12, fill_mode="constant")


def shifted_answers(seed):
    """Return the accuracy after training with shifts: of single pictures, and of 16 views each."""
    restart(net)
    images, labels = augmentation.enlarged(scattered.few(10, seed), 3000, shifts)
    fit(net, images, labels, batch_size=125, epochs=epochs)
    single = keras.ops.convert_to_numpy(net.predict_on_batch(scattered_test.images))
    views = augmentation.test_time(net, scattered_test.images, one_pixel, views=16)
    right = [np.mean(each.argmax(axis=1) == scattered_test.labels) for each in (single, views)]
    return dict(zip(["one view", "16 views"], right))


shifted = over_seeds(shifted_answers, starts)
reveal(guess, round(float(np.median(shifted["one view"])), 2), factor=1.1)

# %% tags=["volatile"]
wrong = accuracy(answers(scattered, scattered_test, 10, shifts_and_turns), scattered_test)
curves.bars(
    {
        "10 labels": few,
        "10 labels,\nshifts": shifted["one view"],
        "10 labels, shifts\nand half turns": wrong,
        "100 labels": many,
    },
    ylabel="accuracy on scattered digits",
    title="Shifts close much of the gap; half turns open it again",
    alt="Four bars with a dot for each start, for each way of training.",
)

# %% [markdown]
# **Claim.** Shifts close at least a third of the gap between ten labels and a hundred. Half turns on top, which
# `RandomFlip()` brings, take a part of that away.

# %%
gap = np.median(many) - np.median(few)
closed = (np.median(shifted["one view"]) - np.median(few)) / gap
print(f"part of the gap that shifts close: {closed:.0%}")
assert gap > 0.2 and closed > 1 / 3
assert np.median(wrong) < np.median(shifted["one view"]) - 0.05

# %% [markdown]
# **What it does not show.** That shifts help everywhere. Here they say what the world does: digits lie anywhere. Let
# us see them in another world.
#
# **Predict.** The same shifts on the *centred* digits of experiment 1, tested on centred digits. By how many
# percentage points does the accuracy change, in the median? Below 0 is worse.

# %%
guess = ...

# %% tags=["volatile"]
at_rest = accuracy(upright, centred_test)
shaken = accuracy(answers(centred, centred_test, 10, shifts), centred_test)
reveal(guess, round(100 * float(np.median(shaken) - np.median(at_rest))), factor=2)

# %% [markdown]
# Every label is right, and still it does not help: the net spends its steps on positions that never come, on digits
# cut off at the edge, and on digits blurred by interpolation. (Which costs most, this does not say.) A good
# augmentation draws from what varies in the world where the net will be used, and keeps the label. Which one that is
# you find out as everything else: on validation data.

# %%
assert np.median(shaken) < np.median(at_rest) + 0.01

# %% [markdown]
# ## At test time too
#
# A net that has learnt with shifts still answers one shift better than another. So ask it several times, and average:
# **test-time augmentation**. AlexNet averaged over ten crops, five places and their mirror images (Krizhevsky et al.
# 2012). It costs as many times the computation. Our nets, asked once, and 16 times with shifts of up to one pixel:

# %% tags=["volatile"]
curves.bars(
    {"asked once": shifted["one view"], "16 views,\nprobabilities averaged": shifted["16 views"]},
    ylabel="accuracy on scattered digits",
    title="Asking 16 times helps most of the nets",
    alt="Two bars with a dot for each start: asked once, and the average of 16 views.",
)

# %%
gain = shifted["16 views"] - shifted["one view"]
assert np.median(gain) > 0 and (gain > 0).mean() > 0.5

# %% [markdown]
# The test set itself is not augmented by this: each test picture still gets one answer, and counts once.
#
# **Exercise 9.** `logits` are what a net gave for several views of the same pictures, (views, n, classes). Turn each
# view into probabilities, average these over the views, and return the most probable class of each picture.


# %% exercise="averaged"
def averaged(logits):
    """Return the label of each picture, an array of n whole numbers."""
    ### BEGIN SOLUTION
    probabilities = keras.ops.softmax(logits, axis=-1)
    return keras.ops.argmax(keras.ops.mean(probabilities, axis=0), axis=-1)
    ### END SOLUTION


exercises.averaged.check(averaged)

# %% [markdown]
# ## Claims, checked

# %%
from course import facts

layer = layers.RandAugment()
operations = [n for n in dir(layer) if isinstance(getattr(layer, n, None), layers.Layer)]
checks = [
    facts.check("augmentation.randaugment_operations", len(operations)),
    facts.check("augmentation.contrast_lower", counted["contrast"]),
    facts.check("augmentation.erased", counted["erased"]),
]
show_table(facts.table(checks))

# %% [markdown]
# ## Summary
#
# * Augmentation trains on $T x$ with the label of $x$: right where $T$ keeps the label, and useful where $T$ is what
#   varies in the world.
# * 6 and 9, left and right, ripe and unripe: some transformations change the label. Half a turn is what
#   `RandomFlip()` does without an argument.
# * Keras's layers count in full turns and shares of the picture; colours need `value_range`; `training=False`
#   switches them off. Measure with a ruler, and draw what comes out.
# * Boxes and masks go along with the picture, MixUp and CutMix with the labels: by weight, by area.
# * In the model it is saved with it; before it, it can run on the CPU while the GPU trains. On JAX, before it.
# * Only training pictures are augmented. At test time several views can be averaged, as probabilities.
# * With few labels the right augmentation closed much of the gap to ten times as many; the wrong one cost.
#
# ## Test yourself
#
# 1. You train on photographs of street signs. Which of flip, small rotation, brightness, erasing would you use?
# 2. Your validation accuracy changes each time you evaluate the same net. What may have happened?
# 3. A colleague writes `RandomRotation(15)`, another one `RandomRotation(15 / 180)`. What do they get?
# 4. A CutMix box covers half of the width and half of the height. What are the label's weights?
# 5. You augment first, and then split into training and test set. Why is the accuracy too good?
#
# <details><summary>Answers</summary>
#
# 1. Rotation, brightness and erasing, if it is small enough to leave the sign readable. No flip: left is not right.
# 2. The validation pictures are augmented: a layer is called with `training=True`, or the model by hand without
#    `training=False`, or they were augmented before the split.
# 3. The first one an error: 1 is a full turn, and the largest factor. The second up to 30° instead of 15°.
# 4. The box covers a quarter: ¾ of the picture's own label and ¼ of the other one.
# 5. Copies of one picture lie in both sets. The net has seen the test pictures, slightly changed.
#
# </details>
#
# ## Further reading
#
# * P. Simard, D. Steinkraus and J. Platt (2003). Best practices for convolutional neural networks applied to visual
#   document analysis. *ICDAR*.
# * A. Krizhevsky, I. Sutskever and G. Hinton (2012). ImageNet classification with deep convolutional neural networks.
#   *NeurIPS*. Section 4.1.
# * H. Zhang, M. Cissé, Y. Dauphin and D. Lopez-Paz (2018). mixup: Beyond empirical risk minimization. *ICLR*.
#   [arXiv:1710.09412](https://arxiv.org/abs/1710.09412)
# * S. Yun et al. (2019). CutMix: Regularization strategy to train strong classifiers with localizable features.
#   *ICCV*. [arXiv:1905.04899](https://arxiv.org/abs/1905.04899)
# * E. Cubuk, B. Zoph, J. Shlens and Q. Le (2020). RandAugment: Practical automated data augmentation with a reduced
#   search space. *NeurIPS*. [arXiv:1909.13719](https://arxiv.org/abs/1909.13719)
# * Z. Zhong, L. Zheng, G. Kang, S. Li and Y. Yang (2020). Random erasing data augmentation. *AAAI*.
#   [arXiv:1708.04896](https://arxiv.org/abs/1708.04896)
# * C. Shorten and T. Khoshgoftaar (2019). A survey on image data augmentation for deep learning. *Journal of Big
#   Data* 6, 60. [doi:10.1186/s40537-019-0197-0](https://doi.org/10.1186/s40537-019-0197-0)
