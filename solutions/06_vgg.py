# ---
# jupyter:
#   course:
#     title: VGG
#     summary: Nets of 3×3 convolutions that differ in depth alone, where their numbers go, and what depth is worth.
#     minutes: {quick: 0.7, full: 5}
#     memory_gb: {quick: 1.2, full: 4}
#     needs: ["CIFAR-10 (170 MB) at full effort"]
# ---

# %% [markdown]
# # 6 · VGG
#
# AlexNet has windows of 11, 5 and 3, two strides and two groups. Simonyan and Zisserman (2015) asked one question and
# kept everything else still: what does *depth* do? Their nets repeat a single layer, the 3 × 3 convolution, and their
# answer shaped the nets that came after.
#
# **You will be able to**
#
# * read the six nets as one table, and count their layers and parameters;
# * weigh a stack of small filters against one large filter;
# * fill the memory table of VGG-16 row by row, and find the slip in a published one;
# * say which published error rates may be compared, and which may not.
#
# {{cost}}

# %% tags=["start"]
import course

run = course.start(seed=0)

# %% [markdown]
# ## Six nets, one table
#
# Every net has five blocks: convolutions, each with a ReLU, then a max-pooling of 2 × 2 with stride 2. It leaves maps
# that are half as high and wide; the next block makes twice as many of them, up to 512. Behind the blocks come three
# dense layers of 4096, 4096 and 1000 units. In the paper's words, `conv3-64` is a 3 × 3 convolution with 64 filters,
# and LRN is local response normalization (lecture 5). This is the paper's table 1, and our code reads it as it stands:

# %%
import pandas

from course.figures.tables import show_table
from course.models.vgg import CONFIGURATIONS

blocks = pandas.DataFrame(CONFIGURATIONS)
blocks.insert(0, "block", range(1, 6))
show_table(blocks.replace("-", "\N{NON-BREAKING HYPHEN}", regex=True))

# %% [markdown]
# A-LRN is A with a normalization. B adds a second layer to the first two blocks. C adds a 1 × 1 convolution to the
# last three, D a 3 × 3 in its place, and E one more. D is the net that is called VGG-16, and E is VGG-19.
#
# **Exercise 1.** The number in such a name counts the layers with weights. `blocks` is a column of the table, a tuple
# of text. Count for any net of this kind, its three dense layers included. `exercises.weight_layers.hint()` gives a
# hint; every exercise has some.

# %% exercise="weight_layers"
from course.exercises import vgg as exercises


def weight_layers(blocks):
    """Return the number of layers that have weights (int)."""
    ### BEGIN SOLUTION
    words = " ".join(blocks).split()
    return sum(word.startswith("conv") for word in words) + 3
    ### END SOLUTION


exercises.weight_layers.check(weight_layers)

# %% [markdown]
# We build all six and keep their tables. Shapes are enough for that, so no weight is drawn: half a GB for each net.
# Here is D, drawn from the model itself.

# %%
import keras

from course import models
from course.anatomy import anatomy_of
from course.figures import nets

tables = {name: anatomy_of(models.vgg, name) for name in CONFIGURATIONS}
vgg16 = tables["D"]
nets.blocks(
    vgg16,
    title="VGG-16: the maps shrink, their number grows",
    alt="Five steps of ever smaller and wider blocks, then three thin and wide ones.",
)

# %% [markdown]
# **Predict.** E has eight more layers with weights than A. By how many per cent does it have more parameters?

# %%
guess = ...

# %%
from course.exercises import reveal

parameters = {name: table.attrs["parameters"] for name, table in tables.items()}
reveal(guess, round(100 * (parameters["E"] / parameters["A"] - 1)), factor=1.3)

# %%
dense = vgg16[vgg16.kind == "Dense"]  # the same three layers in all six nets
head = int(dense.parameters.sum())

summary = pandas.DataFrame(
    {
        "net": parameters.keys(),
        "convolutions": [f"{count - head:,}" for count in parameters.values()],
        "with the dense layers": [f"{count:,}" for count in parameters.values()],
        "table 2 of the paper, in millions": [133, 133, 133, 134, 138, 144],
    }
)
show_table(summary)

# %% [markdown]
# Depth is cheap in parameters. The dense layers are the same in all six nets, and they are nearly everything.
#
# **Exercise 2.** How much is nearly? `shape` is (height, width, channels) of the last maps, which are flattened;
# `units` lists the units of the dense layers behind them; `convolutional` is the number of parameters before. Return
# the share of all parameters that is in the dense layers, as a number from 0 to 1. For VGG-16 the last maps are
# 7 × 7 × 512.


# %% exercise="dense_share"
def dense_share(shape, units, convolutional):
    """Return the share of all parameters that is in the dense layers (0 to 1)."""
    ### BEGIN SOLUTION
    height, width, channels = shape
    inputs, parameters = height * width * channels, 0
    for outputs in units:
        parameters += (inputs + 1) * outputs
        inputs = outputs
    return parameters / (parameters + convolutional)
    ### END SOLUTION


exercises.dense_share.check(dense_share)

# %% [markdown]
# ## Small filters in a stack
#
# Lecture 4 measured the window: two 3 × 3 convolutions in a row see what one 5 × 5 sees, three see what a 7 × 7 sees.
# With $C$ channels in and out the stack has fewer weights, and a ReLU after each layer instead of one in all:
#
# $$2 \cdot 9\,C^2 = 18\,C^2 < 25\,C^2 \qquad\qquad 3 \cdot 9\,C^2 = 27\,C^2 < 49\,C^2$$
#
# But where do channels stay the same? At the start of a block they double.
#
# **Predict.** The second block of B goes from 64 channels to 128, and from 128 to 128. How many times the parameters
# of one 5 × 5 from 64 to 128 does this stack have? (The formula above says 0.72.)

# %%
guess = ...

# %%
from course.arithmetic import conv_parameters

stack = conv_parameters((3, 3), 64, 128) + conv_parameters((3, 3), 128, 128)
one = conv_parameters((5, 5), 64, 128)
reveal(guess, round(stack / one, 2), factor=1.15)

# %% [markdown]
# More, not fewer: the second layer of the stack reads 128 channels, which the 5 × 5 never does. The saving comes
# where the number of channels stays as it is, as in the fifth block, which has half of the weights of B's convolutions.
# So "28 % fewer weights" comes with a condition.
#
# **Exercise 3.** Write the comparison. A stack of `count` 3 × 3 convolutions leads from `in_channels` to `channels`
# channels; all its layers give `channels`. In its place stands one large layer, from `in_channels` to `channels`, that
# sees the same window. Return the parameters of both, biases included.


# %% exercise="stack_and_one"
def stack_and_one(in_channels, channels, count):
    """Return (parameters of the stack, parameters of the single layer), two ints."""
    ### BEGIN SOLUTION
    first, later = (9 * in_channels + 1) * channels, (9 * channels + 1) * channels
    window = 2 * count + 1
    return first + (count - 1) * later, (window**2 * in_channels + 1) * channels
    ### END SOLUTION


exercises.stack_and_one.check(stack_and_one)

# %% [markdown]
# And the whole net? The paper tried it: B with one 5 × 5 in the place of each pair of 3 × 3.

# %%
pairs = [(3, 64), (64, 128), (128, 256), (256, 512), (512, 512)]
large = sum(conv_parameters((5, 5), before, after) for before, after in pairs)
print(f"B: {parameters['B'] - head:,} parameters in ten 3×3, {large:,} in five 5×5")

# %% [markdown]
# The shallow net has more parameters in its convolutions, and its top-1 error was 7 % higher (section 4.1).
#
# ### The 1 × 1 convolution
#
# C has them: a dense layer at every place, with a ReLU (Lin et al. 2014). It adds a non-linearity and no window. So C
# against B asks what another non-linearity is worth, and D against C what it is worth to look further.
#
# **Exercise 4.** Build a block of C as a Keras model: input 12 × 12 × 4, two 3 × 3 convolutions, a 1 × 1, and the
# pooling. Each convolution has 8 filters; in Keras, one is `layers.Conv2D(8, 3, padding="same", activation="relu")`.

# %% exercise="block_of_c"
from keras import layers

### BEGIN SOLUTION
block_of_c = keras.Sequential(
    [
        keras.Input((12, 12, 4)),
        layers.Conv2D(8, 3, padding="same", activation="relu"),
        layers.Conv2D(8, 3, padding="same", activation="relu"),
        layers.Conv2D(8, 1, padding="same", activation="relu"),
        layers.MaxPooling2D(2),
    ]
)
### END SOLUTION

exercises.block_of_c.check(block_of_c)

# %% [markdown]
# ## A net that has the right shape
#
# Here is a small net of two blocks. Its output has the right shape, and yet it is not what was meant: two
# convolutions in each block, one behind the other.


# %%
def net_with_a_bug():
    image = x = keras.Input((16, 16, 3))
    for filters in (4, 8):
        for _ in range(2):
            y = layers.Conv2D(filters, 3, padding="same", activation="relu")(x)
        x = layers.MaxPooling2D(2)(y)
    return keras.Model(image, x)


print(net_with_a_bug().output_shape)

# %% [markdown]
# **Exercise 5.** Find the bug, and build the net that was meant.

# %% exercise="mended_net"
### BEGIN SOLUTION
inputs = maps = keras.Input((16, 16, 3))
for width in (4, 8):
    for _ in range(2):
        maps = layers.Conv2D(width, 3, padding="same", activation="relu")(maps)
    maps = layers.MaxPooling2D()(maps)
mended_net = keras.Model(inputs, maps)
### END SOLUTION

exercises.mended_net.check(mended_net)

# %% [markdown]
# ## Where memory, parameters and work go
#
# A well-known slide has VGG-16 as a table, with values and parameters of each row. We fill it ourselves.
#
# **Exercise 6.** One row. A convolution with `padding="same"` and stride 1 reads maps of `size` × `size` with
# `in_channels` channels. Return the values in its output, its parameters with biases, and its multiply-adds for one
# image: a product for each weight at each place, biases not counted.


# %% exercise="table_row"
def table_row(size, in_channels, kernel_size, filters):
    """Return (values in the output, parameters, multiply-adds), three ints."""
    ### BEGIN SOLUTION
    weights = kernel_size**2 * in_channels * filters
    return size**2 * filters, weights + filters, size**2 * weights
    ### END SOLUTION


exercises.table_row.check(table_row)

# %% [markdown]
# **Predict.** One image of 224 × 224 goes through VGG-16. Each output counts once, the image too, at 4 bytes a value.
# How many megabytes is that, all together? (The slide says 93.)

# %%
guess = ...

# %%
rows = vgg16[~vgg16.kind.isin(["Flatten", "Dropout"])]  # copies of what is there already
values = int(rows.activations.sum())
reveal(guess, round(4 * values / 1e6), factor=1.25)

# %%
columns = ["layer", "output_shape", "activations", "parameters"]
shown = rows[columns].copy()
shown["output_shape"] = ["×".join(map(str, shape[1:])) for shape in shown.output_shape]
shown.loc[len(vgg16)] = ["all", "", *(int(rows[name].sum()) for name in columns[2:])]
show_table(shown.map(lambda entry: f"{entry:,}" if isinstance(entry, int) else entry))

# %% [markdown]
# The slide's rows are these (it leaves out the biases). Its total is not: it prints 24 million values and 93 MB where
# its own rows add up to 15,237,608 and 61 MB.
#
# **Exercise 7.** Write the auditor. `shapes` lists the outputs of a net, `printed` the number of values that a table
# gives for each. Return a pair: the list of the rows that are wrong, counted from 0, and what the total should be.


# %% exercise="audit"
def audit(shapes, printed):
    """Return (the wrong rows as a list of ints, the right total)."""
    ### BEGIN SOLUTION
    from math import prod

    true = [prod(shape) for shape in shapes]
    wrong = [row for row, (value, given) in enumerate(zip(true, printed)) if value != given]
    return wrong, sum(true)
    ### END SOLUTION


exercises.audit.check(audit)

# %% [markdown]
# To classify a picture, a program can forget a layer's maps once the next layer's are there. To *train*, it keeps them
# all, since the gradient needs them on its way back, and for every picture of the batch.
#
# **Exercise 8.** How many megabytes (10⁶ bytes) is that? `shapes` lists the outputs for one image, of any number of
# axes.


# %% exercise="activation_megabytes"
def activation_megabytes(shapes, batch_size, bytes_per_value):
    """Return the memory of all outputs for a batch, in megabytes."""
    ### BEGIN SOLUTION
    import math

    return sum(math.prod(shape) for shape in shapes) * batch_size * bytes_per_value / 1e6
    ### END SOLUTION


exercises.activation_megabytes.check(activation_megabytes)

# %% [markdown]
# **Predict.** Nine tenths of the parameters are in the dense layers. Which share of the multiply-adds is there, in
# per cent?

# %%
guess = ...

# %%
share = dense.multiply_adds.sum() / rows.multiply_adds.sum()
reveal(guess, round(100 * float(share), 1), factor=1.5)

# %%
stage = rows.layer.str.replace(r"^(?:conv|pool)(\d).*", r"block \1", regex=True)
stage = stage.str.replace(r"^fc.*", "dense", regex=True)
by_stage = rows.groupby(stage, sort=False)[["activations", "multiply_adds", "parameters"]].sum()
by_stage = 100 * by_stage / by_stage.sum()

nets.stages(
    list(by_stage.index),
    {name.replace("_", "-"): by_stage[name].tolist() for name in by_stage},
    ylabel="share, %",
    title="VGG-16: memory in front, work in the middle, parameters behind",
    alt="Activations: half in block 1; multiply-adds: blocks 2 to 4; parameters: dense layers.",
)

# %% [markdown]
# A convolution uses each weight at every place, a dense layer uses each of its weights once: a weight in front makes
# much work, a weight behind makes little.
#
# He et al. (2016, section 4.1) give 15.3 billion multiply-adds for VGG-16 and 19.6 billion for VGG-19. Which of these
# count the dense layers?

# %%
products = {name: tables[name].attrs["multiply_adds"] for name in "DE"}
in_head = int(dense.multiply_adds.sum())
for name, together in products.items():
    alone = (together - in_head) / 1e9
    print(f"{name}: {alone:.2f} billion in the convolutions, {together / 1e9:.2f} with dense layers")

# %% [markdown]
# The first does not, the second does.
#
# ## What was measured
#
# The paper's table 3 has errors on the 50,000 validation images (top-5: the right class is not among the net's first
# five). $S$ is the shorter side to which a training picture is scaled before 224 × 224 are cut out of it, $Q$ that
# of a test picture. "256–512" draws $S$ anew for each training picture: **scale jittering**.
#
# **Predict.** With $S = 256$, A with its 11 layers errs in 10.4 % and D with 16 in 8.8 %. And E with 19?

# %%
guess = ...

# %%
from course import published

columns = ["net", "train S", "test Q", "top-1", "top-5"]
table_3 = pandas.DataFrame(published.VGG_TABLE_3, columns=columns)
by_training = table_3.pivot(index="net", columns="train S", values="top-5")
reveal(guess, by_training["256"]["E"], factor=1.03)

# %%
show_table(table_3)

# %%
from course.figures import curves

curves.lines(
    [11, 13, 16, 19],
    {f"S = {train}": by_training[train][list("ABDE")] for train in ("256", "384", "256–512")},
    xlabel="layers with weights",
    ylabel="top-5 error, %",
    title="Depth helps until 16 layers, then hardly any more",
    alt="Top-5 error falls from 10.4 to 8.8 % at 16 layers, then no more; jittering is lower.",
)

# %% [markdown]
# Read off:
#
# * Depth helps, and **saturates** at 19 layers. (Lecture 8: a plain net that is much deeper gets worse.)
# * Local response normalization does not help A, and the deeper nets do without.
# * C beats B, and D beats C with as many non-linearities: they help, says the paper, and so do larger windows.
# * Scale jittering takes D from 8.7 to 8.1 %, more than two layers do from A to B, and that at one test scale.
#
# ### Which numbers compare
#
# A slide compares the "ensemble, 7.3 %" with the "single net, 7.1 %", as if one net beat seven. Here are six rows of
# the paper's tables 6 and 7. **Dense** evaluation slides the net over the whole picture; **crops** are many cut-outs.
# In both, and over several nets, the answers are averaged.

# %%
names = ["row", "nets", "evaluation", "images", "top-5"]
show_table(pandas.DataFrame(published.VGG_TABLES_6_AND_7, columns=names))

# %% [markdown]
# **Exercise 9.** Which two rows tell what a second net adds on the test images, with all else equal? Answer with two
# letters, such as `"ab"`.

# %% exercise="second_net"
### BEGIN SOLUTION
second_net = "cd"
### END SOLUTION

exercises.second_net.check(second_net)

# %% [markdown]
# The nets of row a were not those of row b either: all but one of the seven were trained at a single scale.
#
# ## Experiment 1: the same questions, in small
#
# **Claim.** On letters of 12 × 12 pixels, too, a stack of two 3 × 3 beats one 5 × 5, and a second 3 × 3 in a block
# beats a 1 × 1 in its place, after a short training.
#
# **The fair comparison.** Two blocks and a dense layer; the same pictures, epochs and seeds. The net with 5 × 5 gets
# more channels, so that it does not have fewer parameters than the stack. (At full effort: three blocks, on CIFAR-10.)

# %%
from course import datasets

data = run.pick(
    quick=lambda: datasets.glyphs(train=2080, test=1040, size=12),
    full=datasets.cifar10,
)()
print(data)


# %%
def conv(filters, kernel_size):
    """Return a convolution with ReLU, its weights started as in He et al. (2015)."""
    start = {"kernel_initializer": "he_normal"}
    return layers.Conv2D(filters, kernel_size, padding="same", activation="relu", **start)


def small_net(kernels, widths):
    """Return a net with a block for each of `widths`: convolutions, then pooling."""
    stack = [keras.Input(data.train.images.shape[1:])]
    for filters in widths:
        stack += [conv(filters, kernel_size) for kernel_size in kernels]
        stack += [layers.MaxPooling2D(2)]
    stack += [layers.GlobalAveragePooling2D()]
    stack += [layers.Dense(len(data.class_names), activation="softmax")]
    net = keras.Sequential(stack)
    optimizer = keras.optimizers.Adam(run.pick(quick=0.006, full=0.001))
    loss, at_once = "sparse_categorical_crossentropy", 1 if run.backend == "torch" else 5  # batches
    net.compile(optimizer, loss, metrics=["accuracy"], steps_per_execution=at_once)
    return net


# %%
widths = run.pick(quick=(16, 32), full=(32, 64, 128))
wider = run.pick(quick=(18, 36), full=(36, 72, 144))
STUDY = {
    "3×3": small_net([3], widths),  # B, as it were
    "3×3, 1×1": small_net([3, 1], widths),  # C
    "3×3, 3×3": small_net([3, 3], widths),  # D
    "5×5, wider": small_net([5], wider),
}
for name, net in STUDY.items():
    print(f"{name:12}{net.count_params():8,} parameters")

assert STUDY["5×5, wider"].count_params() > STUDY["3×3, 3×3"].count_params()

# %% [markdown]
# **Predict.** The nets with 5 × 5 will err on some 20 to 25 of 100 letters. And those with two 3 × 3? (At full effort,
# on 30 to 40 of 100 photographs.)

# %%
guess = ...


# %%
from course.training import over_seeds, restart


def learn(net, images, labels):
    """Train the net from a new start."""
    restart(net)
    epochs, batch_size = run.pick(quick=(6, 104), full=(3, 125))
    net.fit(images, labels, epochs=epochs, batch_size=batch_size, verbose=0)


def test_error(net, images, labels):
    """Return how many images in a hundred the net takes for something else."""
    return 100 * (1 - net.evaluate(images, labels, batch_size=260, verbose=0)[1])


def learn_and_test(net):
    """Return the test error of the net after a training from a new start."""
    learn(net, *data.train)
    return test_error(net, *data.test)


seeds = 3
errors = {}
for name, net in STUDY.items():
    errors[name] = over_seeds(lambda seed, net=net: learn_and_test(net), seeds, label=name)

# %% tags=["volatile"]
import numpy as np

median = {name: float(np.median(found)) for name, found in errors.items()}
reveal(guess, round(median["3×3, 3×3"], 1), factor=1.3)

# %% tags=["volatile"]
curves.bars(
    errors,
    ylabel="test error, %",
    title="Two small filters beat one large one, and a 1×1",
    alt="Test errors of four nets over several starts; two 3×3 have the lowest.",
)

# %%
assert median["3×3, 3×3"] < median["5×5, wider"]
assert median["3×3, 3×3"] < median["3×3, 1×1"]

# %% [markdown]
# As in the paper, two 3 × 3 (as in D) beat a 3 × 3 with a 1 × 1 (as in C), and one 5 × 5.
#
# **What it does not show.** Who wins in the end: so few epochs count who learns faster. Train for twenty, and the
# errors of the two overlap; start from Glorot's weights, Keras's default, and the stack is hardly ahead. Nor which
# cause is at work: the stack has more layers and multiply-adds than the 5 × 5, and more parameters than the 3 × 3
# with a 1 × 1.
#
# ## Experiment 2: several scales
#
# **Claim.** A net that is to judge several scales should have learnt from several scales. Here are four:

# %%
from keras import ops

from course.figures import pictures

side = data.train.images.shape[1]
scales = [side * sixths // 6 for sixths in (3, 4, 5, 6)]


def scaled(images, scale):
    """Return square images at `scale` pixels a side, in the middle of a frame of zeros."""
    small = ops.convert_to_numpy(ops.image.resize(images, (scale, scale), antialias=True))
    before = (side - scale) // 2
    after = side - scale - before
    return np.pad(small, ((0, 0), (before, after), (before, after), (0, 0)))


pictures.row(
    np.concatenate([scaled(data.test.images[:2], scale).squeeze() for scale in scales]),
    [f"{scale} px" for scale in scales for _ in range(2)],
    alt="Two pictures, each at four scales in a frame of the same size.",
)

# %% [markdown]
# **The fair comparison.** The same net (two 3 × 3), pictures and epochs. Once all training pictures have one scale,
# five sixths of the frame; once each has one of four, drawn at random.


# %%
def jittered(images, seed):
    """Return the images, each at one of the scales."""
    drawn = np.random.default_rng(seed).integers(len(scales), size=len(images))
    mixed = np.empty_like(images)
    for number, scale in enumerate(scales):
        mixed[drawn == number] = scaled(images[drawn == number], scale)
    return mixed


images, labels = data.train
one_scale = scaled(images, scales[2])
tests = [scaled(data.test.images, scale) for scale in scales]


def errors_by_scale(training_images):
    """Return the test error at each scale after a training on these images."""
    net = STUDY["3×3, 3×3"]
    learn(net, training_images, labels)
    return [test_error(net, test, data.test.labels) for test in tests]


# %% [markdown]
# **Predict.** A net that has only seen letters of 10 pixels gets letters of 6 pixels. On how many of 100 does it err?
# (At full effort, photographs of 26 and of 16 pixels.)

# %%
guess = ...

# %%
by_scale = {
    "one scale": over_seeds(lambda seed: errors_by_scale(one_scale), seeds),
    "jittered": over_seeds(lambda seed: errors_by_scale(jittered(images, seed)), seeds),
}

# %% tags=["volatile"]
reveal(guess, round(float(np.median(by_scale["one scale"][:, 0]))), factor=1.2)

# %% tags=["volatile"]
curves.spread(
    scales,
    by_scale,
    xlabel="scale of the test pictures, pixels",
    ylabel="test error, %",
    title="Trained at one scale, at home at one scale",
    alt="Error by scale: trained at one, very high at the smallest; jittered, much lower there.",
)

# %%
smallest = {name: np.median(found[:, 0]) for name, found in by_scale.items()}
over_all_scales = {name: np.median(found.mean(axis=1)) for name, found in by_scale.items()}
assert smallest["jittered"] + 5 < smallest["one scale"]
assert over_all_scales["jittered"] < over_all_scales["one scale"]

# %% [markdown]
# **What it does not show.** In the paper jittering wins even where the test has a single scale. Here it need not: at
# its own scale the specialist is ahead, since it saw four times as many letters of that size in a short training. The
# paper's objects have many sizes before anything is scaled; these letters have one. Nor that jittering helps from the
# first step on.
#
# ## Claims, checked

# %%
from course import facts

names = {name: f"vgg.{name.lower().replace('-', '_')}" for name in parameters}
checks = [
    *(facts.check(names[name], count) for name, count in parameters.items()),
    facts.check("vgg.parameters_d", parameters["D"]),
    facts.check("vgg.activations", values),
    facts.check("vgg.activation_memory", 4 * values / 1e6),
    facts.check("vgg.weight_memory", 4 * parameters["D"] / 1e6),
    facts.check("vgg.multiply_adds_d", (products["D"] - in_head) / 1e9),
    facts.check("vgg.multiply_adds_e", products["E"] / 1e9),
]
show_table(facts.table(checks))

# %% [markdown]
# ## Summary
#
# * VGG is one table: five blocks of 3 × 3 convolutions with ReLU, each ended by a pooling; three dense layers. Depth
#   is all that differs from A to B, D and E.
# * A stack of $n$ 3 × 3 layers sees $2n + 1$ pixels. It saves weights where channels stay the same, and adds $n - 1$
#   non-linearities.
# * 133 to 144 million parameters, 138,357,544 in VGG-16. The dense layers have nine tenths of them, and 1 % of the
#   work.
# * 15.2 million values an image, 61 MB; 553 MB of weights. Memory is in front, work in the middle, parameters behind.
# * Depth helps up to 16 or 19 layers. A 3 × 3 is worth more than a 1 × 1, and jittering scales helps.
# * Two error rates compare if all but one thing is equal: nets, evaluation, images.
#
# ## Test yourself
#
# 1. Which of the six nets have the same number of layers with weights, and what is different?
# 2. Four 3 × 3 layers in a row: which single window, and how many times its weights, at $C$ channels throughout?
# 3. The pictures have 448 × 448 pixels instead of 224 × 224. What happens to the parameters of the convolutions, of
#    the dense layers, and to the memory of the maps?
# 4. How do you take nine tenths of the parameters away and leave every convolution as it is?
# 5. "VGG-16 needs 15.3 billion operations." Which two questions do you ask?
#
# <details><summary>Answers</summary>
#
# 1. A and A-LRN have 11: one normalizes. C and D have 16: three layers are 1 × 1 in one and 3 × 3 in the other.
# 2. 9 × 9, with $36\,C^2$ weights instead of $81\,C^2$, which is 0.44 times as many.
# 3. The same; four times as many in the first dense layer, the others as before; four times as much.
# 4. An average over each of the last maps, and behind it a single dense layer, as in GoogLeNet (lecture 7): 0.5
#    million parameters instead of 123.6.
# 5. Multiply-adds, or multiplications and additions apart? With or without the dense layers?
#
# </details>
#
# ## Further reading
#
# * K. Simonyan and A. Zisserman (2015). Very deep convolutional networks for large-scale image recognition. *ICLR*.
#   [arXiv:1409.1556](https://arxiv.org/abs/1409.1556)
# * M. Lin, Q. Chen and S. Yan (2014). Network in network. *ICLR*.
#   [arXiv:1312.4400](https://arxiv.org/abs/1312.4400)
# * K. He, X. Zhang, S. Ren and J. Sun (2016). Deep residual learning for image recognition. *CVPR*.
#   [arXiv:1512.03385](https://arxiv.org/abs/1512.03385)
# * O. Russakovsky et al. (2015). ImageNet large scale visual recognition challenge. *International Journal of
#   Computer Vision* 115, 211–252. [arXiv:1409.0575](https://arxiv.org/abs/1409.0575)
