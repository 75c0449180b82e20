# ---
# jupyter:
#   course:
#     title: GoogLeNet
#     summary: Windows of several sizes side by side, what makes that affordable, and losses on the way.
#     minutes: {quick: 0.6, full: 10}
#     memory_gb: {quick: 2, full: 4}
#     needs: ["CIFAR-10 (170 MB) at full effort"]
# ---

# %% [markdown]
# # 7 · GoogLeNet
#
# VGG asked what depth does. In the same year Szegedy et al. (2015) asked another question: what is the best use of a
# given number of multiply-adds? Their net won the classification challenge of 2014, ahead of VGG, with a tenth of
# VGG-16's work and a twentieth of its parameters.
#
# **You will be able to**
#
# * build an inception module, and count what it gives, stores and computes;
# * say what a 1 × 1 convolution is for;
# * train a net with several losses, and say what losses on the way do to the gradient;
# * check a published table against itself.
#
# {{cost}}

# %% tags=["start"]
import course

run = course.start(seed=0)

# %% [markdown]
# ## Which window?
#
# A 3 × 3 or a 5 × 5? The same thing may be small in one picture and large in the next.

# %%
import numpy as np

from course import datasets
from course.figures import pictures

stars = datasets.shapes(train=40, test=1, size=64, classes=["star"], clutter=1).train
area = (stars.masks > 0).sum(axis=(1, 2))
chosen = np.argsort(area)[::8]
pictures.row(
    stars.images[chosen],
    [f"{area[place]} px" for place in chosen],
    alt="Five pictures of a star, from a small one to a large one.",
)

# %% [markdown]
# Instead of choosing, an **inception module** takes several windows side by side, and leaves it to training which of
# them to use. It lays their maps one behind the other (**concatenation**), so that the next layer can read all of
# them. With padding "same" and stride 1 all maps keep their size. And as pooling had done well in other nets, there
# is a branch with that too.
#
# This is the first idea, which the paper calls **naive** (figure 2a), with the filters of its first module, `3a`. It
# reads 192 maps of 28 × 28.

# %%
from course.figures.branches import branches

branches(
    [["1×1, 64"], ["3×3, 128"], ["5×5, 32"], ["3×3 pool"]],
    before="192\nmaps",
    behind="one behind\nthe other",
    title="The naive module: four branches read the same maps",
    alt="Four branches from the same 192 maps: 1×1 with 64 filters, 3×3 with 128, 5×5 with 32, and a pooling.",
)

# %%
import keras
from keras import layers


def naive(x, conv_1x1, conv_3x3, conv_5x5):
    """Return the maps of a naive module on the maps `x`."""
    one = layers.Conv2D(conv_1x1, 1, padding="same", activation="relu")(x)
    three = layers.Conv2D(conv_3x3, 3, padding="same", activation="relu")(x)
    five = layers.Conv2D(conv_5x5, 5, padding="same", activation="relu")(x)
    pool = layers.MaxPooling2D(3, strides=1, padding="same")(x)
    return layers.Concatenate()([one, three, five, pool])


# %% [markdown]
# **Predict.** How many maps come out?

# %%
guess = ...

# %%
from course.anatomy import anatomy
from course.exercises import reveal

image = keras.Input((28, 28, 192))
naive_3a = keras.Model(image, naive(image, 64, 128, 32))
reveal(guess, naive_3a.output_shape[-1])

# %% [markdown]
# Channels add up, and pooling keeps every map that it reads. So there are always more maps than before, whatever the
# filters.
#
# **Exercise 1.** Count for any naive module on maps of `size` × `size` with `in_channels` channels: the maps that come
# out, and the multiply-adds for one image (a product for each weight at each place, biases not counted).

# %% exercise="naive_cost"
from course.exercises import googlenet as exercises


def naive_cost(size, in_channels, conv_1x1, conv_3x3, conv_5x5):
    """Return (maps that come out, multiply-adds), two ints."""
    ### BEGIN SOLUTION
    weights = in_channels * (conv_1x1 + 9 * conv_3x3 + 25 * conv_5x5)
    return conv_1x1 + conv_3x3 + conv_5x5 + in_channels, size**2 * weights
    ### END SOLUTION


exercises.naive_cost.check(naive_cost)

# %% [markdown]
# GoogLeNet has nine modules, in three stages. What would nine naive ones do?
#
# **Predict.** How many maps would leave the last one? (In the paper it is 1024.)

# %%
guess = ...

# %%
from course.models.googlenet import STAGES

MODULES = {f"{stage}{letter}": f for stage, of in STAGES.items() for letter, f in of.items()}
SIDES = {"3": 28, "4": 14, "5": 7}

maps, products = {"in": 192}, 0
for name, filters in MODULES.items():
    x = keras.Input((SIDES[name[0]], SIDES[name[0]], list(maps.values())[-1]))
    net = keras.Model(x, naive(x, filters.conv_1x1, filters.conv_3x3, filters.conv_5x5))
    maps[name] = net.output_shape[-1]
    products += anatomy(net).attrs["multiply_adds"]
    del net
keras.backend.clear_session()

reveal(guess, maps["5b"])

# %%
from course.figures import curves

figure = curves.lines(
    range(10),
    {"naive": list(maps.values()), "the paper": [192, 256, 480, 512, 512, 512, 528, 832, 832, 1024]},
    xlabel="module",
    ylabel="maps that come out",
    title="Nothing ever gets narrower again",
    alt="Maps by module: nine naive modules grow from 192 to about 5000, those of the paper to 1024.",
)
figure.axes[0].set_xticks(range(10), maps)
figure

# %% [markdown]
# The work follows, since each window reads all of these maps:

# %%
print(f"nine naive modules: {products / 1e9:.1f} billion multiply-adds")

# %% [markdown]
# ## Reduce first
#
# A 1 × 1 convolution looks at one place, and mixes its channels: many in, few out. Lin et al. (2014) used it for one
# more bend; here it makes maps *fewer* before a large window reads them, and after a pooling. This is **dimension
# reduction**, and this the module of the paper's figure 2b. A ReLU follows each convolution, those that reduce too.

# %%
branches(
    [["1×1, 64"], ["1×1, 96", "3×3, 128"], ["1×1, 16", "5×5, 32"], ["3×3 pool", "1×1, 32"]],
    before="192\nmaps",
    behind="one behind\nthe other",
    title="Module 3a: the 5×5 reads 16 maps instead of 192",
    alt="Four branches: 1×1; 1×1 before 3×3; 1×1 before 5×5; a pooling before a 1×1. All end in a concatenation.",
)

# %% [markdown]
# The 1 × 1 convolutions in front are called `#3×3 reduce` and `#5×5 reduce` in the paper's table, the one behind the
# pooling is `pool proj`. They are additional layers, and they have weights of their own.
#
# **Predict.** How many times fewer multiply-adds does 3a have with them?

# %%
guess = ...

# %%
from course.models.googlenet import inception

image = keras.Input((28, 28, 192))
reduced_3a = keras.Model(image, inception(image, MODULES["3a"], "inception_3a"))

counts = {"naive": anatomy(naive_3a).attrs, "with reduction": anatomy(reduced_3a).attrs}
for name, of in counts.items():
    print(f"{name:16}{of['parameters']:8,} parameters, {of['multiply_adds']:12,} multiply-adds")

reveal(guess, round(counts["naive"]["multiply_adds"] / counts["with reduction"]["multiply_adds"], 2), factor=1.3)

# %% [markdown]
# Take the branch with the 5 × 5 alone. From $c$ channels by way of $r$ to $n$, it has $c\,r + 25\,r\,n$ weights instead
# of $25\,c\,n$: with 192, 16 and 32 that is 15,872 instead of 153,600.
#
# **Exercise 2.** `filters` are the six numbers of a module in the order of the paper's table: 1×1, 3×3 reduce, 3×3,
# 5×5 reduce, 5×5, pool proj. How many maps come out?


# %% exercise="module_channels"
def module_channels(in_channels, filters):
    """Return the number of maps (int)."""
    ### BEGIN SOLUTION
    conv_1x1, _, conv_3x3, _, conv_5x5, pool_proj = filters
    return conv_1x1 + conv_3x3 + conv_5x5 + pool_proj
    ### END SOLUTION


exercises.module_channels.check(module_channels)

# %% [markdown]
# **Exercise 3.** And how many parameters does it have, weights and biases?


# %% exercise="module_parameters"
def module_parameters(in_channels, filters):
    """Return the number of weights and biases of an inception module (int)."""
    ### BEGIN SOLUTION
    one, reduce_3x3, three, reduce_5x5, five, pool_proj = filters
    reading_all = (in_channels + 1) * (one + reduce_3x3 + reduce_5x5 + pool_proj)
    return reading_all + (9 * reduce_3x3 + 1) * three + (25 * reduce_5x5 + 1) * five
    ### END SOLUTION


exercises.module_parameters.check(module_parameters)

# %% [markdown]
# **Exercise 4.** Build one in Keras: a model that reads maps of 9 × 9 × 8 and has the filters (4, 3, 6, 2, 7, 5), in
# the order of exercise 2. Its branches end in the order of the drawing. `naive` above is a pattern to start from. The
# check gives your module and ours the same weights and compares what they compute.


# %% exercise="inception_module"
### BEGIN SOLUTION
def conv(x, filters, kernel_size):
    return layers.Conv2D(filters, kernel_size, padding="same", activation="relu")(x)


start = keras.Input((9, 9, 8))
ends = [
    conv(start, 4, 1),
    conv(conv(start, 3, 1), 6, 3),
    conv(conv(start, 2, 1), 7, 5),
    conv(layers.MaxPooling2D(3, strides=1, padding="same")(start), 5, 1),
]
inception_module = keras.Model(start, layers.Concatenate()(ends))
### END SOLUTION

exercises.inception_module.check(inception_module)

# %% [markdown]
# ### A module that has the right shape
#
# The next one has the right shape, and even the right number of parameters. A test of both would pass it.


# %%
def module_with_a_bug():
    x = keras.Input((8, 8, 7))
    one = layers.Conv2D(3, 1, padding="same", activation="relu")(x)
    three = layers.Conv2D(2, 1, padding="same", activation="relu")(x)
    three = layers.Conv2D(5, 3, padding="same", activation="relu")(three)
    five = layers.Conv2D(4, 1, padding="same", activation="relu")(x)
    five = layers.Conv2D(8, 5, padding="same", activation="relu")(five)
    pool = layers.MaxPooling2D(3, strides=1, padding="same")(x)
    pool = layers.Conv2D(6, 1, padding="same", activation="relu")(x)
    return keras.Model(x, layers.Concatenate()([one, three, five, pool]))


print(module_with_a_bug().output_shape, module_with_a_bug().count_params())

# %% [markdown]
# **Exercise 5.** Find the bug, and build the module that was meant.

# %% exercise="mended_module"
### BEGIN SOLUTION
maps_in = keras.Input((8, 8, 7))
first = layers.Conv2D(3, 1, activation="relu")(maps_in)
second = layers.Conv2D(2, 1, activation="relu")(maps_in)
second = layers.Conv2D(5, 3, padding="same", activation="relu")(second)
third = layers.Conv2D(4, 1, activation="relu")(maps_in)
third = layers.Conv2D(8, 5, padding="same", activation="relu")(third)
fourth = layers.MaxPooling2D(3, strides=1, padding="same")(maps_in)
fourth = layers.Conv2D(6, 1, activation="relu")(fourth)
mended_module = keras.Model(maps_in, layers.Concatenate()([first, second, third, fourth]))
### END SOLUTION

exercises.mended_module.check(mended_module)

# %% [markdown]
# ## The net
#
# Before the modules stands a stem in the manner of AlexNet: a 7 × 7 with stride 2, a 1 × 1, a 3 × 3, two max-poolings
# and two local response normalizations (lecture 5). Nine modules follow in three stages, with a pooling before each:

# %%
import pandas

from course.figures.tables import show_table

nine = pandas.DataFrame([filters._asdict() for filters in MODULES.values()])
nine.insert(0, "module", list(MODULES))
nine.insert(1, "maps of", [f"{SIDES[name[0]]}×{SIDES[name[0]]}" for name in MODULES])
show_table(nine)

# %%
from course import models
from course.figures import nets

net = models.googlenet(auxiliary=False)
table = anatomy(net)
field = int(table.set_index("layer").receptive_field["inception_5b"][0])
del net
keras.backend.clear_session()

inside = table.layer.str.match(r"inception_\w\w_")  # the layers in the branches of a module
drawn = table[~inside].assign(kind=table.kind.replace("Concatenate", "Convolutions of a module"))
nets.blocks(
    drawn,
    title="GoogLeNet, a module drawn as one layer",
    alt="Blocks from left to right: the stem at 112 and 56, two modules at 28, five at 14, two at 7, and 1000 classes.",
)

# %% [markdown]
# The name holds a greeting to LeNet. The paper calls the net "22 layers deep when counting only layers with
# parameters". What does that count, when there are branches?
#
# **Exercise 6.** The longest way from image to classes. `stem` is the number of layers with weights before the
# modules, one behind the other, and `dense` that behind them. `modules` is a list: for each module the number of
# layers with weights in each of its branches. For GoogLeNet that is `[1, 2, 2, 1]`, nine times.


# %% exercise="weight_depth"
def weight_depth(stem, modules, dense):
    """Return the number of layers with weights on the longest way through the net (int)."""
    ### BEGIN SOLUTION
    return stem + sum(max(branches) for branches in modules) + dense
    ### END SOLUTION


exercises.weight_depth.check(weight_depth)

# %% [markdown]
# ### No hidden dense layers
#
# In VGG nine tenths of the parameters are in dense layers. GoogLeNet averages each of its last 1024 maps of 7 × 7 to
# one number (**global average pooling**, Lin et al. 2014), and has one dense layer behind that, to the classes. The
# paper reports 0.6 % better top-1 accuracy for it, with dropout still needed.
#
# **Predict.** By how many million parameters would the net grow if the last maps were flattened instead? (It has 7
# million.)

# %%
guess = ...

# %%
from course.arithmetic import dense_parameters

flattened = dense_parameters(7 * 7 * 1024, 1000)
averaged = dense_parameters(1024, 1000)
reveal(guess, round((flattened - averaged) / 1e6), factor=1.3)

# %% [markdown]
# Seven times the whole net. And where the parameters and the work are:

# %%
row = table.layer.str.extract(r"inception_(\w\w)", expand=False).fillna(table.layer)
row = row.str.replace(r"^conv2.*", "conv2", regex=True).replace("classifier", "linear")
by_row = table.groupby(row, sort=False)[["parameters", "multiply_adds"]].sum()
by_row = by_row[by_row.parameters > 0]
share = 100 * by_row / by_row.sum()

nets.stages(
    list(share.index),
    {name.replace("_", "-"): share[name].tolist() for name in share},
    ylabel="share, %",
    title="Work in front, parameters behind, and no giant among them",
    alt="Bars by row: a quarter of the multiply-adds in conv2, parameters grow to 20 % in 5b.",
)

# %% [markdown]
# ## Losses on the way
#
# Twenty-two layers were many in 2014. The paper feared for the gradient on its way back, and put two small
# classifiers on the maps of 4a and 4d, each with a loss of its own. Such an **auxiliary classifier** is an average
# pooling with windows of 5 × 5 and stride 3 (no padding), a 1 × 1 with 128 filters, a dense layer of 1024 units, and
# one to the classes.
#
# **Exercise 7.** Count its parameters, biases included, on maps of `size` × `size` with `channels` channels.


# %% exercise="head_parameters"
def head_parameters(size, channels, classes):
    """Return the number of parameters of an auxiliary classifier (int)."""
    ### BEGIN SOLUTION
    side = (size - 5) // 3 + 1
    return (channels + 1) * 128 + (side * side * 128 + 1) * 1024 + (1024 + 1) * classes
    ### END SOLUTION


exercises.head_parameters.check(head_parameters)

# %% [markdown]
# So the two have nearly as many parameters as the rest of the net: whoever counts 13.4 million for GoogLeNet has
# counted them.

# %%
with_heads = models.googlenet().count_params()
keras.backend.clear_session()
without = int(table.parameters.sum())
print(f"{without:,} without, {with_heads:,} with the auxiliary classifiers")

# %% [markdown]
# In training "their loss gets added to the total loss of the network with a discount weight", 0.3. At inference they
# are thrown away.
#
# **Exercise 8.** `losses` lists the loss of the main classifier first, then those of any number of auxiliary ones.
# What is the loss of the net?


# %% exercise="total_loss"
def total_loss(losses, weight, training):
    """Return the loss (a number), in training or, with `training=False`, at inference."""
    ### BEGIN SOLUTION
    main, *auxiliary = losses
    return main + weight * sum(auxiliary) if training else main
    ### END SOLUTION


exercises.total_loss.check(total_loss)

# %% [markdown]
# ### Several losses in Keras
#
# A Keras model may have several outputs, and each has its loss. Here is a net with two tasks: which digit it is, and
# how much ink it took. `compile` takes a loss for each output and, as `loss_weights`, what each counts in the sum.

# %%
data = datasets.digits()
x, y = data.train
ink = x.mean(axis=(1, 2, 3))

image = keras.Input((8, 8, 1))
shared = layers.Dense(32, "relu")(layers.Flatten()(image))
digit = layers.Dense(10, "softmax", name="digit")(shared)
amount = layers.Dense(1, name="ink")(shared)

both = keras.Model(image, {"digit": digit, "ink": amount})
both.compile(
    keras.optimizers.Adam(0.01),
    loss={"digit": "sparse_categorical_crossentropy", "ink": "mse"},
    loss_weights={"digit": 1.0, "ink": 5.0},
)

# %% tags=["volatile"]
from course.training import fit

batch_size = len(x) // 3  # three equal batches, so that Keras's means over batches are means over images
history = fit(both, x, {"digit": y, "ink": ink}, epochs=5, batch_size=batch_size)
print(history.round(4))

# %%
last = history.iloc[-1]
assert np.isclose(last["loss"], last["digit_loss"] + 5 * last["ink_loss"], rtol=1e-3)

# %% [markdown]
# The loss is the weighted sum; Keras shows each part, too. Lists do as well as dictionaries, in the order of the
# outputs.
#
# **Exercise 9.** Our GoogLeNet has three outputs, printed below. Their labels are class numbers. Write what `compile`
# should get for the paper's training, as `dict(loss=..., loss_weights=...)`.

# %%
narrow = models.googlenet(input_shape=(72, 72, 3), classes=8, width=1 / 8)
print(narrow.output_names)

# %% exercise="loss_settings"
### BEGIN SOLUTION
loss_settings = dict(
    loss=["sparse_categorical_crossentropy"] * 3,
    loss_weights=[1.0, 0.3, 0.3],
)
### END SOLUTION

exercises.loss_settings.check(loss_settings)

# %% [markdown]
# ## Experiment 1: what auxiliary classifiers do to the gradient
#
# The paper expected them to "increase the gradient signal that gets propagated back". Do they?
#
# **Claim.** Up to 4d more gradient arrives, above it none. How much more depends on how the net was initialized: with
# weights of the right size, hardly any; with weights that are too small, many times as much.
#
# **The fair comparison.** The same net of an eighth of the width, the same weights and pictures, before any training;
# once the gradient of the main loss, once that of all three. Weights are those of He et al. (2015), and half as large.
#
# **Predict.** With weights half as large: by which factor does the gradient in the layers before 4a grow?

# %%
guess = ...

# %%
from keras import ops

from course.autodiff import weight_gradients
from course.training import over_seeds, restart

scenes = datasets.shapes(train=run.pick(quick=16, full=128), test=1, size=72).train
heads = keras.Model(narrow.input, ops.stack(narrow.outputs, axis=1))  # (images, classifiers, classes)
heads.compile()
WATCHED = ["conv1", "conv2", *(f"inception_{name}_3x3" for name in MODULES)]


def gradient_norms(discount):
    """Return the norm of the gradient at each watched layer, the auxiliary losses discounted."""

    def loss(labels, probabilities):
        each = keras.losses.sparse_categorical_crossentropy(labels, probabilities)
        return ops.sum(ops.where(ops.arange(3) == 0, each, discount * each), axis=1)

    labels = np.repeat(scenes.labels[:, None], 3, axis=1)  # the same for all three classifiers
    gradients = weight_gradients(heads, scenes.images, labels, loss)
    return np.array([np.linalg.norm(gradients[f"{name}/kernel"]) for name in WATCHED])


def with_and_without(seed, scale):
    restart(heads)
    for weight in heads.trainable_variables:
        weight.assign(scale * weight)
    return {"main loss": gradient_norms(0.0), "all three": gradient_norms(0.3)}


starts = run.pick(quick=3, full=20)
measured = {
    label: over_seeds(lambda seed, scale=scale: with_and_without(seed, scale), starts)
    for label, scale in {"He": 1.0, "half of He": 0.5}.items()
}
gain = {label: norms["all three"] / norms["main loss"] for label, norms in measured.items()}

# %% tags=["volatile"]
before_4a = slice(0, 4)
typical = {label: float(np.median(ratio[:, before_4a])) for label, ratio in gain.items()}
reveal(guess, round(typical["half of He"]), factor=2)
print(f"and with He's weights by {typical['He']:.2f}")

# %% tags=["volatile"]
figure = curves.spread(
    range(len(WATCHED)),
    {
        "He, main loss": measured["He"]["main loss"],
        "He, all three": measured["He"]["all three"],
        "half, main loss": measured["half of He"]["main loss"],
        "half, all three": measured["half of He"]["all three"],
    },
    log=True,
    xlabel="layer (the 3×3 of each module)",
    ylabel="norm of the gradient",
    title="With He's weights they add little, with small ones much",
    alt="Gradient by layer: with He's weights two nearly equal curves, with half of them two far apart at first.",
)
figure.axes[0].set_xticks(range(len(WATCHED)), ["conv1", "conv2", *MODULES])
figure

# %%
above_4d = slice(WATCHED.index("inception_4e_3x3"), None)
for ratio in gain.values():
    assert np.allclose(ratio[:, above_4d], 1, rtol=1e-2)
assert np.median(gain["He"][:, before_4a]) < 2.5
assert np.median(gain["half of He"][:, before_4a]) > 4

# %% [markdown]
# The way from an auxiliary classifier is shorter. From the main one to 4a the gradient passes at least seven layers
# with weights, from the auxiliary one there three, and halving all weights halves it at each. With He's weights there
# is nothing to make up for.
#
# **What it does not show.** That training gains by it. Much the same authors found later (Szegedy et al. 2016, section
# 4) that a net with such a classifier and one without learn alike until late in training, where the first comes out
# slightly ahead; they now call it a regularizer. And a narrow net at its start is not GoogLeNet in training.

# %% [markdown]
# ## Experiment 2: what reduction costs
#
# **Claim.** Modules with reduction do a fraction of the work and are about as accurate.
#
# **The fair comparison.** Two modules with the same 1 × 1, 3 × 3 and 5 × 5 filters, once naive, once with reductions
# and a pool projection; the same pictures, epochs and starts. At full effort the same cells train on CIFAR-10. The
# next cell prints which data set its numbers are from.

# %%
from course.models.googlenet import Inception, convolution, pooling

data = run.pick(quick=datasets.digits, full=datasets.cifar10)()
print(data)

SMALL = run.pick(
    quick=[Inception(16, 8, 24, 4, 8, 8), Inception(24, 12, 32, 6, 12, 12)],
    full=[Inception(32, 24, 48, 8, 16, 16), Inception(64, 32, 96, 16, 32, 32)],
)


def small_net(reduce):
    """Return a net of two modules."""
    x = image = keras.Input(data.train.images.shape[1:])
    x = convolution(x, 32, 3, "conv1")
    for number, filters in enumerate(SMALL):
        if reduce:
            x = inception(x, filters, f"inception_{number}")
        else:
            x = naive(x, filters.conv_1x1, filters.conv_3x3, filters.conv_5x5)
        x = pooling(x, f"pool{number}")
    x = layers.GlobalAveragePooling2D()(x)
    net = keras.Model(image, layers.Dense(len(data.class_names), activation="softmax")(x))
    optimizer = keras.optimizers.Adam(run.pick(quick=0.005, full=0.001))
    net.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
    return net


STUDY = {"naive": small_net(reduce=False), "with reduction": small_net(reduce=True)}
cost = {name: anatomy(net).attrs["multiply_adds"] for name, net in STUDY.items()}
for name, net in STUDY.items():
    print(f"{name:16}{net.count_params():9,} parameters {cost[name]:12,} multiply-adds")

assert cost["naive"] > 3 * cost["with reduction"]

# %% [markdown]
# **Predict.** The naive net will be right on about 98 of 100 new digits. And the one with reduction?

# %%
guess = ...


# %%
def learn_and_test(net):
    """Return how many of 100 test images the net gets right after training from a new start."""
    restart(net)
    epochs, batch_size = run.pick(quick=(6, 96), full=(15, 125))
    net.fit(*data.train, epochs=epochs, batch_size=batch_size, verbose=0)
    return 100 * net.evaluate(*data.test, batch_size=run.pick(quick=360, full=500), verbose=0)[1]


seeds = run.pick(quick=3, full=5)
right = {name: over_seeds(lambda seed, net=net: learn_and_test(net), seeds) for name, net in STUDY.items()}

# %% tags=["volatile"]
median = {name: float(np.median(found)) for name, found in right.items()}
reveal(guess, round(median["with reduction"], 1), factor=1.03)

# %% tags=["volatile"]
curves.bars(
    right,
    ylabel="right, %",
    title="A quarter of the work, nearly the same accuracy",
    alt="Two bars of nearly the same height: accuracy of the naive net and of the net with reduction.",
)

# %%
margin = run.pick(quick=6, full=10)  # points
assert np.median(right["with reduction"]) > np.median(right["naive"]) - margin
assert np.median(right["with reduction"]) > run.pick(quick=85, full=50)

# %% [markdown]
# **What it does not show.** That reduction costs nothing: the naive net tends to be a point or two ahead here, with
# four times the work. Spent on more or wider modules instead, that work is where GoogLeNet gains. Digits of 8 × 8
# pixels need no windows of several sizes; the paper's claim is about photographs.
#
# ## A table that does not follow from itself
#
# The paper's table 1 gives parameters and operations for each row. A row follows from its own filters if what it
# prints is our number after rounding, or after truncation. Its unit of parameters is 1024, as it has 1000K for the
# 1,024,000 weights of the last layer.
#
# **Predict.** Twelve rows have weights. For how many do the printed *parameters* follow?

# %%
guess = ...

# %%
from course import facts

lines = []
for name, of in by_row.iterrows():
    parameters = facts.check(f"googlenet.parameters_{name}", int(of.parameters) / 1024)
    work = facts.check(f"googlenet.multiply_adds_{name}", int(of.multiply_adds) / 1e6)
    lines.append((name, parameters, work))

FOLLOWS = (facts.EQUAL, facts.ROUNDED, facts.TRUNCATED)
reveal(guess, sum(parameters.claim.verdict in FOLLOWS for _, parameters, _ in lines))

# %%
compared = pandas.DataFrame(
    [
        (
            name,
            parameters.claim.published,
            f"{parameters.computed}{'' if parameters.claim.verdict in FOLLOWS else '  ✘'}",
            work.claim.published,
            f"{work.computed}{'' if work.claim.verdict in FOLLOWS else '  ✘'}",
        )
        for name, parameters, work in lines
    ],
    columns=["row", "parameters, K: printed", "computed", "multiply-adds, M: printed", "computed "],
)
show_table(compared)

# %% [markdown]
# The work of ten rows follows: of 4b to 4e and of 5b too, whose parameters do not. In 4a and 5a the two columns go
# together, but not with the filters beside them. And 2.7K and 34M belong to no 7 × 7 convolution with 64 filters. We
# do not know which nets were counted there.
#
# **Exercise 10.** Here is a table of our own, with one row that does not follow from its filters. Which one? Answer
# with its letter.

# %%
rows = [
    (name, f"{size}×{size}×{channels}", str(filters), f"{parameters:,}", f"{work:,}")
    for name, (size, channels, filters, parameters, work) in exercises.ROWS.items()
]
show_table(pandas.DataFrame(rows, columns=["row", "maps in", "filters", "parameters", "multiply-adds"]))

# %% exercise="wrong_row"
### BEGIN SOLUTION
wrong_row = "d"
### END SOLUTION

exercises.wrong_row.check(wrong_row)

# %% [markdown]
# ### Five million, or seven?
#
# A slide says that GoogLeNet has 5 million weights. The paper says that it has twelve times fewer than AlexNet. Where
# does the first number come from?

# %%
ALEXNET = 60_965_224  # lecture 5, with two towers
printed = sum(float(facts.find(f"googlenet.parameters_{name}").published) for name in by_row.index)

print(f"60 million divided by 12: {60 / 12:.1f} million")
print(f"the printed rows add up to {printed:.0f} K")
print(f"the net has {without:,}, {ALEXNET / without:.1f} times fewer than AlexNet")

# %% [markdown]
# Neither the net nor the paper's own table gives 5 million.
#
# A well-known library, torchvision, gives 6,624,904 in its documentation. Its net differs in two ways. It has no biases
# in its convolutions but batch normalization, with two parameters for each filter. And in the third branch of each
# module it has a 3 × 3 in the place of the 5 × 5. That came with the weights, which were ported from elsewhere, and it
# stayed, because changing it would mean training again.
#
# **Predict.** How many thousand parameters fewer does a 3 × 3 in these nine places make?

# %%
guess = ...


# %%
def small_window(layer):
    """Return a copy of the layer, with a window of 3×3 if it is the 5×5 of a module."""
    settings = layer.get_config()
    if layer.name.endswith("_5x5"):
        settings["kernel_size"] = 3
    return type(layer).from_config(settings)


net = models.googlenet(auxiliary=False)
other = keras.models.clone_model(net, clone_function=small_window)
others = anatomy(other)
filters = sum(layer.filters for layer in other.layers if isinstance(layer, layers.Conv2D))
del net, other
keras.backend.clear_session()

fewer = without - int(others.parameters.sum())
reveal(guess, round(fewer / 1000), factor=1.3)

# %% [markdown]
# What else does it change? The window of the whole net:

# %%
narrower = int(others.set_index("layer").receptive_field["inception_5b"][0])
print(f"{without:,} - {fewer:,} + {filters:,} = {without - fewer + filters:,}")
print(f"receptive field of 5b: {field} pixels; with 3×3: {narrower}")

# %% [markdown]
# Each filter brings two parameters of batch normalization in the place of one bias: that explains the number to the
# unit. The branch that was meant to look furthest now sees what its neighbour sees.
#
# ## Claims, checked

# %%
pooling_layers = table.layer.isin(["pool1", "pool2", "pool3", "pool4", "average_pool"]).sum()
longest = table.layer.str.match(r"conv|inception_\w\w_3x3|classifier")  # one of the longest ways
depth = int(longest.sum())

checks = [
    facts.check("googlenet.parameters", without),
    facts.check("googlenet.fewer_than_alexnet", ALEXNET / without),
    facts.check("googlenet.torchvision", without),
    facts.check("googlenet.layers", depth),
    facts.check("googlenet.layers_with_pooling", depth + int(pooling_layers)),
    facts.check("googlenet.multiply_adds", int(table.multiply_adds.sum()) / 1e9),
    *(entry for _, parameters, work in lines for entry in (parameters, work)),
]
show_table(facts.table(checks))

# %% [markdown]
# ## Summary
#
# * An inception module looks through several windows at once and lays the maps one behind the other. Naive modules
#   only ever grow.
# * A 1 × 1 before a large window, and behind a pooling, cuts the work to a fraction: in 3a 128 million multiply-adds
#   instead of 303. It also sets how many maps go on.
# * Nine modules, 22 layers with weights on the longest way, 6,998,552 parameters, 1.58 billion multiply-adds. The
#   global average saves 49 million parameters.
# * Auxiliary classifiers send gradient into the layers below them: little where weights have the right size, much
#   where they are too small. They are dropped at inference.
# * Several outputs, several losses: Keras adds them with `loss_weights`.
# * Check a table against itself: filters, parameters and operations are three statements about one thing.
#
# ## Test yourself
#
# 1. Why can a net of naive modules not end with fewer maps than it began with?
# 2. A module reads 512 maps. Its 5 × 5 branch has 24 and 64 filters. How many weights, with reduction and without?
# 3. You feed GoogLeNet without auxiliary classifiers pictures of 448 × 448. Which of its layers refuses?
# 4. Two losses are 0.8 and 2.0, with weights 1 and 0.3. Which of them moves the layers above the second classifier?
# 5. A colleague's net has the shape and the parameter count of yours, and other outputs with the same weights. Name
#    two causes.
#
# <details><summary>Answers</summary>
#
# 1. The pooling branch passes on every map, and the others add to them.
# 2. $512 \cdot 24 + 25 \cdot 24 \cdot 64 = 50{,}688$, instead of $25 \cdot 512 \cdot 64 = 819{,}200$.
# 3. None: the average takes maps of any size. With auxiliary classifiers the dense layers behind a flattening would.
# 4. The first alone; no gradient of the second gets there.
# 5. A pooling left out or of another kind; a ReLU missing; branches in another order; an average for a maximum.
#
# </details>
#
# ## Further reading
#
# * C. Szegedy, W. Liu, Y. Jia, P. Sermanet, S. Reed, D. Anguelov, D. Erhan, V. Vanhoucke and A. Rabinovich (2015).
#   Going deeper with convolutions. *CVPR*. [arXiv:1409.4842](https://arxiv.org/abs/1409.4842)
# * M. Lin, Q. Chen and S. Yan (2014). Network in network. *ICLR*.
#   [arXiv:1312.4400](https://arxiv.org/abs/1312.4400)
# * S. Ioffe and C. Szegedy (2015). Batch normalization. *ICML*. [arXiv:1502.03167](https://arxiv.org/abs/1502.03167)
# * C. Szegedy, V. Vanhoucke, S. Ioffe, J. Shlens and Z. Wojna (2016). Rethinking the inception architecture for
#   computer vision. *CVPR*. [arXiv:1512.00567](https://arxiv.org/abs/1512.00567)
# * K. He, X. Zhang, S. Ren and J. Sun (2015). Delving deep into rectifiers. *ICCV*.
#   [arXiv:1502.01852](https://arxiv.org/abs/1502.01852)
