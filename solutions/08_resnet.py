# ---
# jupyter:
#   course:
#     title: ResNet
#     summary: Why plain nets train worse as they get deeper, and the one addition that lets them grow.
#     minutes: {quick: 1, full: 5}
#     memory_gb: {quick: 1.5, full: 6}
#     needs: ["CIFAR-10 (170 MB) at full effort"]
# ---

# %% [markdown]
# # 8 · ResNet
#
# VGG stopped at 19 layers, where its error had stopped falling (lecture 6). A year later He, Zhang, Ren and Sun
# (2016) trained 152. Such nets, several of them together, took the first places of 2015 in classification, detection
# and localization on ImageNet, and in detection and segmentation on COCO. Between the two stand an observation, an
# argument and a plus sign.
#
# **You will be able to**
#
# * tell degradation from over-fitting, and show it;
# * build residual blocks with identities and projections, and count what they cost;
# * read the table of ResNets, and explain why two published counts of one net differ;
# * compute batch normalization forward and backward, and say when it fails.
#
# {{cost}}

# %% tags=["start"]
import course

run = course.start(seed=0)

# %% [markdown]
# ## More layers, a better fit?
#
# The nets of this experiment are those with which the paper studied depth: a 3 × 3 convolution, three stages of 3 × 3
# convolutions with 16, 32 and 64 filters, average pooling, a dense layer. Each convolution is followed by batch
# normalization, which we take apart below. A **plain** net is that and no more.
#
# At quick effort they are a quarter as wide, to train in seconds, on real digits of 8 × 8 pixels. At full effort they
# have their own width, and the first 4,992 images of CIFAR-10, the paper's data set.

# %%
from course import datasets

data = run.pick(quick=datasets.digits, full=datasets.cifar10)()
shallow, deep = run.pick(quick=(20, 32), full=(20, 56))
width = run.pick(quick=0.25, full=1.0)
batches, batch_size = run.pick(quick=(8, 176), full=(39, 128))
epochs, rate = run.pick(quick=(3, 0.1), full=(10, 0.05))

images, labels = data.train.take(slice(batches * batch_size))
images = images - images.mean(axis=0)
print(data)

# %%
import keras

from course import models
from course.training import fit, over_seeds, restart

starts = 3


def train(build, depth):
    """Return the net, its loss in training, and its weights before and after: for each random start."""
    net = build(depth, images.shape[1:], width=width)
    optimizer = keras.optimizers.SGD(rate, momentum=0.9)
    optimizer.build(net.trainable_variables)  # else TensorFlow traces the net twice
    net.compile(optimizer, "sparse_categorical_crossentropy")

    weights = {"at the start": [], "trained": []}

    def loss(seed):
        restart(net)
        weights["at the start"].append(net.get_weights())
        history = fit(net, images, labels, batch_size=batch_size, epochs=epochs)
        weights["trained"].append(net.get_weights())
        return history["loss"]

    return net, over_seeds(loss, starts), weights


losses = {}
_, losses[f"plain, {shallow} layers"], _ = train(models.cifar_plain, shallow)

# %% tags=["volatile"]
print("plain,", shallow, "layers:", losses[f"plain, {shallow} layers"][:, -1].round(2))

# %% [markdown]
# These are the losses in the last epoch of training, one for each random start. Guessing among ten classes costs
# ln 10 = 2.30.
#
# **Predict.** The next plain net has `deep` layers, and trains on the same images for as many epochs. Which loss does
# it reach?

# %%
guess = ...

# %% tags=["volatile"]
import numpy as np

from course.exercises import reveal

_, losses[f"plain, {deep} layers"], _ = train(models.cifar_plain, deep)
reveal(guess, round(float(np.median(losses[f"plain, {deep} layers"][:, -1])), 2), factor=1.2)

# %% tags=["volatile"]
from course.figures import curves

curves.spread(
    np.arange(1, epochs + 1),
    losses,
    xlabel="epoch",
    ylabel="loss in training",
    title="The deeper plain net trains worse",
    alt="Loss by epoch: that of the shallow plain net falls faster than that of the deep one.",
)

# %% [markdown]
# Over-fitting would be a low loss in *training* and a high one on new images. Here the loss in training itself is
# higher. The paper, which saw it with 20 and 56 layers on CIFAR-10, and with 18 and 34 on ImageNet, calls this
# **degradation**: more layers, and a worse fit.

# %%
plain_shallow, plain_deep = (np.median(measured[:, -1]) for measured in losses.values())
assert plain_deep > 1.1 * plain_shallow

# %% [markdown]
# ## What the deep net could do
#
# The deep net cannot lack the means. Take the shallow one, trained, and insert layers that compute the **identity**:
# they pass on what they get. The result is deeper, and answers the same. So a deep net that is at least as good
# *exists*; the training does not find it. Perhaps, says the paper, the identity is hard to learn for a stack of
# convolutions and ReLUs.
#
# So let the layers compute what is to be *added* to their input, the **residual** $F(x)$, and add the input back on a
# **shortcut**:
#
# $$y = \mathrm{ReLU}\big(F(x, \{W_i\}) + x\big)$$
#
# (equation 1 of the paper, and the ReLU that follows the sum). If the best a block can do is nothing, its weights
# need only go to 0.

# %%
from course.figures.residual import residual

residual(
    {
        "plain block": (["3×3, 64", "3×3, 64"], None),
        "residual block": (["3×3, 64", "3×3, 64"], "identity"),
    },
    alt="Two stacks of convolutions. Around the second, a line leads from the input to a sum.",
)

# %% [markdown]
# **Exercise 1.** Build a residual block as a model: maps of 8 × 8 × 4 come in, both convolutions are 3 × 3 with 4
# filters, padding "same" and no bias, and behind each stands a batch normalization with Keras's defaults. The check
# gives your block and ours the same weights, and compares what they compute. `exercises.identity_block.hint()` gives
# a hint; every exercise has some.

# %% exercise="identity_block"
from course.exercises import resnet as exercises

### BEGIN SOLUTION
inputs = keras.Input((8, 8, 4))
branch = keras.layers.Conv2D(4, 3, padding="same", use_bias=False)(inputs)
branch = keras.layers.BatchNormalization()(branch)
branch = keras.layers.ReLU()(branch)
branch = keras.layers.Conv2D(4, 3, padding="same", use_bias=False)(branch)
branch = keras.layers.BatchNormalization()(branch)
identity_block = keras.Model(inputs, keras.layers.ReLU()(branch + inputs))
### END SOLUTION

exercises.identity_block.check(identity_block)

# %% [markdown]
# Now the argument, made with weights. `thin` is a residual net of 20 layers, `tall` one of 44. The blocks that both
# have get the same weights. In the others we set one thing to 0: the scale $\gamma$ of the last normalization, so
# that $F(x) = 0$.
#
# **Predict.** By how much do the two nets differ in what they answer, at most?

# %%
guess = ...

# %%
shape = images.shape[1:]
thin, tall = (models.cifar_resnet(depth, shape, width=width) for depth in (20, 44))
common = {layer.name for layer in thin.layers}

for layer in tall.layers:
    if layer.name in common:
        layer.set_weights(thin.get_layer(layer.name).get_weights())
    elif layer.name.endswith("_3x3_2_bn"):
        layer.gamma.assign(0 * layer.gamma)


def answers(net, x):
    return keras.ops.convert_to_numpy(net(x, training=False))


difference = np.abs(answers(thin, images[:64]) - answers(tall, images[:64])).max()
reveal(guess, round(float(difference), 3))

# %%
assert difference < 1e-3

# %% [markdown]
# 24 layers more, and not one answer has changed. In a plain net the added layers would have to learn the identity,
# weight by weight; here zeros are enough.
#
# ## The same experiment with shortcuts
#
# **The fair comparison.** The same data, depths, widths, batches, epochs, learning rate and random starts, and the
# same number of parameters: an identity has none. One thing differs, the shortcuts.
#
# **Predict.** Which loss does the *residual* net of `deep` layers reach?

# %%
guess = ...

# %% tags=["volatile"]
trained = {}
for depth in (shallow, deep):
    net, losses[f"residual, {depth} layers"], weights = train(models.cifar_resnet, depth)
    trained[depth] = net, weights

reveal(guess, round(float(np.median(losses[f"residual, {deep} layers"][:, -1])), 2), factor=1.3)

# %% tags=["volatile"]
curves.spread(
    np.arange(1, epochs + 1),
    losses,
    xlabel="epoch",
    ylabel="loss in training",
    title="With shortcuts, the deep net trains like the shallow one",
    alt="Loss by epoch: the residual nets lie close together, far below the deep plain one.",
)

# %% [markdown]
# **Claim.** Depth costs a plain net much of its fit in training, and a residual net far less.

# %%
last = {name: np.median(measured[:, -1]) for name, measured in losses.items()}
plain_shallow, plain_deep, residual_shallow, residual_deep = last.values()

assert residual_deep < 0.9 * plain_deep
assert residual_deep - residual_shallow < 0.75 * (plain_deep - plain_shallow)

# %% [markdown]
# **What it does not show.** That deeper is *better*: after so few epochs the two residual nets are level. In the
# paper, after 64,000 steps, residual nets of 20, 56 and 110 layers made 8.75, 6.97 and 6.43 % of errors on CIFAR-10's
# test images; the last is the best of five runs, with 6.61 ± 0.16 on average. Nor that plain nets never get there: at
# quick effort ours have had 24 steps.
#
# ## Why? Look at the gradients
#
# **Predict.** The first suspect is the vanishing gradient of lecture 1. In a plain net of 44 layers, before any
# training: how large is the gradient of the first convolution, divided by that of the last?

# %%
guess = ...

# %% tags=["volatile"]
from course.autodiff import weight_gradients

builders = {"plain": models.cifar_plain, "residual": models.cifar_resnet}


def fresh(build, seed):
    keras.utils.set_random_seed(seed)
    return build(44, shape, width=width)


untrained = {}
for name, build in builders.items():
    untrained[name] = [fresh(build, seed) for seed in range(run.pick(quick=2, full=starts))]


def for_each_net(measure):
    """Return {name: array}, with a row of what `measure` gives for each random start."""
    return {name: np.array([measure(net) for net in same]) for name, same in untrained.items()}


def gradient_norms(net):
    """Return the norm of the gradient of each convolution's kernel, the first one first."""
    crossentropy = keras.losses.SparseCategoricalCrossentropy()
    gradients = weight_gradients(net, images[:128], labels[:128], crossentropy, training=True)
    convolutions = [layer for layer in net.layers if isinstance(layer, keras.layers.Conv2D)]
    return [np.linalg.norm(gradients[layer.kernel.path]) for layer in convolutions]


norms = for_each_net(gradient_norms)
first_to_last = {name: np.median(norm[:, 0] / norm[:, -1]) for name, norm in norms.items()}
reveal(guess, float(f"{first_to_last['plain']:.1g}"), factor=5)

# %% tags=["volatile"]
every_third = slice(None, None, 3)
curves.spread(
    np.arange(1, 44)[every_third],
    {name: norm[:, every_third] for name, norm in norms.items()},
    log=True,
    xlabel="convolution (every third is drawn)",
    ylabel="norm of the gradient",
    title="In the plain net the gradient explodes on its way down",
    alt="Gradient by layer: in the plain net it is far larger at the first than at the last.",
)

# %% [markdown]
# It does not vanish. He et al. had checked that, too: with batch normalization signals vanish neither forward nor
# backward, and they could only conjecture why the nets learn so slowly. Later work found that without shortcuts batch
# normalization itself makes the gradient *grow* from layer to layer, exponentially (Yang et al. 2019, for wide dense
# nets).
#
# **Predict.** Now forward: we change every image by 0.1 % of its size. By how many per cent do the last maps of the
# plain net change?

# %%
guess = ...

# %% tags=["volatile"]
import re


def block_outputs(net):
    """Return a model that gives what each block of `net` gives."""
    ends = [layer for layer in net.layers if re.fullmatch(r"conv\d_\d+_relu", layer.name)]
    return keras.Model(net.input, [layer.output for layer in ends])


def size(tensor):
    return np.linalg.norm(keras.ops.convert_to_numpy(tensor))


def changes(net, x, nudge):
    """Return by how many per cent the output of each block changes from x to x + nudge."""
    blocks = block_outputs(net)
    before, after = blocks(x, training=True), blocks(x + nudge, training=True)
    return [100 * size(b - a) / size(a) for a, b in zip(before, after, strict=True)]


x = images[:128]
nudge = np.random.default_rng(0).normal(size=x.shape).astype("float32")
nudge *= 0.001 * size(x) / size(nudge)

percent = for_each_net(lambda net: changes(net, x, nudge))
reveal(guess, float(f"{np.median(percent['plain'][:, -1]):.2g}"), factor=2)

# %% tags=["volatile"]
curves.spread(
    np.arange(1, percent["plain"].shape[1] + 1),
    percent,
    log=True,
    xlabel="block",
    ylabel="change, in %",
    title="A change of 0.1 % in the image, block by block",
    alt="Change by block: in the plain net it grows steadily, in the residual net hardly.",
)

# %%
plain_change, residual_change = (np.median(measured[:, -1]) for measured in percent.values())
plain_ratio, residual_ratio = first_to_last.values()

assert plain_change > 10 * residual_change
assert plain_ratio > 20 and plain_ratio > 5 * residual_ratio

# %% [markdown]
# A step that is right for one image says little about its neighbour when 0.1 % of a change turns into ten per cent or
# more: the gradients of deep plain nets look like noise (Balduzzi et al. 2017). In a residual block $x$ passes
# unharmed, and its gradient too: $\partial y/\partial x = 1 + \partial F/\partial x$ (where the ReLU is open), a 1
# that no weight can shrink.
#
# **What it does not show.** That this is *the* cause. It is how the two nets differ before the first step.
#
# ### A block as a correction
#
# How large is what a block adds, beside what it gets: $\lVert F(x)\rVert / \lVert x\rVert$? We take the median over
# the blocks of a net, for each start, before training and after.


# %% tags=["volatile"]
def corrections(net, starts, x):
    """Return the size of F(x) as a part of the size of x, a median over the blocks for each start."""
    sums = [layer.input for layer in net.layers if isinstance(layer, keras.layers.Add)]
    pairs = keras.Model(net.input, sums)
    parts = []
    for weights in starts:
        net.set_weights(weights)
        found = pairs(x, training=True)  # normalized by this batch: moving averages lag behind
        parts.append(np.median([size(added) / size(identity) for added, identity in found]))
    return parts


parts = {
    f"{depth} layers,\n{when}": corrections(net, weights[when], images[:128])
    for when in ("at the start", "trained")
    for depth, (net, weights) in trained.items()
}
curves.bars(
    parts,
    ylabel="‖F(x)‖ / ‖x‖",
    title="The deeper the net, the less each block changes",
    alt="What a block adds, beside what it gets: lower bars for the deeper net, before and after.",
)

# %% [markdown]
# Each block **corrects** its input; none has to make a new one from scratch. In a deeper net each does less, and does
# so from the start: normalized, every $F(x)$ is of one size, and $x$ grows with each that was added to it. So it is
# after the paper's whole training, too: its figure 7 has smaller responses in deeper nets.

# %%
shallow_start, deep_start, shallow_part, deep_part = (np.median(part) for part in parts.values())
assert deep_start < shallow_start
assert deep_part < shallow_part < 1

# %% [markdown]
# ## Shortcuts that must change shape
#
# As in VGG, the number of filters doubles where the sides of the maps are halved, so that each layer costs the same.
# There $x$ does not fit $F(x)$. The paper compares three options:
#
# | Option | Where $x$ fits | Where it does not |
# |---|---|---|
# | A | identity | identity, by strides, and maps of zeros for the missing ones |
# | B | identity | **projection** $W_s x$: a 1 × 1 convolution with the block's stride (equation 2) |
# | C | projection | projection |
#
# The projection is normalized like every convolution. C was marginally better than B and B than A: projections are
# not what it takes. The nets of 50 layers and more have B, those for CIFAR-10 A.
#
# **Exercise 2.** Build a block that halves, with option B: maps of 9 × 9 × 4 come in, 5 × 5 × 8 go out. The first
# convolution has the stride; the rest is as in exercise 1.

# %% exercise="projection_block"
### BEGIN SOLUTION
inputs = keras.Input((9, 9, 4))


def normalized(x, kernel_size, strides):
    x = keras.layers.Conv2D(8, kernel_size, strides, padding="same", use_bias=False)(x)
    return keras.layers.BatchNormalization()(x)


branch = keras.layers.ReLU()(normalized(inputs, 3, 2))
outputs = keras.layers.ReLU()(normalized(branch, 3, 1) + normalized(inputs, 1, 2))
projection_block = keras.Model(inputs, outputs)
### END SOLUTION

exercises.projection_block.check(projection_block)

# %% [markdown]
# **Exercise 3.** How many trainable parameters does a shortcut add? `channels` maps come in, `filters` go out, and
# the stride is 1 or 2. Count the γ and β of the projection's normalization too.


# %% exercise="shortcut_parameters"
def shortcut_parameters(option, channels, filters, strides):
    """Return the trainable parameters (int) of a shortcut; `option` is "A", "B" or "C"."""
    ### BEGIN SOLUTION
    fits = channels == filters and strides == 1
    if option == "A" or (option == "B" and fits):
        return 0
    return (channels + 2) * filters
    ### END SOLUTION


exercises.shortcut_parameters.check(shortcut_parameters)

# %% [markdown]
# ## The bottleneck
#
# The nets of 50 layers and more have blocks of three convolutions: 1 × 1 to reduce the maps, 3 × 3 on the few, 1 × 1
# to restore them, four times as many. You know the trick from the inception module.

# %%
residual(
    {
        "basic block": (["3×3, 64", "3×3, 64"], "identity, 64 maps"),
        "bottleneck": (["1×1, 64", "3×3, 64", "1×1, 256"], "identity, 256 maps"),
    },
    alt="Two residual blocks: two convolutions of 3×3; and three, of 1×1, 3×3 and 1×1.",
)

# %% [markdown]
# **Predict.** Basic block on 64 maps, bottleneck on 256: which has more parameters, and by how much? Guess those of
# the bottleneck, divided by those of the basic block.

# %%
guess = ...

# %%
from course.anatomy import anatomy, anatomy_of
from course.models.resnet import basic, block, bottleneck


def block_parameters(branch, channels):
    """Return the trainable parameters of a block with 64 filters inside."""
    maps = keras.Input((8, 8, channels))
    net = keras.Model(maps, block(maps, branch, 64, strides=1, option="B", name="block"))
    return anatomy(net).attrs["trainable_parameters"]


reveal(guess, round(block_parameters(bottleneck, 256) / block_parameters(basic, 64), 2))

# %% [markdown]
# Four times as many maps, a layer more, and hardly any difference. A projection in every block (option C) would
# double both time and size of such a block, which is why the identities matter most here.
#
# **Exercise 4.** Count the trainable parameters of any bottleneck with an identity shortcut: its 3 × 3 convolution
# has `filters` filters, and 4 · `filters` maps come in. Count γ and β of its three normalizations.


# %% exercise="bottleneck_parameters"
def bottleneck_parameters(filters):
    """Return the number of trainable parameters (int) of a bottleneck."""
    ### BEGIN SOLUTION
    wide = 4 * filters
    kernels = wide * filters + 9 * filters * filters + filters * wide
    return kernels + 2 * (filters + filters + wide)
    ### END SOLUTION


exercises.bottleneck_parameters.check(bottleneck_parameters)

# %% [markdown]
# **Exercise 5.** Here is a bottleneck as it might be copied from somewhere; `convolution` includes the normalization
# and, unless `relu=False`, a ReLU. Its shapes are right, and a gradient reaches each of its weights. Yet it has too
# many parameters, and too few layers. Which line is wrong? Answer with its number.

# %%
from course.models.resnet import convolution


def suspect(x, filters):
    y = convolution(x, filters, 1, 1, "reduce")  # line 1
    y = convolution(x, filters, 3, 1, "middle")  # line 2
    y = convolution(y, 4 * filters, 1, 1, "restore", relu=False)  # line 3
    y = keras.layers.Add()([y, x])  # line 4
    return keras.layers.ReLU()(y)  # line 5


maps = keras.Input((8, 8, 16))
net = keras.Model(maps, suspect(maps, filters=4))
x = np.random.default_rng(0).normal(size=(32, 8, 8, 16)).astype("float32")

assert net.output_shape == (None, 8, 8, 16)
assert all(np.abs(g).max() > 0 for g in weight_gradients(net, x, 0 * x, "mse").values())
print(sum(isinstance(layer, keras.layers.Conv2D) for layer in net.layers), "convolutions")

# %% exercise="faulty_line"
### BEGIN SOLUTION
faulty_line = 2
### END SOLUTION

exercises.faulty_line.check(faulty_line)

# %% [markdown]
# ## One table, five nets
#
# Table 1 of the paper, as our code reads it: how many blocks each stage has. In front stand conv1, 7 × 7 with stride
# 2 and 64 filters, and a max-pooling with stride 2; behind, average pooling and one dense layer. There is no hidden
# dense layer, and no dropout.

# %%
import pandas

from course.figures.tables import show_table
from course.models.resnet import BLOCKS

stages = ["conv2_x", "conv3_x", "conv4_x", "conv5_x"]
table = pandas.DataFrame.from_dict(BLOCKS, orient="index", columns=stages)
table.insert(0, "block", ["basic"] * 2 + ["bottleneck"] * 3)
show_table(table.reset_index(names="ResNet"))

# %% [markdown]
# **Exercise 6.** The number in the name counts layers with weights, without those of shortcuts. `blocks` is a row of
# the table, such as `(2, 2, 2, 2)`, and each block has `convolutions` convolutions.


# %% exercise="weight_layers"
def weight_layers(blocks, convolutions):
    """Return the number of layers with weights (int) of a residual net."""
    ### BEGIN SOLUTION
    return 1 + convolutions * sum(blocks) + 1
    ### END SOLUTION


exercises.weight_layers.check(weight_layers)

# %% [markdown]
# **Exercise 7.** Predict the shape of the maps behind any stage: 1 is conv1, before the pooling, and 2 to 5 are
# conv2_x to conv5_x, with 64, 128, 256 and 512 filters inside their blocks. The stages from 3 on halve the maps in
# their first block. Every window with stride 2 stands on the first place, on the third, and so on.


# %% exercise="stage_shape"
def stage_shape(height, width, stage, bottleneck):
    """Return (height, width, channels) of what a stage, 1 to 5, makes of an image."""
    ### BEGIN SOLUTION
    halvings = 1 if stage == 1 else stage
    sides = [-(-side // 2**halvings) for side in (height, width)]
    if stage == 1:
        return *sides, 64
    return *sides, 64 * 2 ** (stage - 2) * (4 if bottleneck else 1)
    ### END SOLUTION


exercises.stage_shape.check(stage_shape)

# %% [markdown]
# **Predict.** ResNet-152 has eight times as many layers as ResNet-18. How many times as many multiply-adds does it
# take for one image?

# %%
guess = ...


# %%
full_size = {f"ResNet-{depth}": anatomy_of(models.resnet, depth) for depth in BLOCKS}
full_size["plain 34"] = anatomy_of(models.plain, 34)

operations = {name: found.attrs["multiply_adds"] for name, found in full_size.items()}
reveal(guess, round(operations["ResNet-152"] / operations["ResNet-18"], 1))

# %%
from course import facts


def published(net):
    """Return what the paper prints, out of the ledger."""
    return facts.find(f"resnet.multiply_adds_{net.removeprefix('ResNet-').replace(' ', '_')}").published


show_table(
    pandas.DataFrame(
        {
            "net": name,
            "trainable parameters": f"{found.attrs['trainable_parameters']:,}",
            "multiply-adds, 10⁹": f"{operations[name] / 1e9:.3f}",
            "table 1 and figure 3 of the paper": published(name),
        }
        for name, found in full_size.items()
    )
)

# %% [markdown]
# 3.8 is truncated, not rounded, and so is 3.6 for ResNet-34 with projections; with option A it would take the 3.644
# of the plain net. So even with projections its shortcuts cost half a per cent.
#
# And what do the layers buy? The errors here are from the paper's table 3: top-5, validation images of ImageNet, ten
# crops of each picture.

# %%
from course.figures.tradeoff import tradeoff

operations["VGG-16"] = anatomy_of(models.vgg, "D").attrs["multiply_adds"]
operations["GoogLeNet"] = anatomy_of(models.googlenet, auxiliary=False).attrs["multiply_adds"]
ERRORS = {
    "VGG-16": 9.33, "GoogLeNet": 9.15, "plain 34": 10.02, "ResNet-34": 7.46,
    "ResNet-50": 6.71, "ResNet-101": 6.05, "ResNet-152": 5.71,
}  # fmt: skip

tradeoff(
    {name: (operations[name] / 1e9, error) for name, error in ERRORS.items()},
    xlabel="multiply-adds for one image, 10⁹",
    ylabel="top-5 errors, %",
    title="Deeper residual nets: fewer errors, and cheaper than VGG-16",
    alt="Errors against multiply-adds: GoogLeNet is cheapest, VGG-16 dearest, ResNet-152 best.",
)

# %%
from course.figures import nets

main_way = full_size["ResNet-34"]
nets.blocks(
    main_way[~main_way.layer.str.contains("projection")],
    title="ResNet-34: narrow layers, many of them",
    alt="Blocks from left to right, in five groups of ever smaller and wider ones.",
)

# %% [markdown]
# ### v1 and v1.5
#
# Where a bottleneck halves the maps, the paper gives stride 2 to its first convolution, the 1 × 1.
#
# **Predict.** Which part of its input's places does the branch of such a block ever read? (A number from 0 to 1.)

# %%
guess = ...

# %%
from course.autodiff import gradient


def part_read(stride_in):
    """Return the share of the places of x on which F(x) depends, in a block that halves."""
    maps = keras.Input((8, 8, 16))
    branch = keras.Model(maps, bottleneck(maps, 4, 2, "block", stride_in))
    x = np.random.default_rng(0).normal(size=(64, 8, 8, 16))
    slope = gradient(lambda x: keras.ops.sum(branch(x) ** 2), x.astype("float32"))
    return np.mean(np.abs(slope).max(axis=(0, 3)) > 0)


reveal(guess, float(part_read("1x1")))

# %%
v15 = anatomy_of(models.resnet, 50, stride_in="3x3")
print(f"{operations['ResNet-50']:,} and {v15.attrs['multiply_adds']:,} multiply-adds")
assert (part_read("1x1"), part_read("3x3")) == (0.25, 1)

# %% [markdown]
# Every second place in each direction. Many libraries put the stride into the 3 × 3 convolution instead, whose
# windows overlap. This variant, "v1.5", has the same parameters, takes 6 % more multiply-adds and, says torchvision's
# documentation, is more accurate. `models.resnet(50, stride_in="3x3")` builds it; Keras has the paper's.
#
# ## Ours against Keras's
#
# Are these the nets that others mean? `keras.applications` has ResNet-50 too. We give it random weights, biases and
# statistics that are not 0 and 1 as well.

# %%
theirs = keras.applications.ResNet50(weights=None, input_shape=(32, 32, 3), classes=10)
ours = models.resnet(50, input_shape=(32, 32, 3), classes=10)

draw = np.random.default_rng(0)
for weight in theirs.weights:
    if weight.name in ("bias", "beta", "moving_mean"):
        weight.assign(draw.normal(0, 0.2, weight.shape))
    elif weight.name in ("gamma", "moving_variance"):
        weight.assign(draw.uniform(0.5, 1.5, weight.shape))

# %% [markdown]
# Two differences can be folded away. Its convolutions have biases: take them from the moving mean. And its ε is
# 1.001 · 10⁻⁵, ours 10⁻⁵: add the rest to the moving variance.

# %%
PARTS = {"projection": "_0", "1x1_reduce": "_1", "3x3": "_2", "1x1_restore": "_3", "": ""}


def name_in_keras(name):
    """Return what Keras calls our layer: conv3_2_1x1_reduce is its conv3_block2_1."""
    stage, _, rest = name.partition("_")
    number, _, part = rest.partition("_")
    return stage + (f"_block{number}" if number else "") + PARTS[part]


for layer in [layer for layer in ours.layers if isinstance(layer, keras.layers.Conv2D)]:
    name = name_in_keras(layer.name)
    kernel, bias = theirs.get_layer(f"{name}_conv").get_weights()
    gamma, beta, mean, variance = theirs.get_layer(f"{name}_bn").get_weights()
    layer.set_weights([kernel])
    ours.get_layer(f"{layer.name}_bn").set_weights([gamma, beta, mean - bias, variance + 1e-8])
ours.get_layer("fc").set_weights(theirs.get_layer("predictions").get_weights())

# %% [markdown]
# Now both should compute the same.

# %%
x = draw.normal(size=(2, 32, 32, 3)).astype("float32")
mine, keras_says = answers(ours, x), answers(theirs, x)

assert np.ptp(keras_says) > 0.01  # the answers say something
assert np.abs(mine - keras_says).max() < 1e-3
print("same weights in, same probabilities out")
del theirs, ours
keras.utils.clear_session()

# %% [markdown]
# ### Two counts of one net
#
# A slide gives ResNet-152 64 million parameters, another one 60. Keras says 60,419,944. All of them mean the same
# net.
#
# **Exercise 8.** Work it out for ResNet-50, with 1000 classes. We count 25,557,032 *trainable* parameters, without
# biases in the convolutions. Keras counts 25,636,712 *in all*, and every convolution has a bias and a batch
# normalization behind it. From these two numbers alone: how many filters do all of its convolutions have together?

# %% exercise="keras_filters"
### BEGIN SOLUTION
# For each filter a bias, a moving mean and a moving variance.
keras_filters = (25_636_712 - 25_557_032) // 3
### END SOLUTION

exercises.keras_filters.check(keras_filters)

# %%
resnet152 = full_size["ResNet-152"]
trainable, in_all = resnet152.attrs["trainable_parameters"], resnet152.attrs["parameters"]
filters = sum(shape[-1] for shape in resnet152.output_shape[resnet152.kind == "Conv2D"])

print(f"{trainable:>12,} trainable\n{filters:>12,} biases of convolutions in Keras's")
print(f"{in_all - trainable:>12,} moving means and variances\n{in_all + filters:>12,} in all")
assert in_all + filters == 60_419_944

# %% [markdown]
# ## Batch normalization, forward
#
# Every convolution above is followed by one (Ioffe and Szegedy 2015). For each channel, over all $m$ values that a
# batch has in it (every sample, every place), with a scale $\gamma$ and a shift $\beta$ that are learnt:
#
# $$\mu = \tfrac1m \textstyle\sum x_i \qquad \sigma^2 = \tfrac1m \sum (x_i - \mu)^2 \qquad
# \hat x_i = \dfrac{x_i - \mu}{\sqrt{\sigma^2 + \varepsilon}} \qquad y_i = \gamma\, \hat x_i + \beta$$
#
# At inference an answer must not depend on which other images are in the batch. There $\mu$ and $\sigma^2$ are
# **moving averages**, which the layer has collected in training.
#
# **Exercise 9.** Write it. `x` has shape (samples, height, width, channels); `gamma`, `beta` and the moving
# statistics have shape (channels,). You need not update these.


# %% exercise="batch_norm"
def batch_norm(x, gamma, beta, moving_mean, moving_variance, training, epsilon):
    """Return the normalized maps, an array of x's shape."""
    ### BEGIN SOLUTION
    mean, variance = moving_mean, moving_variance
    if training:
        mean, variance = x.mean(axis=(0, 1, 2)), x.var(axis=(0, 1, 2))
    return gamma * (x - mean) / np.sqrt(variance + epsilon) + beta
    ### END SOLUTION


exercises.batch_norm.check(batch_norm)

# %% [markdown]
# **Predict.** After each batch of training, the moving mean keeps 0.99 of its old value and takes 0.01 from the
# batch; that is Keras's default. It starts at 0, and every batch has mean 1. Where is it after 100 batches?

# %%
guess = ...

# %%
layer = keras.layers.BatchNormalization()
around_one = 1 + draw.normal(size=(64, 1)).astype("float32")
around_one += 1 - around_one.mean()
for _ in range(100):
    layer(around_one, training=True)
reveal(guess, round(float(layer.moving_mean[0]), 2))

# %% [markdown]
# $1 - 0.99^{100} = 0.63$. With few batches in all, a net that trains well can answer badly at inference: its averages
# are not there yet. Our nets keep 0.9, as PyTorch's do (which calls it a momentum of 0.1).
#
# ### It can undo itself
#
# Does normalizing cost the net something that it could express before? With $\gamma = \sqrt{\sigma^2 + \varepsilon}$
# and $\beta = \mu$ the layer is the identity, so whatever was possible still is.

# %%
samples = draw.normal(5, 3, size=(64, 4)).astype("float32")
layer = keras.layers.BatchNormalization()
layer.build(samples.shape)
layer.gamma.assign(np.sqrt(samples.var(axis=0) + layer.epsilon))
layer.beta.assign(samples.mean(axis=0))

back = keras.ops.convert_to_numpy(layer(samples, training=True))
assert np.allclose(back, samples, atol=1e-2)
print("what goes in comes out")

# %% [markdown]
# ## Batch normalization, backward
#
# Training goes *through* the normalization, statistics included. With $\partial y$ short for
# $\partial\ell/\partial y$, and so on, and $s = \sqrt{\sigma^2 + \varepsilon}$, the chain rule gives (Ioffe and
# Szegedy 2015, section 3):
#
# | Gradient | is |
# |---|---|
# | $\partial \hat x_i$ | $\gamma\, \partial y_i$ |
# | $\partial \sigma^2$ | $-\tfrac12\, s^{-3} \sum \partial \hat x_i\, (x_i - \mu)$ |
# | $\partial \mu$ | $-\tfrac1s \sum \partial \hat x_i$ |
# | $\partial \gamma$ | $\sum \partial y_i\, \hat x_i$ |
# | $\partial \beta$ | $\sum \partial y_i$ |
#
# (For $\partial\mu$ the paper adds a term with $\sum (x_i - \mu)$, which is 0.) The sixth, $\partial x_i$, is yours.
#
# **Exercise 10.** An $x_i$ reaches the loss on three ways: through its own $\hat x_i$, through $\sigma^2$ and through
# $\mu$. Add them up. `x` and `dy` have shape (samples, features).


# %% exercise="batch_norm_gradient"
def batch_norm_gradient(x, gamma, dy, epsilon):
    """Return the gradient of the loss with respect to x, an array of x's shape."""
    ### BEGIN SOLUTION
    m, centred = len(x), x - x.mean(axis=0)
    s = np.sqrt(x.var(axis=0) + epsilon)
    d_hat = gamma * dy
    d_variance = -0.5 * s**-3 * (d_hat * centred).sum(axis=0)
    d_mean = -d_hat.sum(axis=0) / s
    return d_hat / s + d_variance * 2 * centred / m + d_mean / m
    ### END SOLUTION


exercises.batch_norm_gradient.check(batch_norm_gradient)

# %% [markdown]
# The table against automatic differentiation: the loss is a sum of $y_i\, \partial y_i$, and `loss_with` takes any of
# what it depends on as an argument.

# %%
from keras import ops

m, epsilon = 8, 1e-3
x, dy = draw.normal(size=(2, m, 3)).astype("float32")
x = 2 * x + 1
gamma, beta = draw.uniform(0.5, 2, (2, 3)).astype("float32")
mean, variance = x.mean(axis=0), x.var(axis=0)
s = np.sqrt(variance + epsilon)
x_hat = (x - mean) / s

d_hat = gamma * dy
by_hand = {
    "x̂": d_hat,
    "σ²": (d_hat * (x - mean)).sum(axis=0) * -0.5 / s**3,
    "μ": -(d_hat / s).sum(axis=0),
    "γ": (dy * x_hat).sum(axis=0),
    "β": dy.sum(axis=0),
}

# %%
given = {"x": x, "dy": dy, "mean": mean, "variance": variance, "gamma": gamma, "beta": beta}
given = {name: ops.convert_to_tensor(value) for name, value in given.items()}


def loss_with(**others):
    """Return the loss, some of what it depends on being replaced."""
    x, dy, mean, variance, gamma, beta = (given | others).values()  # `|` keeps the order of `given`
    return ops.sum(dy * (gamma * (x - mean) / ops.sqrt(variance + epsilon) + beta))


def through_mean(mean):  # σ² depends on μ too: the paper's second term, which comes out as 0
    return loss_with(mean=mean, variance=ops.mean((given["x"] - mean) ** 2, axis=0))


by_autodiff = {
    "x̂": gradient(lambda x_hat: ops.sum(given["dy"] * (given["gamma"] * x_hat)), x_hat),
    "σ²": gradient(lambda variance: loss_with(variance=variance), variance),
    "μ": gradient(through_mean, mean),
    "γ": gradient(lambda gamma: loss_with(gamma=gamma), gamma),
    "β": gradient(lambda beta: loss_with(beta=beta), beta),
}
for name, slope in by_hand.items():
    assert np.allclose(slope, by_autodiff[name], rtol=1e-3, atol=1e-3), name
print("equal:", ", ".join(by_hand))

# %% [markdown]
# **Predict.** Keras's own layer, differentiated as a whole: add up $\partial x_i$ over the batch. What is the sum?

# %%
guess = ...

# %%
layer = keras.layers.BatchNormalization(epsilon=epsilon)
layer.build(x.shape)
layer.set_weights([gamma, beta, mean, variance])
dx = gradient(lambda x: ops.sum(given["dy"] * layer(x, training=True)), x)

reveal(guess, round(float(np.abs(dx.sum(axis=0)).max()), 3))

# %% [markdown]
# It is 0, and $\sum \partial x_i\, \hat x_i$ is too (but for ε). Shifting the whole batch, or stretching it, changes
# nothing behind the normalization, so no gradient points that way. That is why a convolution in front needs no bias,
# and why the weights in front may be twice as large without effect.

# %%
assert np.abs(dx.sum(axis=0)).max() < 1e-3
assert np.abs((dx * x_hat).sum(axis=0)).max() < 1e-2

# %% [markdown]
# ### Where to put it
#
# Ioffe and Szegedy put it between the convolution and the ReLU, and so does ResNet: what is normalized is then
# roughly symmetric. Later He et al. (2016b) moved normalization and ReLU *in front* of each convolution
# ("pre-activation"), which leaves the way of the shortcuts free of both; that helps nets of hundreds of layers.
#
# ## What a small batch does
#
# **Predict.** A batch of *two* samples, one feature: 3.0 and 3.5. What does batch normalization make of the second,
# with γ = 1, β = 0 and a small ε?

# %%
guess = ...

# %%
layer = keras.layers.BatchNormalization(epsilon=1e-6)
two = np.array([[3.0], [3.5]], "float32")
second = keras.ops.convert_to_numpy(layer(two, training=True))[1, 0]
reveal(guess, round(float(second), 2))

# %% [markdown]
# 1.0, and −1.0 for the first. Of two samples it keeps only which one is larger. (Of a single one nothing is kept: β
# comes out, whatever goes in.) So it is behind a dense layer; a convolution has its places to average over as well.
#
# **Claim.** With batches of 16, batch normalization helps a small net on the digits. With batches of 2 it does harm.
#
# **The fair comparison.** For each size of batch a net with normalization and one without: the same starts, the same
# learning rate, one epoch on the same images. Accuracy on the test images, at inference.

# %%
digits = datasets.digits()
flat, test = (part.images.reshape(len(part), 64) for part in (digits.train, digits.test))
flat, target = flat[:480], digits.train.labels[:480]


def mlp(normalized):
    """Return a compiled net of three hidden layers, with batch normalization or without."""
    net = keras.Sequential([keras.Input((64,))])
    for _ in range(3):
        net.add(keras.layers.Dense(32, use_bias=not normalized, kernel_initializer="he_normal"))
        if normalized:
            net.add(keras.layers.BatchNormalization(momentum=0.9))
        net.add(keras.layers.ReLU())
    net.add(keras.layers.Dense(10, "softmax"))
    optimizer = keras.optimizers.SGD(0.01, momentum=0.9)
    net.compile(optimizer, "sparse_categorical_crossentropy")
    return net


def accuracy(net, batch_size):
    restart(net)
    net.fit(flat, target, batch_size=batch_size, epochs=1, verbose=0)
    return np.mean(answers(net, test).argmax(axis=1) == digits.test.labels)


small_batches = {}
for name, net in {"without": mlp(False), "normalized": mlp(True)}.items():
    for of in (2, 16):
        measured = over_seeds(lambda seed, net=net, of=of: accuracy(net, of), starts)
        small_batches[f"{name},\nbatches of {of}"] = measured

# %% tags=["volatile"]
curves.bars(
    small_batches,
    ylabel="accuracy on test images",
    title="Batch normalization needs a batch",
    alt="Accuracy: normalized, it is best with batches of 16 and worst with batches of 2.",
)

# %%
without_2, without_16, normalized_2, normalized_16 = map(np.median, small_batches.values())
assert normalized_16 > without_16
assert normalized_2 < without_2 - 0.15

# %% [markdown]
# **What it does not show.** That batches of 2 are always as bad: in a convolutional net each image brings many
# places. Nor how much of the harm is done in training: the moving variance is too small as well, since that of a pair
# is on average half the true one. Nor that normalization as such is at fault: layer and group normalization (Wu and He
# 2018) do without the batch.
#
# ## Claims, checked
#
# Numbers from the paper, from slides and from libraries, beside what comes out when you count. The CIFAR nets of
# table 6 come first; then everything in one table.

# %%
cifar = {n: anatomy_of(models.cifar_resnet, n).attrs for n in (20, 32, 44, 56, 110)}
of_50 = full_size["ResNet-50"].attrs["trainable_parameters"]

computed = {
    "parameters_152": trainable,
    "parameters_152_rounded": trainable,
    "parameters_152_keras": trainable,
    "keras_biases": filters,
    "keras_statistics": in_all - trainable,
    "parameters_50_keras": of_50,
    **{f"multiply_adds_{depth}": operations[f"ResNet-{depth}"] / 1e9 for depth in BLOCKS},
    "multiply_adds_plain_34": operations["plain 34"] / 1e9,
    "multiply_adds_50_stride_in_3x3": v15.attrs["multiply_adds"] / 1e9,
    **{f"parameters_cifar_{n}": of["trainable_parameters"] / 1e6 for n, of in cifar.items()},
}
checks = [facts.check(f"resnet.{name}", number) for name, number in computed.items()]
show_table(facts.table(checks))

# %% [markdown]
# ## Summary
#
# * **Degradation**: deeper plain nets fit worse *in training*, though a deeper net that is as good exists.
# * A **residual block** gives ReLU(F(x) + x). With F = 0 it is the identity; the deeper the
#   net, the smaller a correction each block makes.
# * Where the shape changes: zeros (A) or a **projection** (B), 1 × 1 with stride 2. A **bottleneck** is 1 × 1, 3 × 3,
#   1 × 1, with four times as many maps outside.
# * With batch normalization but without shortcuts the gradient, at the start, does not vanish but explodes, and small
#   changes of the image with it.
# * ResNet-152 has 60,192,808 trainable parameters. A count means little without what it counts.
# * **Batch normalization** has two ways of working, with the batch in training and with moving averages at inference.
#   Its gradient goes through mean and variance too. It needs a batch.
#
# ## Test yourself
#
# 1. A net fits its training images worse than a shallower one. Is it over-fitting?
# 2. Why does the last ReLU of a block come after the sum?
# 3. What does option A cost in parameters, and what does it lose?
# 4. You classify one image twice, once alone and once in a batch, and get two answers. How was the net called?
# 5. Why has the gradient of a bias in front of a batch normalization the value 0?
#
# <details><summary>Answers</summary>
#
# 1. No: that would be a good fit in training and a bad one on new images. It is degradation.
# 2. So that F(x) can have either sign. With a ReLU before it, a block could only add.
# 3. Nothing; the maps that are new get no shortcut, their blocks add to zeros.
# 4. With `training=True`: then the statistics of the batch are used. (In PyTorch, without `model.eval()`.)
# 5. It shifts all values of a channel alike, and the mean that is taken away shifts with them.
#
# </details>
#
# ## Further reading
#
# * K. He, X. Zhang, S. Ren and J. Sun (2016). Deep residual learning for image recognition. *CVPR*.
#   [arXiv:1512.03385](https://arxiv.org/abs/1512.03385)
# * K. He, X. Zhang, S. Ren and J. Sun (2016b). Identity mappings in deep residual networks. *ECCV*.
#   [arXiv:1603.05027](https://arxiv.org/abs/1603.05027)
# * S. Ioffe and C. Szegedy (2015). Batch normalization: accelerating deep network training by reducing internal
#   covariate shift. *ICML*. [arXiv:1502.03167](https://arxiv.org/abs/1502.03167)
# * D. Balduzzi, M. Frean, L. Leary, J. P. Lewis, K. W.-D. Ma and B. McWilliams (2017). The shattered gradients
#   problem: if resnets are the answer, then what is the question? *ICML*.
#   [arXiv:1702.08591](https://arxiv.org/abs/1702.08591)
# * G. Yang, J. Pennington, V. Rao, J. Sohl-Dickstein and S. S. Schoenholz (2019). A mean field theory of batch
#   normalization. *ICLR*. [arXiv:1902.08129](https://arxiv.org/abs/1902.08129)
# * Y. Wu and K. He (2018). Group normalization. *ECCV*. [arXiv:1803.08494](https://arxiv.org/abs/1803.08494)
