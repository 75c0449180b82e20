# ---
# jupyter:
#   course:
#     title: GoogLeNet
#     summary: Windows of several sizes side by side, what makes that affordable, and losses on the way.
#     minutes: {quick: 0.6, full: 5}
#     memory_gb: {quick: 1.2, full: 4}
#     needs: ["CIFAR-10 (170 MB) at full effort"]
# ---

# %% [markdown]
# # 7 · GoogLeNet
#
# VGG asked what depth does. In the same year Szegedy et al. (2015) asked another question: what is the best use of a
# given number of multiply-adds (lecture 3)? Seven of their nets together won the classification challenge of 2014,
# with 6.67 % of top-5 errors to VGG's 7.3 %. And each takes a tenth of VGG-16's work and has a twentieth of its
# parameters.
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
# Instead of choosing, an **inception module** has several **branches**, side by side: each reads the same maps,
# through a window of its own. What they give is laid one behind the other (**concatenation**), so that the next layer
# can read all of it, and training decides what is used. With padding "same" and stride 1 all maps keep their size. As
# pooling had done well in other nets, there is a branch with that too.
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
    alt="Four branches from the same 192 maps: 1×1, 3×3 and 5×5 windows, and a pooling.",
)

# %%
import keras
from keras import layers


def naive(x, conv_1x1, conv_3x3, conv_5x5):
    """Return the maps of a naive module on the maps `x`."""
    options = {"padding": "same", "activation": "relu", "kernel_initializer": "he_normal"}
    one = layers.Conv2D(conv_1x1, 1, **options)(x)
    three = layers.Conv2D(conv_3x3, 3, **options)(x)
    five = layers.Conv2D(conv_5x5, 5, **options)(x)
    pool = layers.MaxPooling2D(3, strides=1, padding="same")(x)
    return layers.Concatenate()([one, three, five, pool])


# %% [markdown]
# **Predict.** How many maps come out?

# %%
guess = ...

# %%
from course.exercises import reveal

image = keras.Input((28, 28, 192))
reveal(guess, naive(image, 64, 128, 32).shape[-1])

# %% [markdown]
# Channels add up, and pooling keeps every map that it reads. So there are always more maps than before, whatever the
# filters.
#
# **Exercise 1.** Count for any naive module on maps of `size` × `size` with `in_channels` channels: the maps that
# come out, and the multiply-adds for one image (a product for each weight at each place, biases not counted).
# `exercises.naive_cost.hint()` gives a hint; every exercise has some.

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
from course.anatomy import anatomy, anatomy_of
from course.models.googlenet import STAGES

MODULES = {f"{stage}{letter}": f for stage, of in STAGES.items() for letter, f in of.items()}
SIDES = {"3": 28, "4": 14, "5": 7}


def naive_module(name, channels):
    """Return a naive module with the filters of the paper's module `name`."""
    x, filters = keras.Input((SIDES[name[0]], SIDES[name[0]], channels)), MODULES[name]
    return keras.Model(x, naive(x, filters.conv_1x1, filters.conv_3x3, filters.conv_5x5))


maps, products = [192], 0
for name in MODULES:
    module = anatomy_of(naive_module, name, maps[-1])
    maps.append(module.output_shape.iloc[-1][-1])
    products += module.attrs["multiply_adds"]

reveal(guess, maps[-1])

# %%
from course.figures import curves

PAPERS_MAPS = [192, 256, 480, 512, 512, 512, 528, 832, 832, 1024]  # table 1: what goes into 3a, and what comes out
figure = curves.lines(
    range(10),
    {"naive": maps, "the paper": PAPERS_MAPS},
    xlabel="module",
    ylabel="maps that come out",
    title="Nothing ever gets narrower again",
    alt="Maps by module: the line of nine naive modules climbs far above the paper's.",
)
figure.axes[0].set_xticks(range(10), ["in", *MODULES])
figure

# %% [markdown]
# The work follows, since each window reads all of these maps:

# %%
print(f"nine naive modules: {products / 1e9:.1f} billion multiply-adds")

# %% [markdown]
# ## Reduce first
#
# A 1 × 1 convolution looks at one place, and mixes its channels: many in, few out. Lin et al. (2014) used it for one
# more non-linearity at each place. Here it makes maps *fewer*, before a large window reads them and after a pooling:
# that is **dimension reduction**, and this is the module of the paper's figure 2b. A ReLU follows each convolution,
# those that reduce too.

# %%
branches(
    [
        ["1×1, 64"],
        ["1×1, 96", "3×3, 128"],
        ["1×1, 16", "5×5, 32"],
        ["3×3 pool", "1×1, 32"],
    ],
    before="192\nmaps",
    behind="one behind\nthe other",
    title="Module 3a: the 5×5 reads 16 maps instead of 192",
    alt="Four branches: 1×1; 1×1 before 3×3; 1×1 before 5×5; a pooling before a 1×1.",
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


def reduced_module(name, channels):
    """Return the paper's module `name`."""
    x = keras.Input((SIDES[name[0]], SIDES[name[0]], channels))
    return keras.Model(x, inception(x, MODULES[name], f"inception_{name}"))


counts = {
    "naive": anatomy_of(naive_module, "3a", 192).attrs,
    "with reduction": anatomy_of(reduced_module, "3a", 192).attrs,
}
for name, of in counts.items():
    print(f"{name:16}{of['parameters']:8,} parameters, {of['multiply_adds']:12,} multiply-adds")

work = {name: of["multiply_adds"] for name, of in counts.items()}
reveal(guess, round(work["naive"] / work["with reduction"], 2), factor=1.3)

# %%
reduced = [anatomy_of(reduced_module, *module) for module in zip(MODULES, PAPERS_MAPS, strict=False)]
in_all = sum(table.attrs["multiply_adds"] for table in reduced)
print(f"all nine: {products / 1e9:.1f} billion multiply-adds naive, {in_all / 1e9:.1f} with reduction")

# %% [markdown]
# Take the branch with the 5 × 5 alone. From $c$ channels by way of $r$ to $n$, it has $c\,r + 25\,r\,n$ weights
# instead of $25\,c\,n$: with 192, 16 and 32 that is 15,872 instead of 153,600.
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
# Here is one that somebody built with the filters (3, 2, 5, 4, 8, 6). Its shape is right, and even the number of its
# parameters, so a test of both would pass it. But it does not compute what it should. Keras's summary lists the
# layers that take part, and which one each of them reads.

# %%
suspect = exercises.suspect()
print(suspect.output_shape, suspect.count_params())
suspect.summary(line_length=90)

# %% [markdown]
# **Exercise 5.** One layer reads the wrong maps. Answer with its name.

# %% exercise="miswired"
### BEGIN SOLUTION
miswired = "pool_proj"  # it should read a pooling; nobody reads that, so it is not in the model
### END SOLUTION

exercises.miswired.check(miswired)

# %% [markdown]
# ## The net
#
# Before the modules stands a **stem** in the manner of AlexNet: a 7 × 7 with stride 2, a 1 × 1, a 3 × 3, two
# max-poolings and two local response normalizations (lecture 5). Nine modules follow in three stages, with a
# max-pooling between stages:

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

table = anatomy_of(models.googlenet, auxiliary=False)
inside = table.layer.str.match(r"inception_\w\w_")  # the layers in the branches of a module
kinds = table.kind.replace("Concatenate", "Convolutions of a module")
nets.blocks(
    table.assign(kind=kinds)[~inside],
    title="GoogLeNet, a module drawn as one layer",
    alt="Blocks from left to right: the stem, two modules at 28, five at 14 and two at 7.",
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
    alt="Bars by row: more than a fifth of the work in conv2, parameters grow to 20 % in 5b.",
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
with_heads = anatomy_of(models.googlenet).attrs["parameters"]
without = table.attrs["parameters"]
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

batch_size = len(x) // 3  # equal batches: the mean over batches is the mean over images
history = fit(both, x, {"digit": y, "ink": ink}, epochs=5, batch_size=batch_size)
print(history.round(4))

# %%
last = history.iloc[-1]
assert np.isclose(last["loss"], last["digit_loss"] + 5 * last["ink_loss"], rtol=1e-3)

# %% [markdown]
# The loss is the weighted sum; Keras shows each part, too. Lists do as well, in the order of `both.output_names`
# (alphabetical where the outputs are a dictionary): two lists, or two dictionaries.
#
# **Exercise 9.** `models.googlenet()` has three outputs: `classifier`, `auxiliary_4a_classifier` and
# `auxiliary_4d_classifier`, in this order. Their labels are class numbers. Write what `compile` should get for the
# paper's training, as `dict(loss=..., loss_weights=...)`.

# %% exercise="loss_settings"
### BEGIN SOLUTION
loss_settings = dict(
    loss=["sparse_categorical_crossentropy"] * 3,
    loss_weights=[1.0, 0.3, 0.3],
)
### END SOLUTION

exercises.loss_settings.check(loss_settings)

# %% [markdown]
# ## Experiment 1: what an auxiliary classifier does to the gradient
#
# The paper expected such classifiers to "increase the gradient signal that gets propagated back". Do they?
#
# **Claim.** To the layers below it an auxiliary classifier sends gradient by a shorter way. What that is worth
# depends on the size of the weights: from small ones little arrives by the long way.
#
# **The fair comparison.** One net as deep as GoogLeNet, with nine narrow modules that are all alike and a classifier
# behind the third, "4a", as in the paper. The same weights, pictures and labels, before any training. Once the
# gradient of the main loss, once that of the auxiliary one, discounted as in the paper. Weights as He et al. (2015)
# draw them, and half as large.

# %%
from course.models.googlenet import Inception, auxiliary_classifier, convolution, pooling

shapes = datasets.shapes(train=run.pick(quick=16, full=128), test=1, size=40)
classes = len(shapes.class_names)

image = keras.Input((40, 40, 3))
x = pooling(convolution(image, 8, 7, "conv1", strides=2), "pool1")
x = convolution(convolution(x, 8, 1, "conv2_reduce"), 32, 3, "conv2")
for name in MODULES:
    x = inception(x, Inception(8, 8, 16, 2, 4, 4), f"inception_{name}")  # 32 maps in, 32 out
    if name == "4a":
        first_end = auxiliary_classifier(x, classes, "auxiliary_4a", width=1 / 8)
x = layers.GlobalAveragePooling2D()(x)
last_end = layers.Dense(classes, activation="softmax", name="classifier")(x)

deep = keras.Model(image, [last_end, first_end])
deep.compile()
ways = {"main": keras.Model(image, last_end), "auxiliary": keras.Model(image, first_end)}

# %%
from course.autodiff import weight_gradients
from course.training import over_seeds, restart

WATCHED = ["conv1", "conv2", *(f"inception_{name}_3x3" for name in MODULES)]


def gradient_norms(way):
    """Return the norm of the gradient at each watched layer; NaN for those not on the way."""
    gradients = weight_gradients(way, *shapes.train, "sparse_categorical_crossentropy")
    at_layers = [gradients.get(f"{name}/kernel", np.nan) for name in WATCHED]
    return np.array([np.linalg.norm(gradient) for gradient in at_layers])


def by_way(scale):
    """Return the gradient norms of a new start by either way, its weights times `scale`."""
    restart(deep)
    for weight in deep.trainable_variables:
        weight.assign(scale * weight)
    return {
        "main": gradient_norms(ways["main"]),
        "auxiliary": 0.3 * gradient_norms(ways["auxiliary"]),
    }


# %% [markdown]
# **Predict.** With weights half as large: how many times as much gradient does a layer before 4a get from the
# auxiliary classifier, discounted to 0.3, as from the main one?

# %%
guess = ...

# %% tags=["volatile"]
starts = run.pick(quick=5, full=20)
he = over_seeds(lambda seed: by_way(1.0), starts)
half = over_seeds(lambda seed: by_way(0.5), starts)

before_4a = slice(0, WATCHED.index("inception_4a_3x3"))
ratio = {
    label: float(np.median((norms["auxiliary"] / norms["main"])[:, before_4a]))
    for label, norms in {"he": he, "half": half}.items()
}
reveal(guess, float(f"{ratio['half']:.1g}"), factor=3)
print(f"and with He's weights {ratio['he']:.1f} times as much")

# %% tags=["volatile"]
figure = curves.spread(
    range(len(WATCHED)),
    {
        "He, main classifier": he["main"],
        "He, auxiliary × 0.3": he["auxiliary"],
        "half, main classifier": half["main"],
        "half, auxiliary × 0.3": half["auxiliary"],
    },
    log=True,
    xlabel="layer (the 3×3 of each module)",
    ylabel="norm of the gradient",
    title="Where weights are small, the short way counts",
    alt="Gradient by layer: for He's weights two curves close together, for half far apart.",
)
figure.axes[0].set_xticks(range(len(WATCHED)), ["conv1", "conv2", *MODULES])
figure

# %%
assert ratio["half"] > 5
assert ratio["half"] > 8 * ratio["he"]

# %% [markdown]
# From the main classifier back to 4a the gradient passes 7 to 13 layers with weights, from the auxiliary one three;
# halving all weights halves it at each. With He's weights neither way is weak; which one brings more differs from
# start to start.
#
# **What it does not show.** That training gains by it. Much the same authors found later (Szegedy et al. 2016,
# section 4) that nets with and without learn alike until late, when the first come out slightly ahead. Of the reasons
# that they gave in 2014 they kept the other one, regularization.
#
# ## Experiment 2: what reduction costs
#
# **Claim.** Modules with reduction do a fraction of the work. Does that cost accuracy?
#
# At quick effort the numbers come from small digits, at full effort from CIFAR-10:

# %%
data = run.pick(quick=datasets.digits, full=datasets.cifar10)()
batch_size, epochs, rate = run.pick(quick=(88, 6, 0.008), full=(125, 4, 0.001))
SMALL = run.pick(
    quick=[Inception(12, 6, 16, 3, 6, 6)] * 2,
    full=[Inception(32, 24, 48, 8, 16, 16), Inception(64, 32, 96, 16, 32, 32)],
)
whole = len(data.train) // batch_size * batch_size
x, y = data.train.take(slice(whole))
print(data)

# %% [markdown]
# **The fair comparison.** Two modules with the same 1 × 1, 3 × 3 and 5 × 5 filters, once naive, once with reductions
# and a pool projection; the same pictures, epochs, learning rate and random starts.


# %%
def small_net(reduce):
    """Return a compiled net of two modules."""
    maps = image = keras.Input(x.shape[1:])
    maps = convolution(maps, run.pick(quick=24, full=32), 3, "conv1")
    for number, filters in enumerate(SMALL):
        if reduce:
            maps = inception(maps, filters, f"inception_{number}")
        else:
            maps = naive(maps, filters.conv_1x1, filters.conv_3x3, filters.conv_5x5)
        maps = pooling(maps, f"pool{number}")
    average = layers.GlobalAveragePooling2D()(maps)
    net = keras.Model(image, layers.Dense(len(data.class_names), activation="softmax")(average))
    optimizer = keras.optimizers.Adam(rate)
    optimizer.build(net.trainable_variables)  # else TensorFlow traces the net twice
    net.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
    return net


STUDY = {"naive": small_net(reduce=False), "with reduction": small_net(reduce=True)}
cost = {name: anatomy(net).attrs["multiply_adds"] for name, net in STUDY.items()}
for name, net in STUDY.items():
    print(f"{name:16}{net.count_params():9,} parameters {cost[name]:12,} multiply-adds")

# %% tags=["volatile"]
starts = 3


def accuracy(name):
    """Return how many of 100 test images the net gets right, after training from each start."""
    net = STUDY[name]

    def learn_and_test(seed):
        restart(net)
        net.fit(x, y, batch_size=batch_size, epochs=epochs, verbose=0)
        _, share = net.evaluate(*data.test, batch_size=run.pick(quick=360, full=500), verbose=0)
        return 100 * share

    return over_seeds(learn_and_test, starts)


right = {"naive": accuracy("naive")}
print(f"the naive net is right on {np.median(right['naive']):.1f} of 100 new images")

# %% [markdown]
# **Predict.** And the one with reduction?

# %%
guess = ...

# %% tags=["volatile"]
right["with reduction"] = accuracy("with reduction")
reveal(guess, round(float(np.median(right["with reduction"])), 1), factor=1.03)

# %% tags=["volatile"]
curves.bars(
    right,
    ylabel="right, %",
    title="A fraction of the work, nearly the same accuracy",
    alt="Accuracy of the naive net and of the one with reduction: two similar bars.",
)

# %%
margin = run.pick(quick=6, full=10)  # points
assert cost["naive"] > 2 * cost["with reduction"]
assert np.median(right["with reduction"]) > np.median(right["naive"]) - margin
assert np.median(right["with reduction"]) > run.pick(quick=85, full=50)

# %% [markdown]
# **What it does not show.** That reduction costs nothing: three starts cannot tell one point from none. Nor what the
# work that it saves is worth when it is spent on more and wider modules, which is the paper's point. Digits of 8 × 8
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
def beside(claim, number):
    """Return what a row prints, and our number, marked if the one does not follow from the other."""
    return claim.published, f"{number:.2f}{'' if claim.verdict in FOLLOWS else '  ✘'}"


compared = pandas.DataFrame(
    [
        (name, *beside(parameters.claim, of.parameters / 1024), *beside(work.claim, of.multiply_adds / 1e6))
        for (name, parameters, work), (_, of) in zip(lines, by_row.iterrows(), strict=True)
    ],
    columns=["row", "parameters, K", "computed", "multiply-adds, M", "computed "],
)
show_table(compared)

# %% [markdown]
# The work of ten rows follows: of 4a to 4e and of 5b too, whose parameters do not. In 5a the two columns fit each
# other, but not the filters beside them, as if another module had been counted. And 2.7K and 34M belong to no 7 × 7
# convolution with 64 filters (the ledger below has a guess).
#
# **Exercise 10.** Here is a table of our own, with one row that does not follow from its filters. Which one? Answer
# with its letter.

# %%
rows = [
    (name, f"{size}×{size}×{channels}", str(filters), f"{parameters:,}", f"{work:,}")
    for name, (size, channels, filters, parameters, work) in exercises.ROWS.items()
]
columns = ["row", "maps in", "filters", "parameters", "multiply-adds"]
show_table(pandas.DataFrame(rows, columns=columns))

# %% exercise="wrong_row"
### BEGIN SOLUTION
wrong_row = "d"
### END SOLUTION

exercises.wrong_row.check(wrong_row)

# %% [markdown]
# ### Five million, or seven?
#
# A slide says that GoogLeNet has 5 million weights, and so does a later paper by the same authors (Szegedy et al.
# 2016, on arXiv). The paper itself says: twelve times fewer than AlexNet. Where do the 5 million come from?

# %%
ALEXNET = 60_965_224  # lecture 5, with two towers
printed = sum(float(parameters.claim.published) for _, parameters, _ in lines)

print(f"60 million divided by 12: {60 / 12:.1f} million")
print(f"the printed rows add up to {printed:.0f} K")
print(f"the net has {without:,}, {ALEXNET / without:.1f} times fewer than AlexNet")

# %% [markdown]
# Neither the net nor the paper's own table gives 5 million.
#
# A well-known library, torchvision, has yet another number. Two of its differences change the count. Its convolutions
# have no biases but batch normalization (lecture 8), with two parameters for each filter. And in the third branch of
# each module it has a 3 × 3 in the place of the 5 × 5. That came with the weights, which were ported from elsewhere,
# and it stayed, because changing it would mean training again.
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


def with_small_windows():
    net = models.googlenet(auxiliary=False)
    return keras.models.clone_model(net, clone_function=small_window)


other = anatomy_of(with_small_windows)
fewer = without - other.attrs["parameters"]
reveal(guess, round(fewer / 1000), factor=1.3)

# %% [markdown]
# What else does it change? The window of the whole net:


# %%
def field(anatomy_table):
    """Return the receptive field of 5b, in pixels."""
    return int(anatomy_table.set_index("layer").receptive_field["inception_5b"][0])


filters = sum(shape[-1] for shape in other.output_shape[other.kind == "Conv2D"])

print(f"receptive field of 5b: {field(table)} pixels; with 3×3: {field(other)}")
print(f"{without:,} - {fewer:,} + {filters:,} = {without - fewer + filters:,}")
assert without - fewer + filters == 6_624_904  # what torchvision's documentation gives

# %% [markdown]
# Each filter brings two parameters of batch normalization in the place of one bias: that explains the number in
# torchvision's documentation to the unit. The branch that was meant to look furthest now sees what its neighbour
# sees.
#
# ## Claims, checked

# %%
pooling_layers = table.layer.isin(["pool1", "pool2", "pool3", "pool4", "average_pool"]).sum()
longest = r"conv|inception_\w\w_3x3|classifier"  # one of the longest ways
depth = int(table.layer.str.match(longest).sum())

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
# * Auxiliary classifiers send gradient into the layers below them by a shorter way. That counts where weights are too
#   small; at the right size the long way is as good. They are dropped at inference.
# * Several outputs, several losses: Keras adds them with `loss_weights`.
# * Check a table against itself: filters, parameters and operations are three statements about one thing.
#
# ## Test yourself
#
# 1. Why can a net of naive modules not end with fewer maps than it began with?
# 2. A module reads 512 maps. Its 5 × 5 branch has 24 and 64 filters. How many weights, with reduction and without?
# 3. GoogLeNet, trained on pictures of 224 × 224, gets some of 448 × 448. Which of its layers cannot take them?
# 4. The main loss is 0.8, that of a classifier on the way 2.0, with weights 1 and 0.3. Which of them moves the layers
#    behind the classifier on the way?
# 5. A colleague's net has the shape and the parameter count of yours, and other outputs with the same weights. Name
#    two causes.
#
# <details><summary>Answers</summary>
#
# 1. The pooling branch passes on every map, and the others add to them.
# 2. $512 \cdot 24 + 25 \cdot 24 \cdot 64 = 50{,}688$, instead of $25 \cdot 512 \cdot 64 = 819{,}200$.
# 3. None, at inference: the average takes maps of any size. The auxiliary classifiers could not: their first dense
#    layer reads a fixed number of values.
# 4. The main one alone; no gradient of the other gets there.
# 5. A pooling left out or of another kind; a ReLU missing; branches in another order.
#
# </details>
#
# ## Further reading
#
# * C. Szegedy, W. Liu, Y. Jia, P. Sermanet, S. Reed, D. Anguelov, D. Erhan, V. Vanhoucke and A. Rabinovich (2015).
#   Going deeper with convolutions. *CVPR*. [arXiv:1409.4842](https://arxiv.org/abs/1409.4842)
# * M. Lin, Q. Chen and S. Yan (2014). Network in network. *ICLR*. [arXiv:1312.4400](https://arxiv.org/abs/1312.4400)
# * S. Ioffe and C. Szegedy (2015). Batch normalization: accelerating deep network training by reducing internal
#   covariate shift. *ICML*. [arXiv:1502.03167](https://arxiv.org/abs/1502.03167)
# * C. Szegedy, V. Vanhoucke, S. Ioffe, J. Shlens and Z. Wojna (2016). Rethinking the inception architecture for
#   computer vision. *CVPR*. [arXiv:1512.00567](https://arxiv.org/abs/1512.00567)
# * K. He, X. Zhang, S. Ren and J. Sun (2015). Delving deep into rectifiers: surpassing human-level performance on
#   ImageNet classification. *ICCV*. [arXiv:1502.01852](https://arxiv.org/abs/1502.01852)
