# ---
# jupyter:
#   course:
#     title: LeNet and AlexNet
#     summary: The net that read cheques and the net that won ImageNet, row by row, and what their units look for.
#     minutes: {quick: 0.7, full: 4}
#     memory_gb: {quick: 1.3, full: 3}
#     needs: ["MNIST (11 MB) and Fashion-MNIST (31 MB) at full effort"]
# ---

# %% [markdown]
# # 5 · LeNet and AlexNet
#
# Two nets, fourteen years apart, with the same plan: convolutions and pooling in turn, dense layers at the end. The
# first read handwritten digits; the second, with a thousand times as many parameters, showed that the plan works for
# photographs. This lecture counts both to the last parameter and looks at what such a net learns.
#
# **You will be able to**
#
# * read the table of a net: shapes, parameters and multiply-adds, row by row;
# * explain why three different parameter counts are published for AlexNet;
# * name the parts of AlexNet's recipe, and say what each is for;
# * find out what a trained net looks at: its filters, the patches that a unit likes, the parts that its score needs.
#
# {{cost}}

# %% tags=["start"]
import course

run = course.start(seed=0)

# %% [markdown]
# ## LeNet-5 reads digits
#
# LeNet-5 (LeCun et al. 1998) takes a picture of 32 × 32 grey pixels. Its layers have names: C for convolution, S for
# **subsampling**, the pooling of its time, F for a dense layer. The cheque reader that was built around it
# read several million cheques a day.

# %%
from course import models
from course.anatomy import anatomy, anatomy_of
from course.figures import nets

lenet = models.lenet5("1998")
nets.blocks(
    anatomy(lenet),
    title="LeNet-5: maps shrink, and there are more and more of them",
    alt="Blocks: 32×32, then 28×28 with 6 maps, 14×14, 10×10 with 16, 5×5, then 120, 84, 10.",
)

# %% [markdown]
# Its convolutions have windows of 5 × 5 (a slide has 5 × 4). Subsampling adds up four values, multiplies the sum by a
# **coefficient** and adds a bias; a scaled tanh follows. Coefficient and bias are trained, one pair for each map.
#
# **Predict.** How many parameters does LeNet-5 have in all?

# %%
guess = ...

# %%
from course.exercises import reveal
from course.figures.tables import show_table

lenet_table = anatomy(lenet)
reveal(guess, lenet_table.attrs["trainable_parameters"], factor=1.5)

parts = lenet_table[lenet_table.parameters > 0]
show_table(parts[["layer", "kind", "output_shape", "trainable_parameters", "multiply_adds"]])

# %% [markdown]
# **Exercise 1.** Write the rule for a row. `kind` is "convolution", "subsampling" or "dense"; `side` is that of the
# window, `inputs` and `outputs` count maps (units, for a dense layer). Let every convolution see all maps below it.
# `exercises.row_parameters.hint()` gives a hint; every exercise has some.

# %% exercise="row_parameters"
from course.exercises import alexnet as exercises


def row_parameters(kind, side, inputs, outputs):
    """Return the number of trainable parameters of a layer (int)."""
    ### BEGIN SOLUTION
    if kind == "subsampling":
        return 2 * outputs
    window = side**2 if kind == "convolution" else 1
    return (window * inputs + 1) * outputs
    ### END SOLUTION


exercises.row_parameters.check(row_parameters)

# %% [markdown]
# ### A third layer that does not see everything
#
# Your rule does not fit C3: its maps see three, four or six of the six maps below, by a table in the paper. That
# saves parameters, and it breaks a symmetry: maps with different inputs are bound to find different things. A row for
# each map of S2, a column for each map of C3:

# %%
from course.models.lenet import TABLE_I

print(TABLE_I)

# %% [markdown]
# **Exercise 2.** Count such a layer. `connections` is a list of rows of zeros and ones, a row for each map below, a
# column for each map of the layer; `side` is that of the windows.


# %% exercise="sparse_parameters"
def sparse_parameters(connections, side):
    """Return the number of weights and biases (int)."""
    ### BEGIN SOLUTION
    ones = sum(sum(row) for row in connections)
    return side**2 * ones + len(connections[0])
    ### END SOLUTION


exercises.sparse_parameters.check(sparse_parameters)

# %% [markdown]
# Most tutorials build LeNet-5 from today's parts: ReLU, max-pooling, a C3 that sees everything, a dense layer of ten
# units with softmax at the end. (The paper's last layer compares the 84 numbers of F6 with a picture of each digit,
# drawn by hand on 7 × 12 pixels and not trained.)
#
# **Predict.** How many parameters *more* does that net have?

# %%
guess = ...

# %%
plain_table = anatomy(models.lenet5("plain"))
more = plain_table.attrs["parameters"] - lenet_table.attrs["trainable_parameters"]
reveal(guess, more, factor=1.5)

both = plain_table[["layer", "parameters"]].merge(parts[["layer", "trainable_parameters"]])
both.columns = ["layer", "today", "1998"]
show_table(both[both.today != both["1998"]])

# %% [markdown]
# Three changes make the gap: C3 has 900 weights more, the two poolings lose 44 parameters, and the dense output has
# 850 that are trained, where the pictures were fixed.
#
# Does the net of 1998 learn with today's tools? On 1,437 small digits, enlarged from 8 × 8 (on MNIST, at full effort):

# %% tags=["volatile"]
import keras
import numpy as np

from course import datasets, training

digits = run.pick(quick=lambda: datasets.digits(28), full=datasets.mnist)()
reader = models.lenet5("1998", input_shape=(28, 28, 1))  # pads its pictures to 32 × 32
adam = keras.optimizers.Adam(0.003)
reader.compile(adam, "sparse_categorical_crossentropy", metrics=["accuracy"])
training.fit(reader, *digits.train, epochs=run.pick(quick=6, full=3), batch_size=64)
_, accuracy = reader.evaluate(*digits.test, verbose=0)
print(f"{digits.name}: {accuracy:.1%} of the test images are right")

# %%
assert accuracy > 0.8

# %% [markdown]
# ## ImageNet, and what stands around it
#
# Digits went well. Of photographs with labels the usual sets had some tens of thousands. **ImageNet** (Deng et al.
# 2009) has millions. Its challenge, **ILSVRC**, took 1000 of its categories, with about 1.2 million images to train
# on.

# %%
import pandas

collections = pandas.DataFrame(
    [
        ["PASCAL VOC 2012", "11,500", "20", "boxes, some masks", "Everingham et al. (2015)"],
        ["ImageNet", "14 million", "21,841", "one label", "Russakovsky et al. (2015)"],
        ["ILSVRC 2012", "1.2 million", "1000", "one label, some boxes", "Russakovsky et al. (2015)"],
        ["COCO", "328,000", "91, of which 80 are used", "boxes, masks", "Lin et al. (2014)"],
        ["Open Images V4", "9.2 million", "19,800", "many, boxes", "Kuznetsova et al. (2020)"],
    ],
    columns=["set", "images, about", "categories", "labels", "source"],
)
show_table(collections)

# %% [markdown]
# (VOC: to train and to validate; ImageNet: in 2014; ILSVRC: to train.)
#
# An image of ILSVRC has one label, and may show several things. So a net may name five: the **top-5 error** is the
# share of images whose label is not among them.
#
# **Predict.** In 2012 AlexNet won with 15.3 %. What top-5 error, in %, did the second-best team have?

# %%
guess = ...

# %%
from course import published

reveal(guess, published.ILSVRC_2012["second"])

# %% [markdown]
# The second-best team had features made by hand (Krizhevsky et al. 2012). The winners, year by year:

# %%
from course.figures import curves

curves.bars(
    {f"{year}\n{name}": [error] for year, name, error in published.ILSVRC_WINNERS},
    ylabel="top-5 error on the test images, %",
    title="ILSVRC: from features made by hand to deep nets",
    alt="Winners' error by year: 28.2, 25.8, 16.4, 11.7, 6.7, 3.6, 3.0 and 2.3 percent.",
)

# %% [markdown]
# (2010 to 2014: Russakovsky et al. 2015; 2015: He et al. 2016; 2016: the challenge's page of results; 2017: Hu et al.
# 2018. From 2012 on each is the mean of several nets. With images from outside of the challenge AlexNet came to
# 15.3 %, Clarifai to 11.2 %; the plot has what they reached without.)
#
# ## AlexNet, row by row
#
# **Predict.** The first layer makes 96 maps of 55 × 55 from a picture of 227 × 227 × 3, with windows of 11 × 11. How
# many parameters would a *dense* layer in its place have?

# %%
guess = ...

# %%
from course import arithmetic

dense_parameters = arithmetic.dense_parameters(227 * 227 * 3, 55 * 55 * 96)
conv_parameters = arithmetic.conv_parameters((11, 11), 3, 96)

reveal(guess, float(dense_parameters), factor=3)
times = dense_parameters / conv_parameters
print(f"the convolution: {conv_parameters:,}, which is {times:,.0f} times fewer")

# %% [markdown]
# A slide has $43.7 \cdot 10^9$ here, for "227 × 227". That is right for 224 × 224. The paper itself says 224, which
# does not give 55: $(224 - 11)/4$ leaves a remainder.
#
# **Exercise 3.** Follow the shape through the table. `shape` is (height, width, channels). `rows` lists
# `("conv", filters, kernel size, stride, padding)` and `("pool", size, stride)`. The padding is on *each* side; pooling
# has none.


# %% exercise="net_shape"
def net_shape(shape, rows):
    """Return the shape (height, width, channels) behind all rows."""
    ### BEGIN SOLUTION
    height, width, channels = shape
    for kind, *numbers in rows:
        if kind == "conv":
            channels, kernel, stride, padding = numbers
        else:
            (kernel, stride), padding = numbers, 0
        height = (height + 2 * padding - kernel) // stride + 1
        width = (width + 2 * padding - kernel) // stride + 1
    return height, width, channels
    ### END SOLUTION


exercises.net_shape.check(net_shape)

# %% [markdown]
# AlexNet has eight layers with weights: five convolutions, then three dense layers. Its pooling has windows of 3 and
# moves by 2: they overlap.
#
# **Predict.** Which share of all parameters is in the three dense layers? (A number from 0 to 1.)

# %%
guess = ...


# %%
def dense_share(column):
    """Return which share of the numbers in a column belongs to the dense layers."""
    return round(column[two_towers.kind == "Dense"].sum() / column.sum(), 2)


two_towers = anatomy_of(models.alexnet, "two_towers")  # draws no weights: shapes are enough
reveal(guess, dense_share(two_towers.parameters))

# %% [markdown]
# **Predict.** And which share of the multiply-adds?

# %%
guess = ...

# %%
reveal(guess, dense_share(two_towers.multiply_adds))


# %%
def readable(number):
    """Return a whole number with commas, anything else as it is."""
    return f"{number:,}" if isinstance(number, int) else number


columns = ["layer", "kind", "output_shape", "parameters", "multiply_adds", "receptive_field"]
show_table(two_towers[columns].map(readable))

# %%
nets.blocks(
    two_towers,
    title="AlexNet",
    alt="Blocks: 227×227, 55×55 with 96 maps, 27×27, 13×13 with 384 and 256, 6×6, 4096 units.",
)

# %% [markdown]
# The dense layers hold the weights, the convolutions do the work: each of their weights is used at every place.
#
# ## Three counts of one net
#
# The authors' GPUs had 3 GB of memory each, and the net was spread over two: half of the maps on each, the **two
# towers**. They exchange maps before conv3 and in the dense layers only. In conv2, conv4 and conv5 a filter sees the
# maps of its own tower. That is a convolution in two **groups**.
#
# **Exercise 4.** Build AlexNet's second block, narrow, as a Keras model: 14 × 14 pixels with 4 maps in, *one*
# convolution of 8 filters (5 × 5, ReLU, the size kept) in two groups, then its pooling. Leave normalization out.

# %% exercise="tower_block"
from keras import layers

### BEGIN SOLUTION
tower_block = keras.Sequential()
tower_block.add(keras.Input(shape=[14, 14, 4]))
tower_block.add(layers.Conv2D(8, 5, padding="same", groups=2, activation="relu"))
tower_block.add(layers.MaxPooling2D(3, strides=2))
### END SOLUTION

exercises.tower_block.check(tower_block)

# %% [markdown]
# Most tutorials, and most libraries, build one tower, in which every filter sees every map.
#
# **Predict.** How many parameters more does that take?

# %%
guess = ...

# %%
counts = {
    "two towers": two_towers.attrs["parameters"],
    "one tower": anatomy_of(models.alexnet, "one_tower").attrs["parameters"],
}
reveal(guess, counts["one tower"] - counts["two towers"], factor=1.5)
print(f"{counts['two towers']:,} in two towers, {counts['one tower']:,} in one")

# %% [markdown]
# **Exercise 5.** Explain the gap: how much of it comes from each of the three layers? The form:
# `dict(conv2=…, conv4=…, conv5=…)`; expressions are welcome.

# %% exercise="tower_gap"
### BEGIN SOLUTION
tower_gap = dict(
    conv2=5 * 5 * (96 - 48) * 256,
    conv4=3 * 3 * (384 - 192) * 384,
    conv5=3 * 3 * (384 - 192) * 256,
)
### END SOLUTION

exercises.tower_gap.check(tower_gap)

# %% [markdown]
# The third count is that of PyTorch's `torchvision`. Its AlexNet follows code that Krizhevsky published with a paper
# of 2014: a single tower, and 64, 192, 384, 256 and 256 filters instead of 96, 256, 384, 384 and 256. The paper itself
# has 384 in conv4, so that even this count is the code's and not the paper's.

# %%
later = anatomy_of(models.alexnet, "2014")
counts["2014"] = later.attrs["parameters"]
print(f"{counts['2014']:,} in torchvision's AlexNet")

show_table(later[later.parameters > 0][["layer", "output_shape", "parameters"]].map(readable))

# %% [markdown]
# ## Neighbours that damp each other
#
# Behind its first two convolutions AlexNet has **local response normalization**. At each place, map $i$ is divided by
# what the $n$ maps around it say there ($n$ is odd):
#
# $$b_i = \frac{a_i}{\big(k + \alpha \sum_j a_j^2\big)^{\beta}}$$
#
# where $j$ runs over the $n$ maps with $i$ in their middle, as far as there are any. The paper has $k = 2$, $n = 5$,
# $\alpha = 10^{-4}$ and $\beta = 0.75$, and reports that top-5 error fell by 1.2 points.
#
# **Predict.** All responses are close to 0. By which number does it divide them?

# %%
guess = ...

# %%
normalization = models.LocalResponseNormalization()


def normalized(responses):
    """Return what the layer makes of the responses of some maps at one place."""
    return keras.ops.convert_to_numpy(normalization(responses[None, None, None]))[0, 0, 0]


tiny = np.full(16, 1e-3, "float32")
reveal(guess, round(float(tiny[8] / normalized(tiny)[8]), 2))

# %%
weak = np.full(16, 10.0, "float32")
strong = weak.copy()
strong[8] = 300  # one unit responds strongly

curves.lines(
    np.arange(16),
    {"all weak": normalized(weak), "one strong": normalized(strong)},
    xlabel="map",
    ylabel="after normalization",
    title="A strong response damps itself and its neighbours",
    alt="Responses of 16 maps: where map 8 is strong, its two neighbours on either side fall.",
)

# %% [markdown]
# **Exercise 6.** Write it for an array `a` of shape (height, width, maps), with `n` odd.


# %% exercise="local_response_normalization"
def local_response_normalization(a, n, k, alpha, beta):
    """Return the normalized responses, an array of a's shape."""
    ### BEGIN SOLUTION
    maps, reach = a.shape[-1], n // 2
    total = np.empty_like(a)
    for i in range(maps):
        total[..., i] = np.square(a[..., max(i - reach, 0) : i + reach + 1]).sum(axis=-1)
    return a / (k + alpha * total) ** beta
    ### END SOLUTION


exercises.local_response_normalization.check(local_response_normalization)

# %% [markdown]
# Two years later one of the VGG nets was trained with it and without it, and did not gain by it (lecture 6). Batch
# normalization took its place (lecture 8).
#
# ## The recipe
#
# The net has 60 million parameters, and 1.2 million images are few for that. A good part of the recipe fights
# over-fitting.

# %%
recipe = pandas.DataFrame(
    [
        ["ReLU", "after every layer with weights", "trains faster (see below)"],
        ["two GPUs", "two towers", "1.2 points, against half as many filters in conv1 to conv4"],
        ["local response normalization", "after conv1 and conv2", "1.2 points"],
        ["overlapping pooling", "3 × 3, moved by 2", "0.3 points, against 2 × 2"],
        ["crops and mirror images", "224 × 224 out of 256 × 256", "without, it over-fits"],
        ["colour", "changed along its principal components", "over 1 point of top-1 error"],
        ["dropout 0.5", "first two dense layers", "without, it over-fits; twice as many steps"],
        ["weight decay", "5e-4", "lowers the training error too"],
        ["SGD", "momentum 0.9, batches of 128", ""],
        ["learning rate", "1e-2, divided by 10 on a plateau, three times", ""],
        ["at test time", "mean over 5 crops, each mirrored too", "1.3 points (images of 2010)"],
    ],
    columns=["part", "how", "what the paper says of it (top-5 error if nothing else is said)"],
)
show_table(recipe)

# %% [markdown]
# The paper counts the crops: taking every 224 × 224 out of 256 × 256, and its mirror image, makes the training set
# 2048 times larger, it says.
#
# **Predict.** How many such pictures are there really?

# %%
guess = ...

# %%
places = np.lib.stride_tricks.sliding_window_view(np.empty((256, 256)), (224, 224)).shape[:2]
crops = 2 * places[0] * places[1]  # each of them mirrored too
reveal(guess, crops, factor=1.001)

# %% [markdown]
# There are 33 places along each side, not 32: one more than there are steps. Now the recipe in Keras, where "divided
# by 10 on a plateau" is a callback: this one divides whenever the accuracy on the validation images has not risen for
# five epochs. (Keras applies weight decay directly to the weights; in the paper it goes through the momentum, as an L2
# penalty of 2.5e-4 on every weight would.)

# %%
sgd = keras.optimizers.SGD(1e-2, momentum=0.9, weight_decay=5e-4)
plateau = keras.callbacks.ReduceLROnPlateau("val_accuracy", factor=0.1, patience=5)

# %% [markdown]
# **Exercise 7.** A fellow student has written a narrow AlexNet for pictures of 67 × 67, here as a list of layers, with
# one tower, without normalization and dropout. That is as it should be, but there are slips in it: one in a pooling,
# the others in the dense part. Build the net that was meant.


# %%
def their_layers():
    """Return a list of layers, with slips."""
    return [
        layers.Conv2D(4, 11, strides=4, activation="relu"),
        layers.MaxPooling2D(2),
        layers.Conv2D(8, 5, padding="same", activation="relu"),
        layers.MaxPooling2D(3, strides=2),
        layers.Conv2D(8, 3, padding="same", activation="relu"),
        layers.Conv2D(8, 3, padding="same", activation="relu"),
        layers.Conv2D(8, 3, padding="same", activation="relu"),
        layers.MaxPooling2D(3, strides=2),
        layers.Flatten(),
        layers.Dense(16),
        layers.Dense(16),
        layers.Dense(10, activation="relu"),
    ]


theirs = keras.Sequential([keras.Input((67, 67, 3)), *their_layers()])
show_table(anatomy(theirs)[["kind", "output_shape", "parameters"]])

# %% exercise="mended_alexnet"
### BEGIN SOLUTION
rows = their_layers()
rows[1] = layers.MaxPooling2D(3, 2)
rows[-3:] = layers.Dense(16, "relu"), layers.Dense(16, "relu"), layers.Dense(10, "softmax")
mended_alexnet = keras.Sequential([keras.Input(shape=[67, 67, 3]), *rows])
### END SOLUTION

exercises.mended_alexnet.check(mended_alexnet)

# %% [markdown]
# ### What was reported
#
# The paper's table 2, top-5 error in %. (Nets with a star have a sixth convolution, and were first trained on all
# 22,000 categories that ImageNet had in 2011.)

# %%
results = pandas.DataFrame(
    [
        ["one net", "18.2", ""],
        ["five nets, their mean", "16.4", "16.4"],
        ["one net*", "16.6", ""],
        ["seven nets, two of them*", "15.4", "15.3"],
    ],
    columns=["", "validation images", "test images"],
)
show_table(results)

# %% [markdown]
# **Exercise 8.** Numbers that are quoted side by side often mean different things. Two years later, one VGG net had a
# top-5 error of 7.1 % on the validation images (and seven of them 7.3 % on the test images of the challenge). How many
# times as many errors does AlexNet make, if like is compared with like: one net each, the same images, the same
# training data? Answer with an expression, such as `12 / 5`, or with two decimals at least.

# %% exercise="fair_factor"
### BEGIN SOLUTION
fair_factor = 18.2 / 7.1
### END SOLUTION

exercises.fair_factor.check(fair_factor)

# %% [markdown]
# (One thing still differs: AlexNet looked at 10 crops of each picture, VGG at many more.)
#
# ## Experiment: does ReLU train faster than tanh?
#
# Figure 1 of the paper: a net of four layers on CIFAR-10, each activation with its own learning rate, and no
# regularization. With ReLU it comes down to a training error of 25 % six times sooner than with tanh.
#
# **The fair comparison.** The same five narrow convolutions, 1000 real digits and four epochs, no regularization; for
# each activation weights of its usual size (He's, Glorot's), several random starts and three learning rates.
#
# **Predict.** At the smallest rate, 0.001, which one has the lower training error in the end? "ReLU" or "tanh".

# %%
guess = ...

# %%
at_once = 1 if run.backend == "torch" else 5  # batches; PyTorch takes one
ROWS = [(8, 5, True), (16, 3, True), (16, 3, False), (16, 3, False), (16, 3, True)]


def five_convolutions(activation, initializer, shape):
    """Return a narrow net of AlexNet's plan: rows of (filters, kernel size, pooled)."""
    net = keras.Sequential([keras.Input(shape)])
    for filters, side, pooled in ROWS:
        options = {"activation": activation, "kernel_initializer": initializer}
        net.add(layers.Conv2D(filters, side, padding="same", **options))
        if pooled:
            net.add(layers.MaxPooling2D(2))
    net.add(layers.Flatten())
    net.add(layers.Dense(10, "softmax"))
    loss, sgd = "sparse_categorical_crossentropy", keras.optimizers.SGD(momentum=0.9)
    net.compile(sgd, loss, metrics=["accuracy"], steps_per_execution=at_once)
    return net


# %% tags=["volatile"]
data = run.pick(quick=lambda: datasets.digits(16), full=datasets.fashion_mnist)()
x, y = data.train.few(run.pick(quick=100, full=300))  # of each class
x = (x - x.mean()) / x.std()
RATES = [0.001, 0.03, 0.1]


def training_errors(net):
    """Return a function of a seed: the training error after four epochs, for each rate."""

    def of(seed):
        errors = []
        for rate in RATES:
            keras.utils.set_random_seed(seed)
            training.restart(net)
            net.optimizer.learning_rate = rate
            history = training.fit(net, x, y, epochs=4, batch_size=100)
            errors.append(1 - history["accuracy"].iloc[-1])
        return errors

    return of


starts = run.pick(quick=3, full=10)
usual = {"ReLU": ("relu", "he_normal"), "tanh": ("tanh", "glorot_normal")}
errors = {  # arrays of shape (starts, rates)
    name: training.over_seeds(training_errors(five_convolutions(*how, x.shape[1:])), starts)
    for name, how in usual.items()
}

# %% tags=["volatile"]
relu, tanh = (np.median(errors[name], axis=0) for name in ("ReLU", "tanh"))
reveal(guess, "ReLU" if relu[0] < tanh[0] else "tanh")

# %% tags=["volatile"]
curves.spread(
    RATES,
    errors,
    xlabel="learning rate",
    ylabel="training error after four epochs",
    title="Which one is ahead depends on the learning rate",
    alt="Training error by rate: ReLU's is lower at the smallest rate, tanh's at the largest.",
)

# %% [markdown]
# **Claim.** At one small rate for both, ReLU is ahead. With the best of the three rates for each, tanh is not behind:
# the sixfold lead does not show in a net as small as this one, after four epochs.

# %%
assert relu[0] < tanh[0]
assert tanh[-1] < relu[-1]
assert tanh.min() < relu.min() + 0.02

# %% [markdown]
# (At full effort: 3000 pictures of Fashion-MNIST.)
#
# **What it does not show.** That the paper is wrong: its images were harder, it trained for longer, it does not say
# how wide its net was, and says that the size of the effect depends on the architecture. Nor tanh at its best: the
# largest rate suits it most, and a larger one may suit it better. But "trains faster" is a statement about a learning
# rate too.
#
# ## What its filters look like
#
# Filters of the first layer can be looked at as pictures themselves. AlexNet's 96 are edges at many angles and blobs of
# colour. Here is a smaller net, for scenes with one bright shape in each. As in the paper the mean is taken off the
# pixels, and the first weights start near 0.

# %%
scenes = datasets.shapes(
    train=run.pick(quick=2500, full=20_000),
    test=500,
    classes=("circle", "ring", "triangle", "square", "star", "cross"),
    clutter=1,
    noise=0.05,
)
scenes.show(10)

# %%
keras.utils.set_random_seed(0)
near_0 = keras.initializers.RandomNormal(stddev=0.02)
less_the_mean = layers.Rescaling(1.0, offset=-float(scenes.train.images.mean()))
watcher = keras.Sequential([keras.Input((32, 32, 3)), less_the_mean])
plan = [(16, 7, near_0), (24, 5, "he_normal"), (32, 3, "he_normal")]
for number, (filters, side, start) in enumerate(plan, start=1):
    options = {"padding": "same", "activation": "relu", "kernel_initializer": start}
    watcher.add(layers.Conv2D(filters, side, **options, name=f"conv{number}"))
    watcher.add(layers.MaxPooling2D(3, 2, name=f"pool{number}"))
watcher.add(layers.Flatten())
watcher.add(layers.Dense(6, "softmax"))
watcher.compile(
    keras.optimizers.Adam(0.003),
    "sparse_categorical_crossentropy",
    metrics=["accuracy"],
    steps_per_execution=at_once,
)


def first_filters():
    """Return the filters of conv1 as an array (filters, height, width, channels)."""
    return watcher.get_layer("conv1").get_weights()[0].transpose(3, 0, 1, 2)


# %% [markdown]
# **Predict.** Take two weights of a filter that lie side by side. Before training their **correlation** is about 0:
# nothing ties them. What is it after training, on average? (A number from −1 to 1.)

# %%
guess = ...

# %% tags=["volatile"]
from course.figures.gallery import gallery


def neighbours_correlation(filters):
    """Return the correlation of weights that lie side by side, the median over the filters."""
    pairs = zip(filters[:, :, 1:], filters[:, :, :-1], strict=True)
    return float(np.median([np.corrcoef(a.ravel(), b.ravel())[0, 1] for a, b in pairs]))


def as_pictures(filters):
    """Return the filters with 0 as grey, each stretched to its own largest weight."""
    return 0.5 + filters / (2 * np.abs(filters).max(axis=(1, 2, 3), keepdims=True))


before = first_filters()
training.fit(watcher, *scenes.train, epochs=run.pick(quick=8, full=10), batch_size=100)
after = first_filters()
reveal(guess, round(neighbours_correlation(after), 2), factor=1.5)
gallery(
    {
        "before": as_pictures(before)[:8],
        "after": as_pictures(after)[:8],
        "": as_pictures(after)[8:],
    },
    inches=0.6,
    alt="Filters of 7×7: before training coloured noise, after it smooth light and dark sides.",
)

# %% tags=["volatile"]
_, accuracy = watcher.evaluate(*scenes.test, verbose=0)
print(f"{accuracy:.1%} of the test scenes are right")

# %%
assert accuracy > 0.7
assert abs(neighbours_correlation(before)) < 0.2 < neighbours_correlation(after)

# %% [markdown]
# Nobody asked for light beside dark: gradient descent found that it helps to tell shapes apart. Filters that still
# look like noise are mostly those that have changed least.
#
# **What it does not show.** That these are AlexNet's filters: ours saw bright shapes whose colour does not matter.
#
# ## What a unit responds to
#
# Zeiler and Fergus (2014) asked another question: which pictures make a unit respond most? A unit sees a window
# (lecture 4); cut it out where the response is largest. (They also project the response back to the pixels.)
#
# **Predict.** A unit of conv2 looks through 7 × 7, pooling of 3 moved by 2, and 5 × 5. How wide is its window?

# %%
guess = ...

# %%
from course.receptive_field import receptive_field

field = receptive_field(watcher, "conv2")
reveal(guess, int(field.size[0]))

# %% tags=["volatile"]
conv2 = keras.Model(watcher.inputs, watcher.get_layer("conv2").output)
responses = conv2.predict_on_batch(scenes.test.images)
around = int(field.size[0])  # grey pixels, so that every window lies inside
frame = [(0, 0), (around, around), (around, around), (0, 0)]
framed = np.pad(scenes.test.images, frame, constant_values=0.5)


def best_patches(unit, count=9):
    """Return what a unit of conv2 sees where it responds most, in each of `count` scenes."""
    response = responses[..., unit]
    patches = []
    for scene in response.max(axis=(1, 2)).argsort()[::-1][:count]:
        place = np.unravel_index(response[scene].argmax(), response.shape[1:])
        window = field.window(tuple(map(int, place)))
        rows, columns = (slice(first + around, last + around) for first, last in window)
        patches.append(framed[scene, rows, columns])
    return patches


lively = np.argsort(responses.std(axis=(0, 1, 2)))[::-1][:7]  # whose responses vary most
gallery(
    {f"unit {unit}": best_patches(unit) for unit in lively},
    inches=0.6,
    alt="Seven rows of nine patches; those of a row show similar parts: arcs, rings, bright blobs, corners.",
)

# %% [markdown]
# Most rows have a theme, such as an arc, a bright blob or a corner. (Grey borders lie outside of the scene.)
#
# **What it does not show.** What else the unit responds to: these are nine patches out of thousands.
#
# ## Which part does the score need?
#
# Zeiler and Fergus (2014) also covered a part of the picture with a grey square, and noted the net's score for the
# right class, for every place of the square.
#
# **Exercise 9.** Write it. `score` is a function of a batch (n, height, width, channels) that returns n numbers. Cover
# `size` × `size` pixels with 0.5, wherever the square lies inside: entry (i, j) is the score with its top left corner
# there. (One call of `score` with all pictures is fastest.)


# %% exercise="occlusion_map"
def occlusion_map(score, image, size):
    """Return the scores, an array of shape (height − size + 1, width − size + 1)."""
    ### BEGIN SOLUTION
    rows, columns = image.shape[0] - size + 1, image.shape[1] - size + 1
    batch = []
    for top in range(rows):
        for left in range(columns):
            covered = image.copy()
            covered[top : top + size, left : left + size] = 0.5
            batch.append(covered)
    return score(np.stack(batch)).reshape(rows, columns)
    ### END SOLUTION


exercises.occlusion_map.check(occlusion_map)

# %% [markdown]
# The figures below use the course's own, `course.occlusion`. The square is 8 × 8, and the scenes are the first of each
# class that the net gets right.

# %% tags=["volatile"]
from course import occlusion
from course.figures.heat_maps import heat_maps

test = scenes.test
probabilities = watcher.predict_on_batch(test.images)
right = np.flatnonzero(probabilities.argmax(axis=1) == test.labels)


def scores_under_a_square(i):
    """Return the map of the probability that the net gives to the right class of test scene i."""

    def score(images):
        return watcher.predict_on_batch(images)[:, test.labels[i]]

    return occlusion.occlusion_map(score, test.images[i], 8)


chosen = [right[test.labels[right] == label][0] for label in range(6)]
heat_maps(
    [test.images[i] for i in chosen],
    [scores_under_a_square(i) for i in chosen],
    [scenes.class_names[test.labels[i]] for i in chosen],
    quantity="score",
    alt="Six scenes with their maps: for most, the score falls where the square covers the shape.",
)

# %% [markdown]
# **Claim.** The net looks at the shape: squares that hide much of it cost more than squares beside it. The scenes
# know where their shapes are, so this can be counted, here for the first ten that the net gets right. A square hides
# much if it hides more than half of what any square of its size can.

# %% tags=["volatile"]
on_shape, beside = [], []
windows = np.lib.stride_tricks.sliding_window_view
for i in right[:10]:
    heat = scores_under_a_square(i)
    hidden = windows(test.masks[i] > 0, (8, 8)).sum(axis=(2, 3))  # pixels of the shape
    on_shape.append(heat[hidden > hidden.max() / 2].mean())
    beside.append(heat[hidden == 0].mean())

curves.bars(
    {"square on the shape": on_shape, "square beside it": beside},
    ylabel="score for the right class",
    title="Covering the shape costs more",
    alt="Score for the right class of ten scenes: lower with the square on the shape.",
)

# %%
assert np.mean(on_shape) < np.mean(beside) - 0.05

# %% [markdown]
# **What it does not show.** That what is left uncovered does not matter: where the net has two reasons, taking one
# away changes nothing. And a grey square on dark ground is something new, with corners of its own.
#
# ## Claims, checked
#
# LeNet's connections are counted as in the paper: every product and every bias, at every place. A neuron of AlexNet is
# one number in the output of a layer with weights.

# %%
rows = lenet_table.set_index("layer")
connections = 840 + sum(  # 840 of the output
    5 * rows.activations[name]  # four values and a bias
    if name in ("S2", "S4")
    else rows.multiply_adds[name] + rows.activations[name]
    for name in ("C1", "S2", "C3", "S4", "C5", "F6")
)
outputs = [f"conv{number}" for number in range(1, 6)] + ["fc6", "fc7", "fc8"]
neurons = two_towers.set_index("layer").activations[outputs].sum()

# %%
from course import facts

checks = [
    facts.check("lenet.parameters", lenet_table.attrs["trainable_parameters"]),
    facts.check("lenet.connections", int(connections)),
    *(
        facts.check(f"lenet.parameters_{name.lower()}", int(rows.trainable_parameters[name]))
        for name in ("C1", "S2", "C3", "S4", "C5", "F6")
    ),
    facts.check("lenet.parameters_plain", plain_table.attrs["parameters"]),
    facts.check("lenet.filter", lenet.get_layer("C3").kernel_size ** 2),
    facts.check("alexnet.first_layer", conv_parameters),
    facts.check("alexnet.first_layer_dense", dense_parameters),
    facts.check("alexnet.input_size", (55 - 1) * 4 + 11),
    facts.check("alexnet.parameters", counts["two towers"]),
    facts.check("alexnet.two_towers", counts["two towers"]),
    facts.check("alexnet.one_tower", counts["one tower"]),
    facts.check("alexnet.later", counts["2014"]),
    facts.check("alexnet.neurons", int(neurons)),
    facts.check("alexnet.crops", crops),
]
show_table(facts.table(checks))

# %% [markdown]
# ## Summary
#
# * LeNet-5: convolution and pooling in turn, then dense layers; 60,000 parameters as published, 61,706 as mostly
#   built.
# * AlexNet: five convolutions, three dense layers. The dense ones hold 96 % of the weights, the convolutions do 92 %
#   of the work.
# * Three counts: 60,965,224 in two towers, 62,378,344 in one, 61,100,840 in torchvision's. Say which one you mean.
# * The recipe: ReLU, local response normalization, overlapping pooling, crops and mirror images, dropout, weight
#   decay, SGD with momentum and a rate that falls.
# * One net had 18.2 %, five nets 16.4 %, seven nets, two with more data, 15.4 %. Compare like with like: one net with
#   one net, and each side tuned.
# * Filters, best patches and occlusion show what a net looks at; none of them shows all of it.
#
# ## Test yourself
#
# 1. Why has C3 of LeNet-5 only 1,516 parameters, and not 2,416?
# 2. A convolution gets `groups=2`. What happens to its weights, its biases and its output's shape?
# 3. AlexNet's last maps are 6 × 6 × 256. How many weights has the first dense layer?
# 4. Pooling of 3 × 3 moved by 2 on a map of 13 × 13: which size comes out, and how wide do neighbours overlap?
# 5. Covering any part of a picture leaves the score at 1. Has the net not looked at it?
#
# <details><summary>Answers</summary>
#
# 1. 60 of 96 pairs of maps are connected: 60 · 25 weights and 16 biases.
# 2. Half as many weights, since a filter sees half of the maps; as many biases; the same shape.
# 3. 6 · 6 · 256 · 4096 = 37,748,736: more than half of the whole net.
# 4. (13 − 3)/2 + 1 = 6; neighbours share one row or column.
# 5. It may have more reasons than one: each alone is enough, and a square covers only one at a time.
#
# </details>
#
# ## Further reading
#
# * Y. LeCun, L. Bottou, Y. Bengio and P. Haffner (1998). Gradient-based learning applied to document recognition.
#   *Proceedings of the IEEE* 86(11), 2278–2324.
# * A. Krizhevsky, I. Sutskever and G. Hinton (2012). ImageNet classification with deep convolutional neural networks.
#   *NeurIPS*.
# * A. Krizhevsky (2014). One weird trick for parallelizing convolutional neural networks.
#   [arXiv:1404.5997](https://arxiv.org/abs/1404.5997)
# * M. Zeiler and R. Fergus (2014). Visualizing and understanding convolutional networks. *ECCV*.
#   [arXiv:1311.2901](https://arxiv.org/abs/1311.2901)
# * O. Russakovsky et al. (2015). ImageNet large scale visual recognition challenge. *International Journal of
#   Computer Vision* 115, 211–252. [arXiv:1409.0575](https://arxiv.org/abs/1409.0575)
# * J. Deng, W. Dong, R. Socher, L.-J. Li, K. Li and L. Fei-Fei (2009). ImageNet: a large-scale hierarchical image
#   database. *CVPR*.
# * M. Everingham et al. (2015). The PASCAL visual object classes challenge: a retrospective. *International
#   Journal of Computer Vision* 111, 98–136.
# * T.-Y. Lin et al. (2014). Microsoft COCO: common objects in context. *ECCV*.
#   [arXiv:1405.0312](https://arxiv.org/abs/1405.0312)
# * A. Kuznetsova et al. (2020). The Open Images dataset V4. *International Journal of Computer Vision* 128,
#   1956–1981. [arXiv:1811.00982](https://arxiv.org/abs/1811.00982)
# * K. Simonyan and A. Zisserman (2015). Very deep convolutional networks for large-scale image recognition. *ICLR*.
#   [arXiv:1409.1556](https://arxiv.org/abs/1409.1556)
# * K. He, X. Zhang, S. Ren and J. Sun (2016). Deep residual learning for image recognition. *CVPR*.
#   [arXiv:1512.03385](https://arxiv.org/abs/1512.03385)
# * J. Hu, L. Shen and G. Sun (2018). Squeeze-and-excitation networks. *CVPR*.
#   [arXiv:1709.01507](https://arxiv.org/abs/1709.01507)
