# ---
# jupyter:
#   course:
#     title: Receptive fields
#     summary: Which part of the picture a feature can see, by rule and by measurement, and which part it really uses.
#     minutes: {quick: 0.7, full: 2}
#     memory_gb: {quick: 1.5, full: 2}
#     needs: []
# ---

# %% [markdown]
# # 4 · Receptive fields
#
# A feature deep in a net is one number. Which part of the picture does it speak of? A net that has to judge a whole
# face must see a whole face. This lecture computes what a feature can see, for any net, and measures what it uses.
#
# **You will be able to**
#
# * compute the size, jump and start of a receptive field by hand: stride, padding, pooling, dilation, branches;
# * point at a feature and say which pixels it sees, and read the same for any Keras model from a table;
# * say why stacks of small kernels are preferred to large ones, and design a net that sees enough on a budget;
# * tell the theoretical receptive field from the effective one, and measure both.
#
# {{cost}}

# %% tags=["start"]
import course

run = course.start(seed=0)

# %% [markdown]
# ## A feature sees a window of pixels
#
# The **receptive field** of a feature is the set of pixels on which it can depend: a change elsewhere leaves it as it
# is. So the gradient of the feature with respect to the picture finds it: where the field ends, the gradient is 0.
#
# **Predict.** Two 3 × 3 convolutions in a row, with stride 1. How many pixels wide is the window that a feature of
# the second one sees?

# %%
guess = ...

# %%
import keras
import numpy as np
from keras import layers

from course.autodiff import gradient
from course.exercises import reveal


def conv(kernel_size=3, **options):
    """Return a padded convolution of one filter, all of whose weights are 1."""
    ones = {"padding": "same", "kernel_initializer": "ones"}
    return layers.Conv2D(1, kernel_size, **ones, **options)


def sight(*stack, pixels=17):
    """Return how the middle feature behind a stack of layers depends on each pixel."""
    net = keras.Sequential([keras.Input((pixels, pixels, 1)), *stack])

    def middle_feature(image):
        features = net(image)
        return features[0, features.shape[1] // 2, features.shape[2] // 2, 0]

    return gradient(middle_feature, np.ones((1, pixels, pixels, 1), "float32"))[0, :, :, 0]


seen = sight(conv(), conv()) != 0
reveal(guess, int(seen.any(axis=0).sum()))

# %%
from course.figures import pictures

pictures.row(
    [sight(*[conv() for _ in range(depth)], pixels=11) for depth in (1, 2, 3, 4)],
    ["1 layer", "2 layers", "3 layers", "4 layers"],
    alt="What one feature sees: a square that grows with each layer, darkest in its middle.",
)

# %% [markdown]
# At stride 1 every 3 × 3 layer adds one pixel on each side. The middle is darker: more paths lead from there to the
# feature. We come back to that.
#
# ## Size and jump: every stride makes later steps longer
#
# The **jump** $j$ is the distance in pixels between the centres of neighbouring features. Below, layer 1 has a kernel
# of $k = 3$ and a stride of $s = 2$, layer 2 has $k = 2$ and $s = 1$. Each dot is a feature, at its centre.

# %%
from course.figures.pyramid import pyramid
from course.receptive_field import receptive_field, receptive_fields


def line(pixels, *stack):
    """Return {layer's name: its receptive field} for layers in a row, in one dimension."""
    net = keras.Sequential([keras.Input((pixels, 1), name="pixels"), *stack])
    return receptive_fields(net)


pyramid(
    line(
        11,
        layers.Conv1D(1, 3, strides=2, name="layer_1"),
        layers.Conv1D(1, 2, name="layer_2"),
    ),
    shown=[("layer_2", 0), ("layer_2", 1)],
    title="Five pixels each, two pixels apart",
    alt="Two neighbours of layer 2 see pixels 0 to 4 and 2 to 6; their centres are 2 apart.",
)

# %% [markdown]
# A window of $k$ features has $k - 1$ steps, each one jump long; a stride of $s$ keeps every $s$-th feature. So, from
# a layer's input to its output, along each axis,
#
# $$r_\text{out} = r_\text{in} + (k - 1)\, j_\text{in} \qquad\qquad j_\text{out} = j_\text{in}\, s$$
#
# A pixel has $r = j = 1$. Pooling counts like a convolution. What acts on each place alone (activations, batch
# normalization at inference, 1 × 1 convolutions) has $k = 1$ and adds nothing. (Statistics that are taken over the
# picture see all of it; we count them as given.)
#
# **Exercise 1.** Write the rule. `layers` is a list of (kernel size, stride), the first layer first, such as
# `[(3, 2), (2, 1)]`. Return the size after the last one. `exercises.field_size.hint()` gives a hint; every exercise
# has some.

# %% exercise="field_size"
from course.exercises import receptive_fields as exercises


def field_size(layers):
    """Return the size of the receptive field behind the layers (int)."""
    ### BEGIN SOLUTION
    size, jump = 1, 1
    for kernel_size, stride in layers:
        size += (kernel_size - 1) * jump
        jump *= stride
    return size
    ### END SOLUTION


exercises.field_size.check(field_size)

# %% [markdown]
# ## Two 3 × 3 see as much as one 5 × 5, and cost less
#
# Three see as much as one 7 × 7. That is the argument of VGG (Simonyan and Zisserman 2015): the same window, fewer
# weights, and an activation behind each layer instead of a single one.
#
# **Predict.** With 64 channels in and out, biases left aside: by which factor does one 7 × 7 layer have more weights
# than three 3 × 3 layers?

# %%
guess = ...

# %%
import pandas

from course import arithmetic
from course.figures.tables import show_table

rows = []
for kernels in ([5], [3, 3], [7], [3, 3, 3]):
    convolutions = [layers.Conv2D(64, k, activation="relu", use_bias=False) for k in kernels]
    net = keras.Sequential([keras.Input((32, 32, 64)), *convolutions])
    field = receptive_field(net, convolutions[-1].name)
    rows.append([kernels, field.size, net.count_params(), len(kernels)])

one_7x7 = arithmetic.conv_parameters((7, 7), 64, 64, use_bias=False)
three_3x3 = 3 * arithmetic.conv_parameters((3, 3), 64, 64, use_bias=False)
reveal(guess, round(one_7x7 / three_3x3, 2), factor=1.2)
show_table(pandas.DataFrame(rows, columns=["kernels", "window", "weights", "activations"]))

# %% [markdown]
# **Exercise 2.** A stack of 3 × 3 layers shall see what one `kernel_size` × `kernel_size` layer sees (an odd number).
# How many layers does it need, and how many parameters do they have, biases included? All of them have `channels`
# channels in and out, and stride 1.


# %% exercise="stack_of_3x3"
def stack_of_3x3(kernel_size, channels):
    """Return (number of layers, their parameters), two ints."""
    ### BEGIN SOLUTION
    count = (kernel_size - 1) // 2
    return count, count * (3 * 3 * channels + 1) * channels
    ### END SOLUTION


exercises.stack_of_3x3.check(stack_of_3x3)

# %% [markdown]
# ## AlexNet, layer by layer
#
# How many filters a layer has changes nothing about what they see: the nets of this section have one channel. Here is
# AlexNet (Krizhevsky et al. 2012) up to its last pooling, as a table: kind, kernel size, stride, padding.
#
# **Predict.** Of 227 × 227 pixels, how wide is the window that one of its last features sees?

# %%
guess = ...

# %%
from course.anatomy import anatomy

ALEXNET = [
    ("Conv2D", 11, 4, "valid"), ("MaxPooling2D", 3, 2, "valid"),
    ("Conv2D", 5, 1, "same"), ("MaxPooling2D", 3, 2, "valid"),
    ("Conv2D", 3, 1, "same"), ("Conv2D", 3, 1, "same"), ("Conv2D", 3, 1, "same"),
    ("MaxPooling2D", 3, 2, "valid"),
]  # fmt: skip

alexnet = keras.Sequential([keras.Input((227, 227, 1))])
for kind, *numbers in ALEXNET:
    is_convolution = kind == "Conv2D"
    alexnet.add(layers.Conv2D(1, *numbers) if is_convolution else layers.MaxPooling2D(*numbers))

alexnet_field = receptive_field(alexnet, alexnet.outputs[0])
reveal(guess, alexnet_field.size[0], factor=1.2)

# %%
assert alexnet_field.size == (195, 195)
show_table(anatomy(alexnet)[["kind", "output_shape", "receptive_field", "jump"]])

# %% [markdown]
# These numbers follow from the rule. They can be measured too, with the gradient, as at the beginning: two ways that
# know nothing of each other. (The net is made linear first, so that no gradient is lost in a dead unit.)

# %%
from course.receptive_field import measured_receptive_field

second_pooling = alexnet.layers[3].name
by_rule = receptive_field(alexnet, second_pooling)
measured = measured_receptive_field(alexnet, second_pooling)

print(f"by rule {by_rule.size}, measured {measured.size}")
assert (by_rule.size, by_rule.start) == (measured.size, measured.start)

# %% [markdown]
# ## Start and centre: where a feature looks
#
# The **start** is the centre of the first feature's window, counted from the picture's edge; the first pixel has its
# centre at 0.5. A window of $k$ features begins $p$ features further left where there are $p$ zeros in front, and its
# middle is $(k-1)/2$ steps to the right of where it begins:
#
# $$\text{start}_\text{out} = \text{start}_\text{in} + \Big(\frac{k-1}{2} - p\Big)\, j_\text{in}
# \qquad\qquad n_\text{out} = \Big\lfloor\frac{n_\text{in} + 2p - k}{s}\Big\rfloor + 1$$
#
# The centre of feature $q = 0, 1, 2, \dots$ is $\;\text{start} + q\,j$, and half of the size lies to either side.
# Where a window reaches over the edge, it sees padding.

# %%
pyramid(
    line(
        8,
        layers.Conv1D(1, 5, padding="same", name="layer_1"),
        layers.MaxPooling1D(2, name="pooling"),
    ),
    shown=[("pooling", 0), ("pooling", 2)],
    title="Padding lets the first windows hang over the edge",
    alt="The pooling's first feature sees 6 places, from −2 to 4; the first two are padding.",
)

# %% [markdown]
# **Exercise 3.** One row of the table. `row` holds (n, r, j, start) of a map, `layer` holds (k, s, p) of the layer
# behind it. Return the row behind the layer.


# %% exercise="next_row"
def next_row(row, layer):
    """Return (n, r, j, start) behind a layer (k, s, p)."""
    ### BEGIN SOLUTION
    n, r, j, start = row
    k, s, p = layer
    return (n + 2 * p - k) // s + 1, r + (k - 1) * j, j * s, start + ((k - 1) / 2 - p) * j
    ### END SOLUTION


exercises.next_row.check(next_row)

# %% [markdown]
# **Exercise 4.** Now find the feature's window: where its first and its last pixel end, in pixels from the picture's
# edge and not cut off there. The first pixel alone is (0, 1).


# %% exercise="feature_window"
def feature_window(size, jump, start, position):
    """Return the two edges (first, last) of what the feature at `position` sees."""
    ### BEGIN SOLUTION
    centre = start + position * jump
    return centre - size / 2, centre + size / 2
    ### END SOLUTION


exercises.feature_window.check(feature_window)

# %% [markdown]
# **Exercise 5, from a slide.** Two 3 × 3 convolutions, both with padding 1 and stride 2, on a picture of 5 × 5. How
# large is the receptive field $r$ of the second one? And how many of the picture's five columns does its *first*
# feature see? Answer with both: `slides_question = (…, …)`.

# %% exercise="slides_question"
### BEGIN SOLUTION
slides_question = (7, 4)  # 1 + 2·1 + 2·2, from −3 to 4: three columns are padding
### END SOLUTION

exercises.slides_question.check(slides_question)

# %% [markdown]
# ## `same` padding is lopsided at stride 2
#
# With $p$ zeros on both sides, a 3-wide kernel with $p = 1$ has its first centre on the first pixel, at 0.5. But
# `padding="same"` adds only as many zeros as the last window needs (lecture 3), and if their number is odd, the odd
# one goes behind.
#
# **Predict.** Eight pixels, $k = 3$, $s = 2$, `same`. Where is the centre of the first feature?

# %%
guess = ...

# %%
halved = line(8, layers.Conv1D(1, 3, strides=2, padding="same", name="same"))
reveal(guess, halved["same"].start[0])

# %%
pyramid(
    halved,
    shown=[("same", 0), ("same", 3)],
    title="Eight pixels: a single zero, and it is on the right",
    alt="Four features; the first sees the pixels 0 to 2, the last one pixels 6, 7 and a zero.",
)

# %% [markdown]
# On nine pixels there would be a zero on either side, and the centre at 0.5. The shift is one *feature* each time, so
# it grows with the jump. Five such layers in a row, with `same` and with one zero on either side:

# %%
by_keras, by_hand = [], []
for _ in range(5):
    by_keras += [layers.Conv1D(1, 3, strides=2, padding="same")]
    by_hand += [layers.ZeroPadding1D(1), layers.Conv1D(1, 3, strides=2)]

for name, stack in {"same": by_keras, "one zero on either side": by_hand}.items():
    *_, field = line(224, *stack).values()
    print(f"{name}: jump {field.jump[0]:g}, start {field.start[0]:g}")

# %% [markdown]
# The two nets look at places that are almost a whole feature apart. So a net that was trained with one of these
# paddings does not give the same with the other, and Keras's own ResNets pad by hand.
#
# **Exercise 6.** Where does the first window of a `same` convolution have its centre? `size` is the number of pixels.


# %% exercise="same_start"
def same_start(size, kernel_size, strides):
    """Return the centre of the first window, in pixels from the picture's edge (a number)."""
    ### BEGIN SOLUTION
    outputs = -(-size // strides)
    zeros = max((outputs - 1) * strides + kernel_size - size, 0)
    return 0.5 + (kernel_size - 1) / 2 - zeros // 2
    ### END SOLUTION


exercises.same_start.check(same_start)

# %% [markdown]
# ## Dilation: a wide view without a stride
#
# A kernel with dilation rate $d$ reads every $d$-th feature (lecture 3): its $k - 1$ steps are $d$ times as long,
# and, padded, the map keeps its size:
#
# $$r_\text{out} = r_\text{in} + (k - 1)\, d\, j_\text{in} \qquad\qquad j_\text{out} = j_\text{in}\, s$$
#
# Yu and Koltun (2016) double the rate from layer to layer.
#
# **Predict.** Four 3 × 3 layers with the rates 1, 2, 4 and 8, stride 1. How wide is the receptive field?

# %%
guess = ...

# %%
dilated = [layers.Conv1D(1, 3, dilation_rate=rate) for rate in (1, 2, 4, 8)]
*_, field = line(64, *dilated).values()
reveal(guess, field.size[0])

# %%
assert field.size == (31,)

rates = [(1, 2, 4), (2, 2, 2), (4, 4)]
pictures.row(
    [sight(*[conv(dilation_rate=rate) for rate in each]) for each in rates],
    [" · ".join(map(str, each)) for each in rates],
    alt="Rates 1, 2, 4 see all of a square; 2, 2, 2 every second pixel; 4, 4 every fourth.",
)

# %% [markdown]
# The same rate over and over leaves holes that no further layer of that rate fills; Wang et al. (2018) call it
# *gridding*. The size counts from the first pixel to the last, holes included.
#
# **Exercise 7.** Layers in a row, all with one kernel size and stride 1, each with its own rate. `dilation_rates` is
# a list.


# %% exercise="dilated_size"
def dilated_size(kernel_size, dilation_rates):
    """Return the size of the receptive field behind the layers (int)."""
    ### BEGIN SOLUTION
    return 1 + sum((kernel_size - 1) * rate for rate in dilation_rates)
    ### END SOLUTION


exercises.dilated_size.check(dilated_size)

# %% [markdown]
# ## Branches: the union, so the largest path
#
# Where branches meet, a feature depends on all that any of them sees. If their centres agree, the windows lie inside
# each other and the largest one is the answer. A **shortcut**, as in ResNet, is a branch without layers.
#
# **Predict.** A residual block $y = x + F(x)$ on the picture, with two 3 × 3 layers in $F$. How wide is the window of
# a feature of $y$?

# %%
guess = ...

# %%
image = keras.Input((16, 16, 1))
shortcut_and_path = layers.Add(name="y")([image, conv()(conv()(image))])
field = receptive_field(keras.Model(image, shortcut_and_path), "y")
reveal(guess, field.size[0])
assert field.aligned

# %% [markdown]
# The shortcut takes nothing away, and adds no width. What it adds is a second way for the pixel in the middle.
#
# **Exercise 8.** `branches` is a list of branches, each a list of its layers' kernel sizes; an empty list is a
# shortcut. All kernels are odd, padded and have stride 1, so the centres agree. How large is the receptive field
# where the branches meet?


# %% exercise="union_size"
def union_size(branches):
    """Return the size of the receptive field where the branches meet (int)."""
    ### BEGIN SOLUTION
    return max(1 + sum(k - 1 for k in kernel_sizes) for kernel_sizes in branches)
    ### END SOLUTION


exercises.union_size.check(union_size)

# %% [markdown]
# ### When branches do not line up
#
# `same` padding at stride 2 moves a 3-wide window, but not a 1-wide one. On an even number of pixels the two meet out
# of line: added up are features that look at different places. The size is that of the union, and `aligned` says so.

# %%
image = keras.Input((8, 1), name="pixels")
wide = layers.Conv1D(1, 3, strides=2, padding="same", name="wide")(image)
narrow = layers.Conv1D(1, 1, strides=2, padding="same", name="narrow")(image)
fields = receptive_fields(keras.Model(image, layers.Add(name="sum")([wide, narrow])))

print("do the centres agree?", fields["sum"].aligned)
assert not fields["sum"].aligned
pyramid(
    {name: fields[name] for name in ("pixels", "narrow", "wide")},
    shown=[("wide", 1), ("narrow", 1)],
    title="The same position, two centres",
    alt="Feature 1 of the narrow branch has its centre at 2.5, that of the wide one at 3.5.",
)

# %% [markdown]
# In `keras.applications` the branches of Xception and NASNet meet like that, and those of ResNet50V2 do not. Such a
# net trains all the same. It matters when you carry weights over, or map features back to the picture.
#
# ## Any Keras model: the table, the map, the explorer
#
# `course.receptive_field` walks through the graph of a model with these rules, branches and nested models included.
# Here is VGG-16 without its dense layers, so that it takes pictures of any size.
#
# **Predict.** How wide is the receptive field behind its last pooling, on a picture of 224 × 224? And on one of
# 448 × 448? Answer with both: `guess = (…, …)`.

# %%
guess = ...

# %%
vgg16 = keras.applications.VGG16(weights=None, include_top=False)
small, large = (receptive_field(vgg16, "block5_pool", (side, side, 3)) for side in (224, 448))
reveal(guess, (small.size[0], large.size[0]))

# %%
assert small.size == large.size == (212, 212)

table = anatomy(vgg16, (224, 224, 3))
show_table(table[["layer", "output_shape", "parameters", "receptive_field", "jump"]])

# %% [markdown]
# On a larger picture there are more features; each sees as much as before.
#
# The photograph is by danielbuechele
# ([Flickr](https://www.flickr.com/photos/danielbuechele/6061409035/sizes/z/in/photostream/), [CC BY
# 2.0](https://creativecommons.org/licenses/by/2.0/)), cropped and made smaller; it comes with scikit-learn. One of
# the last 7 × 7 features, and what it sees:

# %%
from PIL import Image
from sklearn.datasets import load_sample_image

from course.figures import receptive_field as figure

square = Image.fromarray(load_sample_image("china.jpg")[:, 100:527])
photograph = np.asarray(square.resize((224, 224)))
figure.on_picture(photograph, small, (6, 6), title="VGG-16, block5_pool, feature (6, 6)")

# %% [markdown]
# Two thirds of what this feature sees are padding. Point at the photograph, and step through the layers:

# %%
fields = receptive_fields(vgg16, (224, 224, 3))
figure.explorer(photograph, fields)

# %% [markdown]
# ## Fully convolutional nets: a feature is the net on its window
#
# A net that ends in a map, without Flatten, Dense or global pooling, is **fully convolutional**. Without padding,
# each of its features is exactly what the net answers on that feature's window alone: a net for small pictures runs
# over a large one, and shares the work where windows overlap. (Flatten and global pooling see the whole picture, so
# there is no window to cut out.)

# %%
net = keras.Sequential([
    keras.Input((None, None, 3)),
    layers.Conv2D(8, 5, strides=2, activation="relu"),
    layers.MaxPooling2D(2),
    layers.Conv2D(8, 3, activation="relu", dilation_rate=2),
])  # fmt: skip
picture = photograph[None] / np.float32(255)
features = keras.ops.convert_to_numpy(net(picture))

(top, bottom), (left, right) = receptive_field(net, net.outputs[0]).window((20, 31))
on_its_window = keras.ops.convert_to_numpy(net(picture[:, top:bottom, left:right]))

print(f"{features.shape} on the picture, {on_its_window.shape} on {bottom - top} pixels of it")
assert np.allclose(on_its_window[0, 0, 0], features[0, 20, 31], rtol=1e-2, atol=1e-3)

# %% [markdown]
# ## ResNet: it matters where the stride stands
#
# A ResNet bottleneck is 1 × 1, 3 × 3, 1 × 1 (He et al. 2016). Where a stage begins, the authors' model and Keras put
# the stride of 2 into the first 1 × 1; a widespread variant puts it into the 3 × 3, and torchvision, which has it,
# calls it "v1.5". ResNet-50 with the stride in the 1 × 1 sees 483 pixels at the end of its last stage, conv5.
#
# **Predict.** How many with the stride in the 3 × 3?

# %%
guess = ...


# %%
def resnet(blocks, stride_in):
    """Return a ResNet reduced to what moves the window: one channel, no last 1 × 1."""
    image = keras.Input((224, 224, 1))
    x = layers.Conv2D(1, 7, 2)(layers.ZeroPadding2D(3)(image))
    x = layers.MaxPooling2D(3, 2)(layers.ZeroPadding2D(1)(x))
    for stage, count in enumerate(blocks):
        for block in range(count):
            strides = 2 if stage > 0 and block == 0 else 1
            first, second = (strides, 1) if stride_in == "1 × 1" else (1, strides)
            path = layers.ZeroPadding2D(1)(layers.Conv2D(1, 1, first)(x))
            path = layers.Conv2D(1, 3, second)(path)
            identity = layers.Conv2D(1, 1, strides)(x) if strides > 1 else x
            x = layers.Add()([path, identity])
    return keras.Model(image, x)


def last_size(net):
    return receptive_field(net, net.outputs[0], (224, 224)).size[0]


reveal(guess, last_size(resnet([3, 4, 6, 3], "3 × 3")), factor=1.05)

# %% [markdown]
# It sees *less*: the 3 × 3 of each new stage reads its inputs before they are thinned out, at half the jump. The same
# for the deeper ones, from Keras (stride in the 1 × 1) and from our skeleton (in the 3 × 3):

# %%
RESNETS = {"ResNet50": [3, 4, 6, 3], "ResNet101": [3, 4, 23, 3], "ResNet152": [3, 8, 36, 3]}

sizes = {"VGG16": small.size[0], "AlexNet": alexnet_field.size[0]}
for name, blocks in RESNETS.items():
    of_keras = getattr(keras.applications, name)(weights=None, include_top=False)
    sizes[name] = in_1x1, in_3x3 = last_size(of_keras), last_size(resnet(blocks, "3 × 3"))
    print(f"{name}: {in_1x1} with the stride in the 1 × 1, {in_3x3} in the 3 × 3")

assert [sizes[name][1] for name in RESNETS] == [427, 971, 1451]
assert last_size(resnet(RESNETS["ResNet50"], "1 × 1")) == sizes["ResNet50"][0]

# %% [markdown]
# What does it cost to ask? All fields of ResNet-152, and its whole anatomy, beside Keras's own `model.summary()` of
# the same model (1 is as long as the summary takes):

# %% tags=["volatile"]
from timeit import repeat

from IPython.utils.capture import capture_output

ways = {
    "receptive_fields": lambda: receptive_fields(of_keras, (224, 224, 3)),
    "anatomy": lambda: anatomy(of_keras, (224, 224, 3)),
}
with capture_output():
    summary = min(repeat(of_keras.summary, number=1, repeat=3))
for name, way in ways.items():
    cost = min(repeat(way, number=1, repeat=3))
    print(f"{name}: {cost / summary:.2f} of the time of the summary")

of_keras = vgg16 = None  # a quarter of a gigabyte
keras.backend.clear_session()

# %% [markdown]
# ## Find the bug
#
# The size can be had backwards too, from the feature to the picture: behind each layer, last layer first, so many
# inputs are needed for so many outputs. This function does it, and tells AlexNet right. VGG-16 has 212; what does it
# say?


# %%
def suspect(layers):
    """Return the size of the receptive field behind layers (kernel size, stride)."""
    size = 1
    for kernel_size, stride in reversed(layers):
        radius = kernel_size // 2
        size = (size - 1) * stride + 1 + 2 * radius
    return size


of_alexnet = [(kernel_size, stride) for _, kernel_size, stride, _ in ALEXNET]
of_vgg16 = [(3, 1)] * 2 + [(2, 2)] + [(3, 1)] * 2 + [(2, 2)] + ([(3, 1)] * 3 + [(2, 2)]) * 3
print(f"AlexNet: {suspect(of_alexnet)}, VGG-16: {suspect(of_vgg16)}")

# %% [markdown]
# **Exercise 9.** Mend it.


# %% exercise="mended"
def mended(layers):
    """Return the size of the receptive field behind layers (kernel size, stride)."""
    ### BEGIN SOLUTION
    size = 1
    for kernel_size, stride in reversed(layers):
        size = (size - 1) * stride + kernel_size  # an even kernel has no radius
    return size
    ### END SOLUTION


exercises.mended.check(mended)

# %% [markdown]
# ## Design a net that sees much and weighs little
#
# **Exercise 10, a puzzle.** Build a Keras model whose input is `keras.Input((128, 128, 3))` and whose output is a
# map, each feature of which sees **at least 100 × 100** pixels, with **fewer than 50,000 parameters**.
#
# To make it a net and no trick: at least three convolutions; no layer with weights is called twice; windows are 3 × 3
# at most, with dilation rates up to 4; pooling has a stride of 2 or more; nothing enlarges a map (upsampling,
# transposed convolutions); every map has at least 16 × 16 positions, every convolution and the output at least 32
# channels; branches that meet line up. `anatomy(net)` shows where the parameters are.

# %% exercise="wide_and_small"
### BEGIN SOLUTION
wide_and_small = keras.Sequential([keras.Input((128, 128, 3))])
for stride, rate in [(2, 1), (2, 1), (2, 1), (1, 1), (1, 2), (1, 4)]:
    options = {"padding": "same", "dilation_rate": rate, "activation": "relu"}
    wide_and_small.add(layers.Conv2D(32, 3, stride, **options))
### END SOLUTION

exercises.wide_and_small.check(wide_and_small)

# %% [markdown]
# ## What a feature really uses: the effective receptive field
#
# All pixels of the window *can* count. How much *do* they? (Luo et al. 2016.) Take the gradient of the middle feature
# with respect to every pixel, for random pictures, and average its square. Divided by its sum, that is each pixel's
# share of the influence. Its standard deviation along an axis is σ, and we call **4σ** the width of the **effective
# receptive field**: about 95 % of a Gaussian lie within two σ of the middle.
#
# **Predict.** A net of 32 layers of 3 × 3, with random weights, has $r = 65$. How wide is 4σ?

# %%
guess = ...

# %%
from keras import ops


def stack(depth, shortcuts=False):
    """Return a net of unpadded 3 × 3 layers whose one feature sees all of the picture."""
    image = x = keras.Input((2 * depth + 1, 2 * depth + 1, 1))
    for number in range(depth):
        identity = layers.Cropping2D(1)(x)
        x = layers.Conv2D(8, 3, activation="relu", kernel_initializer="he_normal")(x)
        if shortcuts and number > 0:
            x = layers.Add()([x, identity])
    return keras.Model(image, layers.Conv2D(1, 1)(x))


def influence(net, seed):
    """Return each pixel's share of the influence on the net's one feature, (height, width)."""
    pictures = np.random.default_rng(seed).normal(size=(8, *net.input_shape[1:]))
    slopes = gradient(lambda x: ops.sum(net(x)), pictures.astype("float32"))
    squares = (slopes.astype("float64") ** 2).mean(axis=(0, 3))
    return squares / squares.sum()


# %% tags=["volatile"]
def width(share):
    """Return 4σ of the influence, its two axes averaged, in pixels."""
    steps = np.arange(len(share)) - len(share) // 2
    return 4 * np.sqrt((share.sum(axis=0) + share.sum(axis=1)) / 2 @ steps**2)


def by_depth(**options):
    """Return the influence for each depth: {depth: list over the random starts}."""
    shares = {depth: [] for depth in depths}
    for depth in depths:
        for start in range(starts):
            keras.utils.set_random_seed(start)
            shares[depth].append(influence(stack(depth, **options), start))
    return shares


depths = [2, 4, 8, 16, 32]
starts = run.pick(quick=5, full=20)
plain, with_shortcuts = by_depth(), by_depth(shortcuts=True)

widths = {
    name: np.array([[width(share) for share in shares[depth]] for depth in depths]).T
    for name, shares in {"plain": plain, "with shortcuts": with_shortcuts}.items()
}
reveal(guess, round(float(np.median(widths["plain"][:, -1])), 1), factor=1.3)

# %% [markdown]
# ### It is a Gaussian in the middle of the window
#
# Follow the influence back from the feature. Each layer spreads it, with random weights on average evenly, over $k$
# neighbours: like a walker who takes a random step. After $n$ layers the steps add up, and a sum of many independent
# steps is close to a Gaussian. One step to $k$ equally likely places has variance $(k^2 - 1)/12$, so at stride 1
#
# $$\sigma = \sqrt{n\,\frac{k^2 - 1}{12}}, \qquad\text{while}\qquad r = 1 + n\,(k - 1).$$

# %% tags=["volatile"]
from course.figures import curves

profile = np.mean([share.sum(axis=0) for share in plain[32]], axis=0)
steps = np.arange(65) - 32
gaussian = np.exp(-(steps**2) / (2 * 32 * 8 / 12))  # σ² is 32 · (9 − 1) / 12
gaussian /= gaussian.sum()
alike = np.full(65, 1 / 65)
curves.lines(
    steps,
    {"measured, 32 layers": profile, "Gaussian of the formula": gaussian, "all alike": alike},
    dashed=["Gaussian of the formula", "all alike"],
    xlabel="pixels from the middle",
    ylabel="share of the influence",
    title="Most of the window hardly counts",
    alt="The influence of 32 random layers is Gaussian; beyond 15 of 32 pixels it is near 0.",
)

# %% [markdown]
# ## Experiment 1: the width grows with the square root of the depth
#
# **Claim.** The theoretical field grows in proportion to the depth, the effective one with its square root, so the
# deeper the net, the smaller the share that it uses. Shortcuts make it smaller still: some of the influence takes no
# step at all.
#
# **The fair comparison.** The same layers and the same random starts at each depth, with and without shortcuts; no
# training yet.

# %% tags=["volatile"]
curves.spread(
    depths,
    {"theoretical": [[2 * depth + 1 for depth in depths]], **widths},
    xlabel="layers",
    ylabel="width in pixels",
    title="The effective field lags behind",
    alt="Width at 32 layers: the theoretical field 65 pixels, plain about 19, with shortcuts 13.",
)

# %%
medians = np.median(widths["plain"], axis=0)
formula = 4 * np.sqrt(np.array(depths) * 8 / 12)
power = np.polyfit(np.log(depths), np.log(medians), 1)[0]

assert 0.4 < power < 0.6  # a square root has ½
assert np.all(np.abs(medians / formula - 1) < 0.25)
assert np.abs(profile - gaussian).sum() / 2 < 0.15 < np.abs(profile - alike).sum() / 2
assert np.all(np.median(widths["with shortcuts"], axis=0)[2:] < 0.9 * medians[2:])

# %% [markdown]
# **What it does not show.** Anything about trained nets, which come next. Nor that strides would not help: each
# stride of 2 doubles the length of every later step.
#
# **Exercise 11.** How many 3 × 3 layers of stride 1, with random weights, would it take for 4σ to reach 224 pixels?

# %% exercise="layers_needed"
### BEGIN SOLUTION
layers_needed = round((224 / 4) ** 2 * 12 / (3**2 - 1))
### END SOLUTION

exercises.layers_needed.check(layers_needed)

# %% [markdown]
# ## Experiment 2: training moves the field to where the information is
#
# **Claim.** A task that needs context widens the effective field, as Luo et al. (2016) found on theirs; one that does
# not need it narrows the field. Each picture has a bright and a dark dot, left and right of the middle, and noise;
# the net says whether the bright one is on the left. In the *near* task they are about 2 pixels from the middle, in
# the *far* task 6.
#
# **The fair comparison.** The same net of 8 layers ($r = 17$, all of the picture), the same starts, the same number
# of pictures and steps. Only the distance differs.


# %%
from course.figures import maps


def dots(count, reach, seed):
    """Return pictures (count, 17, 17, 1), and for each 1 if the bright dot is left, else 0."""
    draw = np.random.default_rng(seed)
    x = draw.normal(0, 0.1, size=(count, 17, 17, 1)).astype("float32")
    y = draw.integers(0, 2, size=count)
    for side, brightness in ((-1, 2 * y - 1), (1, 1 - 2 * y)):
        row, column = 8 + draw.integers(-1, 2, size=(2, count))
        x[np.arange(count), row, column + side * reach, 0] += brightness
    return x, y.reshape(-1, 1, 1, 1)


shown = [dots(2, reach, seed=0)[0][:, :, :, 0] for reach in (2, 6)]
maps.row(
    np.concatenate(shown),
    ["near", "near", "far", "far"],
    alt="Four noisy pictures, each with a dark and a bright dot left and right of the middle.",
)

# %% [markdown]
# **Predict.** Before training 4σ is about 9 pixels. By which factor is it wider after training on the far task?

# %%
guess = ...

# %%
learner = stack(8)
learner.compile(
    keras.optimizers.Adam(0.005),
    keras.losses.BinaryCrossentropy(from_logits=True),
    metrics=[keras.metrics.BinaryAccuracy(threshold=0)],
)
learner.optimizer.build(learner.trainable_variables)
fresh = {}
learner.optimizer.save_own_variables(fresh)


def train(reach, start):
    """Return the influence before and after training from a random start, and the accuracy."""
    keras.utils.set_random_seed(start)
    learner.set_weights(stack(8).get_weights())  # the same net again: it is compiled only once
    learner.optimizer.load_own_variables(fresh)
    before = influence(learner, start)
    x, y = dots(1000, reach, start)
    history = learner.fit(x, y, batch_size=64, epochs=4, verbose=0).history
    return before, influence(learner, start), history["binary_accuracy"][-1]


tasks = {"near": 2, "far": 6}
trained = {}
for task, reach in tasks.items():
    trained[task] = [train(reach, start) for start in range(starts)]

# %% tags=["volatile"]
trained_widths = {"before training": [width(before) for before, _, _ in trained["far"]]}
for task, runs in trained.items():
    trained_widths[f"after, {task} dots"] = [width(after) for _, after, _ in runs]
untrained, near, far = map(np.array, trained_widths.values())
reveal(guess, round(float(np.median(far / untrained)), 2), factor=1.2)

# %% tags=["volatile"]
mean_influence = [
    np.mean([before for before, _, _ in trained["far"]], axis=0),
    *[np.mean([after for _, after, _ in runs], axis=0) for runs in trained.values()],
]
pictures.row(
    [np.sqrt(share) for share in mean_influence],
    ["before", "near dots", "far dots"],
    alt="Influence in the window: a round spot before training, after it two, at the dots.",
)

# %% tags=["volatile"]
curves.bars(
    trained_widths,
    ylabel="4σ in pixels",
    title="The far task spreads the influence, the near one gathers it",
    alt="Width: 9 pixels before training, 7 to 8 after the near task, 15 after the far one.",
)

# %%
for runs in trained.values():
    assert np.median([accuracy for *_, accuracy in runs]) > 0.9  # both tasks are learnt
assert np.median(far / untrained) > 1.2
from_top_to_bottom = [[share.sum(axis=1) @ (np.arange(17) - 8) ** 2 for share in run[:2]] for run in trained["far"]]
assert np.median([after / before for before, after in from_top_to_bottom]) < 1
assert np.median(near / untrained) < 0.95

# %% [markdown]
# **What it does not show.** That training always widens: the near task does the opposite, and so does the far one
# from top to bottom. 4σ is a width for one spot; for two it says how far apart they lie, and the bar is the mean of
# both axes (of their variances). Nor how pictures of the world behave, where information lies both near and far. And
# a gradient speaks of small changes only: a pixel whose small changes matter little may still matter much when an
# object covers it (lecture 5).
#
# ## Claims, checked

# %%
from course import facts

checks = [
    facts.check("receptive_fields.alexnet", sizes["AlexNet"]),
    facts.check("receptive_fields.vgg16", sizes["VGG16"]),
    *[facts.check(f"receptive_fields.{name.lower()}", sizes[name][0]) for name in RESNETS],
    *[facts.check(f"receptive_fields.{name.lower()}_v15", sizes[name][1]) for name in RESNETS],
    facts.check("receptive_fields.one_7x7", 100 * (one_7x7 / three_3x3 - 1)),
]
show_table(facts.table(checks))

# %% [markdown]
# ## Summary
#
# * Along each axis: $r \leftarrow r + (k-1)\,d\,j$, then $j \leftarrow j\,s$. First the size, with the old jump.
# * The first centre moves by $(k-1)/2 - p$ steps of one jump; feature $q$ has its centre at $\text{start} + q\,j$.
# * `same` padding at stride 2 is lopsided on even sizes: centres move, and branches may meet out of line.
# * Dilation widens without a stride, and leaves holes if all rates are alike. Where branches meet, the largest
#   counts.
# * Three 3 × 3 see what one 7 × 7 sees, for 27 weights instead of 49, with three activations.
# * Without padding, a feature of a fully convolutional net is the net on its window.
# * The effective field of a net with random weights is a Gaussian; its width grows with $\sqrt n$, $r$ with $n$.
# * Training moves the influence to where the information is.
#
# ## Test yourself
#
# 1. Which layers of a net leave the receptive field as it is?
# 2. A net has strides 2, 2 and 1. You swap the last two layers' strides. Does its jump change? Does $r$?
# 3. Why can a receptive field be larger than the picture?
# 4. A shortcut skips three 3 × 3 layers. What does it do to the theoretical field, and to the effective one?
# 5. Your net is to find cracks that are 200 pixels long, and $r = 210$. Is that enough?
#
# <details><summary>Answers</summary>
#
# 1. Those with $k = 1$: activations, batch normalization at inference, dropout, 1 × 1 convolutions. (With a stride,
#    these change the jump.)
# 2. The jump does not: it is the product. $r$ may: the last layer's window then spans a smaller jump.
# 3. The windows near the border reach into the padding; in a deep net even the middle one does.
# 4. Nothing to the first; it narrows the second, since part of the influence takes no step.
# 5. Hardly: the outer part of the window has next to no influence before training. Give it more room.
#
# </details>
#
# ## Further reading
#
# * A. Araujo, W. Norris and J. Sim (2019). Computing receptive fields of convolutional neural networks. *Distill*.
#   [doi:10.23915/distill.00021](https://doi.org/10.23915/distill.00021)
# * W. Luo, Y. Li, R. Urtasun and R. Zemel (2016). Understanding the effective receptive field in deep convolutional
#   neural networks. *NeurIPS*. [arXiv:1701.04128](https://arxiv.org/abs/1701.04128)
# * V. Dumoulin and F. Visin (2016). A guide to convolution arithmetic for deep learning.
#   [arXiv:1603.07285](https://arxiv.org/abs/1603.07285)
# * A. Krizhevsky, I. Sutskever and G. Hinton (2012). ImageNet classification with deep convolutional neural networks.
#   *NeurIPS*.
# * K. Simonyan and A. Zisserman (2015). Very deep convolutional networks for large-scale image recognition. *ICLR*.
#   [arXiv:1409.1556](https://arxiv.org/abs/1409.1556)
# * K. He, X. Zhang, S. Ren and J. Sun (2016). Deep residual learning for image recognition. *CVPR*.
#   [arXiv:1512.03385](https://arxiv.org/abs/1512.03385)
# * F. Yu and V. Koltun (2016). Multi-scale context aggregation by dilated convolutions. *ICLR*.
#   [arXiv:1511.07122](https://arxiv.org/abs/1511.07122)
# * P. Wang et al. (2018). Understanding convolution for semantic segmentation. *WACV*.
#   [arXiv:1702.08502](https://arxiv.org/abs/1702.08502)
