# ---
# jupyter:
#   course:
#     title: Convolution arithmetic
#     summary: "Slide a small kernel over an image: what comes out, how large it is, and what it costs."
#     minutes: {quick: 0.5, full: 1.5}
#     memory_gb: {quick: 1.1, full: 1.3}
#     needs: []
# ---

# %% [markdown]
# # 3 · Convolution arithmetic
#
# Every net for images in this course is built from one operation. Once you can say what comes out of it, how large
# that is and what it costs, you can read any of them.
#
# **You will be able to**
#
# * compute a convolution by hand, with its channels, and tell it from a cross-correlation;
# * work out the size of any output: strides, padding, dilation, pooling, and the way back;
# * count parameters, multiply-adds and memory of a layer;
# * say what a convolution knows about images that a dense layer does not, and what breaks that.
#
# {{cost}}

# %% tags=["start"]
import course

run = course.start(seed=0)

# %% [markdown]
# ## A dense layer does not know that an image has a shape
#
# Flatten an image, and every value in it becomes an input of its own.
#
# **Predict.** A colour image of 640 × 480 pixels, and one dense layer of 1000 units. How many parameters?

# %%
guess = ...

# %%
from course import arithmetic
from course.exercises import reveal

reveal(guess, arithmetic.dense_parameters(640 * 480 * 3, 1000), factor=1.5)

# %% [markdown]
# Nearly a billion numbers to learn, 3.7 GB of them, in one layer. And there is a second trouble. Here are five
# digits of lecture 1, and the same five after one fixed shuffle of their 64 pixels.

# %%
import numpy as np
from sklearn.datasets import load_digits

from course.figures import pictures

digits = load_digits()
flat = digits.images.reshape(-1, 64) / 16
order = np.random.default_rng(0).permutation(64)
shuffled = flat[:, order]

weights = np.random.default_rng(1).normal(size=(64, 32))
assert np.allclose(flat @ weights, shuffled @ weights[order])  # the same layer, its rows sorted

pictures.row(
    [*digits.images[:5], *shuffled[:5].reshape(-1, 8, 8)],
    [*digits.target[:5], *digits.target[:5]],
    alt="Five handwritten digits, then the same with their pixels shuffled: no digit shows.",
)

# %% [markdown]
# You can no longer read them. A dense layer can: sort the rows of its weights in the same way, and it computes the
# same numbers. It never knew which pixels are neighbours, so it has nothing to lose; **Flatten throws the layout
# away**. Experiment 2 measures what that costs. First, a layer that keeps it.
#
# ## A convolution slides one small kernel over the image
#
# Lay a small grid of weights, the **kernel**, on the image. Multiply what lies on each other, add up: that is one
# number of the output. Move on by a pixel, and do it again.
#
# $$\text{output}[i, j] = \sum_a \sum_b \text{image}[i + a, j + b]\;\text{kernel}[a, b]$$
#
# **Predict.** The kernel lies on the top left corner of this image. Which number comes out?
#
# $$\begin{pmatrix}3&3&2&1&0\\0&0&1&3&1\\3&1&2&2&3\\2&0&0&2&2\\2&0&0&0&1\end{pmatrix}\qquad
# \begin{pmatrix}0&1&2\\2&2&0\\0&1&2\end{pmatrix}$$

# %%
guess = ...


# %%
def cross_correlate(image, kernel):
    """Slide the kernel over the image, both of shape (rows, columns), and return the sums."""
    height, width = kernel.shape
    output = np.zeros((image.shape[0] - height + 1, image.shape[1] - width + 1))
    for i, j in np.ndindex(output.shape):
        output[i, j] = np.sum(image[i : i + height, j : j + width] * kernel)
    return output


image = np.array([
    [3, 3, 2, 1, 0],
    [0, 0, 1, 3, 1],
    [3, 1, 2, 2, 3],
    [2, 0, 0, 2, 2],
    [2, 0, 0, 0, 1],
])  # fmt: skip
kernel = np.array([[0, 1, 2], [2, 2, 0], [0, 1, 2]])

reveal(guess, cross_correlate(image, kernel)[0, 0])

# %%
from course.figures import convolution

convolution.player(image, kernel)

# %% [markdown]
# Play it, or point at a number of the output to see its sum (the example is that of Dumoulin and Visin 2016). Two
# things make it different from a dense layer:
#
# * **locality**: an output looks at its own window alone;
# * **weight sharing**: all windows use the same nine weights.
#
# **Predict.** One pixel in the middle of a 28 × 28 image changes. How many outputs of a 3 × 3 convolution change?

# %%
guess = ...

# %%
import keras
from keras import layers, ops

blank = np.zeros((1, 28, 28, 1))
dotted = blank.copy()
dotted[0, 14, 14, 0] = 1

layer = layers.Conv2D(filters=1, kernel_size=3)
difference = ops.abs(layer(dotted) - layer(blank))
reveal(guess, int(ops.sum(ops.cast(difference > 1e-6, "int32"))))
print(f"of {26 * 26} outputs, from {layer.count_params()} parameters;", end=" ")
print(f"a dense layer as large has {arithmetic.dense_parameters(28 * 28, 26 * 26):,}")

# %% [markdown]
# In the dense layer all 676 change.
#
# **Exercise 1.** A kernel can do much with few weights. Give one of 3 × 3 that moves a picture **one pixel to the
# right**. (There is a ring of zeros around the picture, so that the output is as large.)
# `exercises.shift_kernel.hint()` gives a hint; every exercise has some.

# %% exercise="shift_kernel"
from course.exercises import convolution as exercises

### BEGIN SOLUTION
shift_kernel = [[0, 0, 0], [1, 0, 0], [0, 0, 0]]  # each output copies its left neighbour
### END SOLUTION

exercises.shift_kernel.check(shift_kernel)

# %% [markdown]
# ## A true convolution flips the kernel; Keras does not
#
# In mathematics the **convolution** of $f$ and $g$ has a minus in it, and what we just did is their
# **cross-correlation**:
#
# $$(f * g)(x) = \sum_a f(a)\, g(x - a) \qquad\qquad (f \star g)(x) = \sum_a f(a)\, g(x + a)$$
#
# A slide has both, with an equals sign between them:
# $(f \star g)(x) = \sum_{a+b=x} f(a)\,g(b) = \sum_a f(a)\,g(x+a)$. Is it one?

# %%
import pandas

from course.figures.tables import show_table

f, g = {0: 1, 1: 2}, {0: 3, 1: 4, 2: 5}  # f(0) = 1, f(1) = 2; 0 everywhere else

xs = range(-1, 4)
left = {x: sum(f[a] * g[b] for a in f for b in g if a + b == x) for x in xs}
right = {x: sum(f[a] * g.get(x + a, 0) for a in f) for x in xs}

keras_says = ops.conv(np.float32(image)[None, ..., None], np.float32(kernel)[..., None, None])
assert np.allclose(ops.convert_to_numpy(keras_says)[0, :, :, 0], cross_correlate(image, kernel))

show_table(pandas.DataFrame({"x": xs, "left sum": left.values(), "right sum": right.values()}))

# %% [markdown]
# It is not. The left sum is the convolution, where $g$ runs backwards; the right one is the cross-correlation, and
# that is what Keras computes. Deep learning calls it convolution all the same: a net that learns its kernels learns
# them flipped. It matters when you set weights by hand, or carry them from one library to another.
#
# **Exercise 2.** Write the true convolution of an image and a kernel. The kernel stays inside the image; you may
# use `cross_correlate`.


# %% exercise="true_convolution"
def true_convolution(image, kernel):
    """Return the convolution, an array of the shape that `cross_correlate` gives."""
    ### BEGIN SOLUTION
    return cross_correlate(image, kernel[::-1, ::-1])
    ### END SOLUTION


exercises.true_convolution.check(true_convolution)

# %% [markdown]
# ## Channels are summed, and every filter makes a map
#
# A colour image has three **channels**. A **filter** has a kernel for each of them, adds up over *all* channels,
# and adds one bias: out comes one **feature map**, whatever the channels. A layer has many filters, and their maps
# are the channels of the next layer's input.
#
# **Predict.** A layer of 16 filters of 3 × 3 gets a colour image. What is the shape of its kernel tensor? (A
# tuple.)

# %%
guess = ...

# %%
layer = layers.Conv2D(filters=16, kernel_size=3)
layer.build((None, 480, 640, 3))
reveal(guess, tuple(layer.kernel.shape))
print(f"{layer.count_params()} parameters, for an image of any size")

# %% [markdown]
# **The rule.** The kernel has shape $(F, F, C_{in}, C_{out})$, and the layer
#
# $$(F \cdot F \cdot C_{in} + 1)\; C_{out}$$
#
# parameters: $(3 \cdot 3 \cdot 3 + 1) \cdot 16 = 448$ here. The size of the image is not in it.
#
# Three filters, three maps: each is bright where the photograph looks like its kernel. (The photograph, by Lav
# Varshney and in the public domain, comes with scikit-image.)

# %%
from skimage import data

from course.figures import maps

photo = np.float32(data.camera()) / 255  # 512 × 512, grey, from 0 to 1
kernels = {
    "vertical edges": [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]],
    "horizontal edges": [[-1, -2, -1], [0, 0, 0], [1, 2, 1]],
    "spots": [[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]],
}
tensor = np.float32(list(kernels.values())).transpose(1, 2, 0)[:, :, None]  # (3, 3, 1, 3)
features = ops.convert_to_numpy(ops.conv(photo[None, 60:260, 130:330, None], tensor))[0]

maps.row(
    [photo[60:260, 130:330], *np.clip(features, -1, 1).transpose(2, 0, 1)],
    ["photograph", *kernels],
    alt="A man with a camera, and maps of the vertical edges, horizontal edges and spots.",
)

# %% [markdown]
# **Exercise 3.** Write the layer: `image` has shape (rows, columns, channels), `kernel` has shape (F, F, channels,
# filters), `bias` has shape (filters,). No padding, stride 1.


# %% exercise="conv_layer"
def conv_layer(image, kernel, bias):
    """Return the feature maps, an array of shape (rows, columns, filters)."""
    ### BEGIN SOLUTION
    channels, filters = kernel.shape[2:]
    found = []
    for f in range(filters):
        each = [cross_correlate(image[..., c], kernel[..., c, f]) for c in range(channels)]
        found.append(sum(each) + bias[f])
    return np.stack(found, axis=-1)
    ### END SOLUTION


exercises.conv_layer.check(conv_layer)

# %% [markdown]
# ## Strides skip places, and the floor drops the last one
#
# A window of $F$ pixels can stand in $W - F + 1$ places of an image of $W$. With a **stride** of $S$ the kernel
# moves $S$ pixels at a step, and with **padding** there are $P$ zeros more on *each* side:
#
# $$O = \left\lfloor \frac{W - F + 2P}{S} \right\rfloor + 1$$
#
# **Predict.** $F = 3$, $S = 2$, $P = 1$. On 5 pixels there are 3 places. How many are there on 6?

# %%
guess = ...

# %%
reveal(guess, arithmetic.conv_output_size(6, 3, strides=2, padding=1))

wider = np.random.default_rng(0).integers(0, 4, size=(6, 6))
convolution.player(wider, kernel, strides=2, padding=1)

# %% [markdown]
# No more than on 5: half a step is not made, and the zeros on the right and at the bottom are never read. Several
# sizes in, one size out; remember it for the way back.
#
# **Exercise 4.** Find the bug. This function is to slide a kernel over an image with `padding` zeros on every side,
# and to move by `strides` at a step. It is wrong, in more than one way, though with stride 1 and no padding nobody
# notices. Write it right.


# %%
def buggy_convolution(image, kernel, strides, padding):
    height, width = [(n - k) // strides + 1 for n, k in zip(image.shape, kernel.shape)]
    image = np.pad(image, padding)
    output = np.zeros((height, width))
    for i in range(height):
        for j in range(width):
            window = image[i : i + kernel.shape[0], j : j + kernel.shape[1]]
            output[i, j] = np.sum(window * kernel)
    return output


buggy_convolution(wider, kernel, strides=2, padding=1)


# %% exercise="strided_convolution"
def strided_convolution(image, kernel, strides, padding):
    """Return what the kernel, not flipped, makes of the padded image with a stride."""
    ### BEGIN SOLUTION
    padded = np.pad(image, padding)  # first of all, so that the size counts it
    rows, columns = ((n - k) // strides + 1 for n, k in zip(padded.shape, kernel.shape))
    result = np.zeros((rows, columns))
    for i, j in np.ndindex(rows, columns):
        top, left = i * strides, j * strides  # not i and j
        seen = padded[top : top + kernel.shape[0], left : left + kernel.shape[1]]
        result[i, j] = np.sum(seen * kernel)
    return result
    ### END SOLUTION


exercises.strided_convolution.check(strided_convolution)

# %% [markdown]
# ## Padding keeps the border
#
# Without padding every layer eats a frame off the image, and the corner pixel is seen once, the middle one nine
# times. The usual paddings:
#
# | name | zeros on each side |
# |---|---|
# | **valid** | none |
# | **half** | ⌊F/2⌋, for odd F |
# | **full** | F − 1: every overlap counts |
# | **same**, Keras's | as few as give ⌈W/S⌉ places |

# %%
usual = {"valid": 0, "half": 3 // 2, "full": 3 - 1, "same": "same"}
sizes = {name: arithmetic.conv_output_size(5, 3, padding=zeros) for name, zeros in usual.items()}
assert list(sizes.values()) == [3, 5, 7, 5]
print("5 pixels, kernel of 3:", ", ".join(f"{name} gives {size}" for name, size in sizes.items()))

# %% [markdown]
# For `"same"` Keras adds $\max(S\,(\lceil W/S \rceil - 1) + F - W,\; 0)$ zeros, both sides together.
#
# **Predict.** $W = 224$, $F = 3$, $S = 2$, `"same"`. How many zeros come before, how many after? (A pair.)

# %%
guess = ...

# %%
layer = layers.Conv1D(1, 3, strides=2, padding="same", kernel_initializer="ones")
counted = ops.convert_to_numpy(layer(np.ones((1, 224, 1))))[0, :, 0]  # the ones in each window
reveal(guess, (round(3 - float(counted[0])), round(3 - float(counted[-1]))))

# %% [markdown]
# One zero is enough, and Keras puts an odd one **after**. Half padding would put one on each side, and every window
# would stand a pixel further left. That is why a net whose weights come from another library can be slightly wrong
# here.
#
# **Exercise 5.** Write Keras's rule: how many zeros before, how many after?


# %% exercise="same_padding"
def same_padding(input_size, kernel_size, strides):
    """Return the zeros (before, after) that `padding="same"` adds on one axis (ints)."""
    ### BEGIN SOLUTION
    places = -(-input_size // strides)
    zeros = max(strides * (places - 1) + kernel_size - input_size, 0)
    return zeros // 2, zeros - zeros // 2
    ### END SOLUTION


exercises.same_padding.check(same_padding)

# %% [markdown]
# Settings that you will meet again and again, and what they make of 32 pixels:

# %%
common = pandas.DataFrame({"F": [3, 5, 5, 1], "S": [1, 1, 2, 1], "P": [1, 2, "?", 0]})
common["32 pixels become"] = [
    "?" if padding == "?" else arithmetic.conv_output_size(32, size, stride, padding)
    for size, stride, padding in common.values.tolist()
]
show_table(common)

# %% [markdown]
# **Exercise 6.** Which padding belongs in place of the question mark, so that $F = 5$, $S = 2$ halves **every**
# even size exactly? Give P, or a pair (before, after). There is more than one right answer.

# %% exercise="halving_padding"
### BEGIN SOLUTION
halving_padding = 2  # or (1, 2), as Keras pads, or (2, 1): ⌊(W − 5 + 3)/2⌋ + 1 = W/2 too
### END SOLUTION

exercises.halving_padding.check(halving_padding)

# %% [markdown]
# ## Dilation widens the window, not the kernel
#
# With a **dilation rate** of $D$ the weights lie $D$ pixels apart (Yu and Koltun 2016). The kernel sees more, and
# learns as few weights.
#
# **Predict.** A kernel of 3 with $D = 4$: how many pixels is it wide, from its first to its last?

# %%
guess = ...

# %%
places = layers.Conv1D(1, 3, dilation_rate=4).compute_output_shape((1, 100, 1))[1]
reveal(guess, 100 - places + 1)

widest = np.random.default_rng(1).integers(0, 4, size=(7, 7))
convolution.player(widest, kernel, dilation_rate=2)

# %% [markdown]
# Two gaps of 4, and one pixel more: a dilated kernel spans $D\,(F - 1) + 1$.
#
# **Exercise 7.** Write the size formula with everything in it.


# %% exercise="output_size"
def output_size(input_size, kernel_size, strides, padding, dilation_rate):
    """Return how many places the kernel has on one axis; `padding` zeros are on each side."""
    ### BEGIN SOLUTION
    span = dilation_rate * (kernel_size - 1) + 1
    return (input_size + 2 * padding - span) // strides + 1
    ### END SOLUTION


exercises.output_size.check(output_size)

# %% [markdown]
# ## Groups share out the channels
#
# With $G$ **groups** the channels are cut into $G$ equal packs of neighbours, the filters too, and each filter sees its
# own pack alone. AlexNet had two, since it lived on two graphics cards. At the far end, with as many groups as
# channels, is the **depthwise** convolution: one kernel a channel, and nothing is summed over channels.
#
# Follow it by a **1 × 1 convolution**, which is a dot product over the channels at each pixel, and you have a cheap
# stand-in for the whole thing (MobileNets, Howard et al. 2017).
#
# **Predict.** 128 channels to 128 filters, 3 × 3. How many times fewer multiplications does the cheap pair take?

# %%
guess = ...

# %%
from course.anatomy import anatomy

variants = {
    "3 × 3": [layers.Conv2D(128, 3, padding="same")],
    "3 × 3 in 4 groups": [layers.Conv2D(128, 3, padding="same", groups=4)],
    "3 × 3 depthwise": [layers.DepthwiseConv2D(3, padding="same")],
    "depthwise, then 1 × 1": [layers.DepthwiseConv2D(3, padding="same"), layers.Conv2D(128, 1)],
}
rows = []
for name, net in variants.items():
    total = anatomy(keras.Sequential([keras.Input((28, 28, 128)), *net])).attrs
    rows.append({"layer": name} | {key: total[key] for key in ("parameters", "multiply_adds")})

reveal(guess, round(rows[0]["multiply_adds"] / rows[-1]["multiply_adds"], 1), factor=1.3)
table = pandas.DataFrame(rows)
show_table(table.map(lambda cell: cell if isinstance(cell, str) else f"{cell:,}"))

# %% [markdown]
# **Exercise 8.** Write the rule for the parameters, with groups and with or without biases. `kernel_size` is one
# side of a square kernel.


# %% exercise="conv_parameters"
def conv_parameters(kernel_size, in_channels, filters, groups, use_bias):
    """Return the number of weights and biases of a convolution (int)."""
    ### BEGIN SOLUTION
    weights = kernel_size**2 * (in_channels // groups)
    return (weights + use_bias) * filters
    ### END SOLUTION


exercises.conv_parameters.check(conv_parameters)

# %% [markdown]
# A 1 × 1 convolution mixes channels, changes how many there are, and leaves every pixel where it is (Lin et al.
# 2014).
#
# **Exercise 9.** Build one with its weights set: a `Conv2D` that turns pictures of red, green and blue into grey,
# $0.299\,R + 0.587\,G + 0.114\,B$ (ITU-R BT.601), in one output channel.

# %% exercise="grey_layer"
### BEGIN SOLUTION
grey_layer = layers.Conv2D(filters=1, kernel_size=1)
grey_layer.build((None, None, None, 3))
grey_layer.set_weights([np.reshape([0.299, 0.587, 0.114], (1, 1, 3, 1)), np.zeros(1)])
### END SOLUTION

exercises.grey_layer.check(grey_layer)

# %% [markdown]
# ## Pooling has nothing to learn
#
# **Pooling** puts one number in place of a window, in each channel by itself: the largest (**max pooling**) or the
# mean (**average pooling**). Sizes follow the same formula, with the stride equal to the window unless you say
# otherwise. There are no weights.
#
# Between the two lies **Lp pooling** (Sermanet et al. 2012), here with equal weights:
# $\big(\tfrac1n \sum_i |x_i|^p\big)^{1/p}$.

# %%
from course.figures import curves

window = image[:2, :2].ravel()  # 3, 3, 0, 0
powers = np.linspace(1, 30, 100)
curves.lines(
    powers,
    {
        "Lp pooling": [np.mean(window**p) ** (1 / p) for p in powers],
        "max pooling": np.full(100, window.max()),
        "average pooling": np.full(100, window.mean()),
    },
    dashed=["max pooling", "average pooling"],
    xlabel="p",
    ylabel="what becomes of 3, 3, 0, 0",
    title="Lp pooling goes from the average to the maximum",
    alt="Lp pooling of 3, 3, 0, 0 rises with p from the average, 1.5, towards the maximum, 3.",
)

# %% [markdown]
# What is it for? The maps get smaller, and small shifts matter less: the largest number of a window mostly stays in
# it. Measured on the photograph, moved by one pixel, with five random layers; beside it a control that shrinks the
# maps fourfold and pools nothing: it keeps every fourth row and column.

# %% tags=["volatile"]
maximum, average = layers.MaxPooling2D(4), layers.AveragePooling2D(4)
smaller = {
    "max pooling": maximum,
    "average pooling": average,
    "every fourth alone": lambda features: features[:, ::4, ::4],
}


def crop(shift):
    """Return a batch of one: 96 × 96 pixels of the photograph, from `shift` further right."""
    return photo[None, 100:196, 200 + shift : 296 + shift, None]


def change(function):
    """Return how much a shift by one pixel changes the output, relative to its variation."""
    here, there = (ops.convert_to_numpy(function(crop(shift))) for shift in (0, 1))
    return np.abs(here - there).mean() / np.abs(here - here.mean(axis=(0, 1, 2))).mean()


ratios = {name: [] for name in smaller}
for start in range(5):
    keras.utils.set_random_seed(start)
    layer = layers.Conv2D(8, 3, activation="relu")
    layer(crop(0))  # builds it
    for name, pool in smaller.items():
        pooled = change(lambda x, layer=layer, pool=pool: pool(layer(x)))
        ratios[name].append(pooled / change(layer))

left_over = {name: np.median(found) for name, found in ratios.items()}
for name, ratio in left_over.items():
    print(f"{name} leaves {ratio:.0%} of the change")

# %%
assert maximum.count_params() == average.count_params() == 0
for name in ("max pooling", "average pooling"):
    assert left_over[name] < left_over["every fourth alone"] - 0.1

# %% [markdown]
# So it is the pooling that helps, not the smaller size. Checked is that either pooling leaves less of the change than
# the control, on this photograph; which of the two leaves less is not.
#
# It is a *local* invariance, and a partial one. **Global average pooling** goes to the end of that road: each map
# becomes one number, its mean (Lin et al. 2014). Images of any size fit, and the dense layer behind it shrinks:

# %%
print("parameters of a dense layer of 1000 units on 7 × 7 × 512:")
print(f"flattened {arithmetic.dense_parameters(7 * 7 * 512, 1000):,}", end=", ")
print(f"averaged {arithmetic.dense_parameters(512, 1000):,}")

for size in (7, 11):
    averaged = layers.GlobalAveragePooling2D()(np.ones((1, size, size, 512)))
    print(f"{size} × {size} × 512 becomes {averaged.shape[1]} numbers")

# %% [markdown]
# **Exercise 10.** How many parameters does this net have? Count on paper.
#
# | layer | setting | input |
# |---|---|---|
# | convolution | 8 filters, 3 × 3, `same` | 32 × 32 × 3 |
# | max pooling | 2 × 2 | |
# | convolution | 16 filters, 3 × 3, `valid` | |
# | max pooling | 2 × 2 | |
# | global average pooling | | |
# | dense | 10 units | |

# %% exercise="net_parameters"
### BEGIN SOLUTION
net_parameters = (9 * 3 + 1) * 8 + (9 * 8 + 1) * 16 + (16 + 1) * 10
### END SOLUTION

exercises.net_parameters.check(net_parameters)

# %% [markdown]
# ## A transposed convolution goes back to a size
#
# To draw a picture from a small map you need a layer that makes it larger. The **transposed convolution** turns the
# convolution around: each number of the input *stamps* the whole kernel, times itself, onto the output, and what
# overlaps is added. The stamps lie $S$ apart.
#
# **Predict.** Input 2 × 2, kernel 3 × 3, stride 2, nothing cut off. How many rows has the output?

# %%
guess = ...

# %%
reveal(guess, layers.Conv2DTranspose(1, 3, strides=2).compute_output_shape((1, 2, 2, 1))[1])

# The name: a convolution, here from 4 × 4 to 2 × 2, is a matrix C, and this is its transpose.
units = np.eye(16).reshape(16, 4, 4)
C = np.stack([cross_correlate(unit, kernel).ravel() for unit in units], axis=1)
small = np.float32([[1, 2], [0, 3]])
stamped = ops.conv_transpose(small[None, ..., None], np.float32(kernel)[..., None, None])
assert np.allclose(C.T @ small.ravel(), ops.convert_to_numpy(stamped).ravel())

convolution.player(small, kernel, strides=2, transposed=True)

# %% [markdown]
# It gives back the *shape*, not the image: a transpose is no inverse.
#
# Which shape? The convolution with $F = 3$, $S = 2$, $P = 1$ made 3 of 5, and 3 of 6. The way back must be told
# which, by the **output padding** $A < S$, rows added at the end. The padding $P$, put on by the convolution, is
# cut off at both ends. Keras: `output_padding=A` gives this size (which rows are cut off can differ between backends);
# without it `same` gives $S\,W$ and `valid` $S\,W + \max(F - S, 0)$.

# %%
for rows in (0, 1):
    back = layers.Conv2DTranspose(1, 3, strides=2, padding="same", output_padding=rows)
    print(f"output_padding={rows}: 3 become", back.compute_output_shape((1, 3, 3, 1))[1])

for padding, size, expected in (("same", 3, 6), ("valid", 3, 7), ("valid", 1, 6)):
    back = layers.Conv2DTranspose(1, size, strides=2, padding=padding)
    assert back.compute_output_shape((1, 3, 3, 1))[1] == expected

# %% [markdown]
# **Exercise 11.** Write the size. Count: the first stamp covers $F$ rows, each further one starts $S$ later.


# %% exercise="transposed_size"
def transposed_size(input_size, kernel_size, strides, padding, output_padding):
    """Return the output's size on one axis (int), `padding` being cut off at each end."""
    ### BEGIN SOLUTION
    stamps = strides * (input_size - 1) + kernel_size
    return stamps - 2 * padding + output_padding
    ### END SOLUTION


exercises.transposed_size.check(transposed_size)

# %% [markdown]
# ## What a layer costs
#
# Three costs: **parameters**, **multiply-adds** (a product that is added to a sum) and **activations**, the numbers
# that it puts out. Training keeps the activations of every image of a batch until the gradient has passed, so they
# often fill more memory than the weights.
#
# **Predict.** A 3 × 3 convolution from 64 to 64 channels on 56 × 56 pixels, and a dense layer from 4096 to 4096.
# How many times more multiply-adds has the convolution?

# %%
guess = ...

# %%
conv = [keras.Input((56, 56, 64)), layers.Conv2D(64, 3, padding="same")]
dense = [keras.Input((4096,)), layers.Dense(4096)]

compared = pandas.concat([anatomy(keras.Sequential(net))[1:] for net in (conv, dense)])
compared = compared[["kind", "parameters", "multiply_adds", "activations"]]
compared["batch of 128, MB"] = compared["activations"] * 4 * 128 / 1e6  # float32: 4 bytes each

many, few = compared["multiply_adds"]
reveal(guess, round(many / few, 1), factor=1.5)
show_table(compared.map(lambda cell: cell if isinstance(cell, str) else f"{cell:,.0f}"))

# %% [markdown]
# The dense layer has 450 times the weights and does a seventh of the work: it uses each weight once, the
# convolution uses each in every place. **Convolutions cost arithmetic and activations, dense layers cost weights.**
# `anatomy(model)` prints this table for any Keras model.
#
# **Exercise 12.** Count the multiply-adds of a convolution without padding: square image, square kernel, and biases
# not counted.


# %% exercise="multiply_adds"
def multiply_adds(input_size, kernel_size, in_channels, filters, strides):
    """Return the multiply-adds of a convolution for one image (int)."""
    ### BEGIN SOLUTION
    side = (input_size - kernel_size) // strides + 1
    return side**2 * filters * kernel_size**2 * in_channels
    ### END SOLUTION


exercises.multiply_adds.check(multiply_adds)

# %% [markdown]
# ## Three ways, one answer
#
# Loops are slow in Python. **im2col** writes every window as a row of a matrix; the kernels are the columns of
# another, and one matrix product does the rest. That is fast, as matrix products are what computers do best, and
# costs memory: a 3 × 3 kernel copies each pixel up to nine times. Libraries choose between this, transforms
# (Fourier's, Winograd's) and loops in compiled code. (On a piece this small, most of Keras's time is the call
# itself.)

# %%
from numpy.lib.stride_tricks import sliding_window_view

piece = photo[100:148, 200:248]
bank = np.random.default_rng(0).normal(size=(16, 3, 3)).astype("float32")  # 16 kernels


def by_loops():
    return np.stack([cross_correlate(piece, one) for one in bank], axis=-1)


def by_matrix():
    windows = sliding_window_view(piece, (3, 3))  # (46, 46, 3, 3), a view: nothing copied yet
    return (windows.reshape(-1, 9) @ bank.reshape(16, 9).T).reshape(46, 46, 16)


def by_keras():
    tensor = bank.transpose(1, 2, 0)[:, :, None]  # (3, 3, 1, 16)
    return ops.convert_to_numpy(ops.conv(piece[None, ..., None], tensor))[0]


looped = by_loops()
assert np.allclose(looped, by_matrix(), atol=1e-4)
assert np.allclose(looped, by_keras(), atol=1e-2)  # a GPU may round its products
print("three ways, one answer:", looped.shape)

# %% tags=["volatile"]
from timeit import repeat

ways = (by_keras, by_matrix, by_loops)
seconds = {way.__name__: min(repeat(way, number=1, repeat=3)) for way in ways}
for name, taken in seconds.items():
    print(f"{name:<10} {1e3 * taken:8.2f} ms, {taken / seconds['by_keras']:7.1f} times Keras")

# %% [markdown]
# ## A dense layer is a convolution too
#
# Reshape the weights of a dense layer that stands on a map, and they are the kernels of a convolution that fits the
# map exactly once. What you gain: it also takes larger maps, and answers in every place of them. Lecture 12 makes
# segmentation out of that.
#
# **Exercise 13.** `Flatten()` and `Dense(10)` stand on maps of shape (6, 6, 16). Write one Keras layer that can
# compute the same ten numbers, as a map of shape (1, 1, 10), and that answers larger maps with a larger map.

# %% exercise="dense_as_convolution"
### BEGIN SOLUTION
dense_as_convolution = keras.layers.Conv2D(10, 6)
### END SOLUTION

exercises.dense_as_convolution.check(dense_as_convolution)

# %% [markdown]
# ## Experiment 1: shift the photograph
#
# Sharing its weights should make a convolution **translation equivariant**: shift the image, and the maps shift
# along, unchanged otherwise. (*Invariant* would be: the maps do not change at all.)
#
# **Claim.** That is exact for stride 1. With stride $S$ it holds for shifts by multiples of $S$ alone.
#
# **The fair comparison.** Two crops of one photograph, the second `shift` pixels further right, so that nothing is
# invented at the border; no padding; the maps are moved by whichever number of places fits best; five random
# layers.
#
# **Predict.** With stride 4, after which of the shifts 0 to 4 does the map fit worst, when it has been moved back as
# well as whole places allow?

# %%
guess = ...


# %%
def misfit(layer, shift, stride):
    """Return how far the shifted crop's map is from the moved one, relative to its spread."""
    here, there = (ops.convert_to_numpy(layer(crop(by)))[0] for by in (0, shift))
    width = here.shape[1]
    moves = {shift // stride, -(-shift // stride)}  # in places, rounded down and up
    errors = [np.abs(here[:, move:] - there[:, : width - move]).mean() for move in moves]
    return min(errors) / np.abs(here - here.mean(axis=(0, 1))).mean()


shifts = list(range(9))
misfits = {}
for stride in (1, 2, 4):
    rows = []
    for start in range(5):
        keras.utils.set_random_seed(start)
        layer = layers.Conv2D(8, 3, strides=stride)
        rows.append([misfit(layer, shift, stride) for shift in shifts])
    misfits[f"stride {stride}"] = np.array(rows)

by_shift = np.median(misfits["stride 4"], axis=0)
reveal(guess, int(np.argmax(by_shift[:5])))

# %%
curves.spread(
    shifts,
    misfits,
    xlabel="shift of the photograph, in pixels",
    ylabel="misfit of the moved map",
    title="A stride keeps only the shifts that it divides",
    alt="Misfit by shift. Stride 1: 0. Stride 2: 0 at even shifts. Stride 4: 0 at 0, 4, 8.",
)

# %% [markdown]
# Halfway between two places is worst. And padding? The zeros stay at the edge while the picture moves.
#
# **Predict.** Four 3 × 3 layers in a row, stride 1, padding `same`. After a shift by one pixel, how many columns at
# the left edge of the map are not the moved ones?

# %%
guess = ...


# %%
def padded_net(depth):
    one = dict(padding="same", activation="relu", kernel_initializer="he_normal")
    return keras.Sequential([layers.Conv2D(8, 3, **one) for _ in range(depth)])


broken = {}
for depth in (1, 2, 4):
    keras.utils.set_random_seed(0)
    net = padded_net(depth)
    here, there = (ops.convert_to_numpy(net(crop(shift)))[0] for shift in (0, 1))
    broken[depth] = np.abs(here[:, 1:] - there[:, :-1]).max(axis=-1) > 0.01 * here.mean()

reveal(guess, int(np.argmin(broken[4].any(axis=0))))
maps.row(
    [crop(0)[0, :40, :40, 0], *(np.where(mask, 0, 0.8)[:40, :40] for mask in broken.values())],
    ["photograph, top left", *(f"{depth} layer{'s' * (depth > 1)}" for depth in broken)],
    limits=(0, 1),
    alt="A photograph's corner; in black where the moved maps do not fit: a band on the left.",
)

# %%
for stride, measured in zip((1, 2, 4), misfits.values()):
    multiple = np.array(shifts) % stride == 0
    assert (measured[:, multiple] < 1e-3).all()
    assert (measured[:, ~multiple] > 0.02).all()
assert np.argmax(by_shift[:5]) == 2  # halfway

for depth, mask in broken.items():
    columns = mask.any(axis=0)
    assert columns[:depth].all() and columns[-depth:].all() and not columns[depth:-depth].any()

# %% [markdown]
# **What it does not show.** That a whole net is equivariant, or its answer invariant: a shift by one pixel can
# change it; blurring before each stride helps (Zhang 2019). Nor that padding only harms: it tells where the edge is
# (Islam et al. 2020).
#
# ## Experiment 2: shuffle the pixels
#
# **Claim.** One fixed shuffle of all pixels makes no difference to a dense net. A convolutional one, about as good
# with the layout, loses by it.
#
# **The fair comparison.** 500 digits to learn from, 1297 to test on, one optimizer; in each run another start, split
# and shuffle, the same for all.
#
# **Predict.** By how many percentage points does the convolutional net's error rise with the shuffle?

# %%
guess = ...


# %%
def dense_net():
    return [layers.Flatten(), layers.Dense(128, activation="relu")]


def convolutional_net():
    return [
        layers.Conv2D(32, 3, padding="same", activation="relu"),
        layers.Conv2D(32, 3, padding="same", activation="relu"),
        layers.MaxPooling2D(2),
        layers.Conv2D(64, 3, activation="relu"),
        layers.GlobalAveragePooling2D(),
    ]


def test_error(body, x, start):
    """Return the share of the test digits that a trained net misreads, in per cent."""
    keras.utils.set_random_seed(start)
    output = layers.Dense(10, activation="softmax")
    net = keras.Sequential([keras.Input((8, 8, 1)), *body(), output])
    rate = keras.optimizers.schedules.CosineDecay(0.01, decay_steps=16 * 20)  # all steps
    net.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy")
    mixed = np.random.default_rng(start).permutation(len(x))
    training, test = mixed[:500], mixed[500:]
    net.fit(x[training], digits.target[training], batch_size=25, epochs=16, verbose=0)
    answers = ops.convert_to_numpy(net(x[test])).argmax(axis=1)
    return 100 * np.mean(answers != digits.target[test])


errors = {}
for start in range(run.pick(quick=3, full=10)):
    new_order = np.random.default_rng(start).permutation(64)
    for name, body in (("dense", dense_net), ("convolutional", convolutional_net)):
        for kind, pixels in (("as they are", flat), ("shuffled", flat[:, new_order])):
            found = test_error(body, pixels.reshape(-1, 8, 8, 1), start)
            errors.setdefault((name, kind), []).append(found)

# %% tags=["volatile"]
errors = {setting: np.array(found) for setting, found in errors.items()}


def rise(name):
    return float(np.median(errors[name, "shuffled"] - errors[name, "as they are"]))


reveal(guess, round(rise("convolutional"), 1), factor=1.5)
curves.bars(
    {f"{name},\n{kind}": found for (name, kind), found in errors.items()},
    ylabel="errors on the test digits, per cent",
    title="Shuffled pixels: only the convolutional net minds",
    alt="Errors: dense about 4 % either way; convolutional between 3 and 4, and over 6 shuffled.",
)

# %%
assert abs(rise("dense")) < 1
assert rise("convolutional") > 1
local, dense = (np.median(errors[name, "as they are"]) for name in ("convolutional", "dense"))
assert local < dense + 0.5

# %% [markdown]
# **What it does not show.** That dense nets are hopeless: on 8 × 8 pixels they do well. Nor that a convolution
# always pays: it does because neighbouring pixels of a picture belong together, and because a stroke looks alike
# wherever it is. In a table of people's ages and incomes neither holds.
#
# ## Claims, checked

# %%
from course import facts

dense_parameters = arithmetic.dense_parameters(640 * 480 * 3, 1000)
dilated = layers.Conv2D(1, 3, dilation_rate=2)
first_layer = layers.Conv2D(96, 11, strides=4)
first_maps = first_layer.compute_output_shape((1, 227, 227, 3))
first_layer.build((1, 227, 227, 3))  # AlexNet's
six_by_six = layers.Conv2D(1, 3, strides=2).compute_output_shape((1, 6 + 2, 6 + 2, 1))

checks = [
    facts.check("convolution.dense_parameters", dense_parameters),
    facts.check("convolution.example_first", cross_correlate(image, kernel)[0, 0]),
    facts.check("convolution.example_last", cross_correlate(image, kernel)[-1, -1]),
    facts.check("convolution.example_average", image[1:4, :3].mean()),
    facts.check("convolution.slide_two_sides", left[1]),
    facts.check("convolution.odd_input", six_by_six[1]),
    facts.check("convolution.transposed_input", six_by_six[1]),
    facts.check("convolution.dilated", dilated.compute_output_shape((1, 7, 7, 1))[1]),
    facts.check("convolution.alexnet_size", first_maps[1]),
    facts.check("convolution.alexnet_parameters", first_layer.count_params()),
    facts.check("convolution.alexnet_neurons", int(np.prod(first_maps))),
]
show_table(facts.table(checks))

# %% [markdown]
# ## Summary
#
# * A convolution slides one kernel over the image: **local**, with **shared weights**, hence **equivariant** to
#   shifts; strides and padding break that. Keras cross-correlates; a true convolution flips the kernel.
# * Channels are summed, each filter makes a map: kernel $(F, F, C_{in}, C_{out})$, $(F F C_{in} + 1)\,C_{out}$
#   parameters.
# * Size: $\lfloor (W - F + 2P)/S \rfloor + 1$; a dilated kernel spans $D\,(F - 1) + 1$; Keras's `same` gives
#   $\lceil W/S \rceil$ and pads an odd zero after.
# * Groups split the channels, depthwise is the extreme, 1 × 1 mixes channels; pooling has no parameters; global
#   average pooling makes any size fit; a transposed convolution gives back a shape, with output padding to say
#   which.
# * Convolutions cost arithmetic and activations, dense layers cost weights.
#
# ## Test yourself
#
# 1. Two 3 × 3 layers without padding, stride 1, on 10 × 10. How large is the output?
# 2. Why does a layer have as many parameters for large images as for small ones?
# 3. `same` with stride 2 on 7 pixels: how many places?
# 4. Someone writes a convolution in NumPy, loads Keras's kernels, and gets other numbers. The shapes are right.
#    Your guess?
# 5. A net of convolutions and global average pooling: is its answer invariant to a shift by one pixel?
#
# <details><summary>Answers</summary>
#
# 1. 6 × 6: each layer takes two.
# 2. All places share one kernel; more places are more work, not more weights.
# 3. Four: ⌈7/2⌉.
# 4. They flip the kernel (or they put the axes of the kernel in another order).
# 5. Nearly, if all strides are 1: the mean does not care where things are, but what enters or leaves at the edges
#    does. With strides, no.
#
# </details>
#
# ## Further reading
#
# * V. Dumoulin and F. Visin (2016). A guide to convolution arithmetic for deep learning.
#   [arXiv:1603.07285](https://arxiv.org/abs/1603.07285)
# * K. Fukushima (1980). Neocognitron: a self-organizing neural network model for a mechanism of pattern recognition
#   unaffected by shift in position. *Biological Cybernetics* 36, 193–202.
# * Y. LeCun, B. Boser, J. Denker, D. Henderson, R. Howard, W. Hubbard and L. Jackel (1989). Backpropagation applied
#   to handwritten zip code recognition. *Neural Computation* 1, 541–551.
# * A. Krizhevsky, I. Sutskever and G. Hinton (2012). ImageNet classification with deep convolutional neural
#   networks. *NeurIPS*.
# * P. Sermanet, S. Chintala and Y. LeCun (2012). Convolutional neural networks applied to house numbers digit
#   classification. *ICPR*. [arXiv:1204.3968](https://arxiv.org/abs/1204.3968)
# * M. Lin, Q. Chen and S. Yan (2014). Network in network. *ICLR*.
#   [arXiv:1312.4400](https://arxiv.org/abs/1312.4400)
# * F. Yu and V. Koltun (2016). Multi-scale context aggregation by dilated convolutions. *ICLR*.
#   [arXiv:1511.07122](https://arxiv.org/abs/1511.07122)
# * A. Howard, M. Zhu, B. Chen, D. Kalenichenko, W. Wang, T. Weyand, M. Andreetto and H. Adam (2017). MobileNets:
#   efficient convolutional neural networks for mobile vision applications.
#   [arXiv:1704.04861](https://arxiv.org/abs/1704.04861)
# * R. Zhang (2019). Making convolutional networks shift-invariant again. *ICML*.
#   [arXiv:1904.11486](https://arxiv.org/abs/1904.11486)
# * M. A. Islam, S. Jia and N. Bruce (2020). How much position information do convolutional neural networks encode?
#   *ICLR*. [arXiv:2001.08248](https://arxiv.org/abs/2001.08248)
