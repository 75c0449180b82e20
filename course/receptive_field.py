"""Receptive fields: which pixels of the image a feature depends on, for any tensor of any Keras model.

`receptive_field` answers for one layer and `receptive_fields` for all, by rule, from the model's graph alone;
`measured_receptive_field` finds the same by gradient. What a layer does to the field stands in one table, `RULES`;
`register` adds a layer of your own.

Along each axis of the image a tensor has positions 0, 1, 2, …, and position p sees the pixels from a first to a last
one: its *hull*, holes included, and not cut off at the image's border. Through a convolution or pooling all hulls have
one size, and from one position to the next they move by the jump. After upsampling they take turns: with two features
to a pixel, every second position sees the same as the one before it. So `Hulls` keeps one period of them.

Layers count as at inference: dropout and random augmentation do nothing. Normalization takes its statistics as given.
Source: Araujo, Norris and Sim (2019), Computing receptive fields of convolutional neural networks, Distill,
doi:10.23915/distill.00021; for branches, upsampling and `same` padding the same reasoning, position by position.
"""

from collections import Counter
from dataclasses import dataclass, field
from difflib import get_close_matches
from math import gcd, lcm, prod
from numbers import Integral
from typing import NamedTuple

import keras
import numpy as np
from keras import layers, ops

from course import arithmetic
from course.autodiff import gradient

# --- along one axis -------------------------------------------------------------------------------------------------


class Hulls(NamedTuple):
    """What every position of an axis sees: `hulls` for one period of them, then the same again `advance` pixels on.

    A hull is (first pixel, last pixel), or None where a position sees nothing (between the pixels that a transposed
    convolution with a stride above its kernel spreads out).
    """

    period: int
    advance: int
    hulls: tuple

    def at(self, position):
        turns, phase = divmod(position, self.period)
        hull = self.hulls[phase]
        return hull and (hull[0] + turns * self.advance, hull[1] + turns * self.advance)


class Window(NamedTuple):
    """How a layer reads one axis: it puts `upsampling` − 1 gaps between its inputs, pads, and slides a window on them.

    The window takes `size` inputs that are `dilation_rate` apart, and moves by `strides`. `before` and `after` are the
    zeros at either end, negative where inputs are cut off. A transposed convolution is a convolution over inputs with
    gaps (Dumoulin and Visin 2016, section 4); so is upsampling.
    """

    size: int = 1
    strides: int = 1
    before: int = 0
    after: int = 0
    dilation_rate: int = 1
    upsampling: int = 1

    def output_size(self, size):
        """Return the number of positions of the output, None where that of the input is unknown."""
        if size is None:
            return None
        padded = (size - 1) * self.upsampling + 1 + self.before + self.after
        return (padded - self.dilation_rate * (self.size - 1) - 1) // self.strides + 1

    def over(self, inputs):
        """Return the `Hulls` of the output, given those of the inputs."""
        spread = inputs.period * self.upsampling  # one period of the inputs, gaps included
        period = spread // gcd(spread, self.strides)
        # From tap to tap hulls only move on, so one period of taps holds the first pixel, and another the last.
        taps = {*range(min(self.size, spread)), *range(max(self.size - spread, 0), self.size)}
        hulls = []
        for position in range(period):
            corner = position * self.strides - self.before
            places = (corner + tap * self.dilation_rate for tap in taps)
            hulls.append(
                hull_of(inputs.at(place // self.upsampling) for place in places if place % self.upsampling == 0)
            )
        return Hulls(period, inputs.advance * period * self.strides // spread, tuple(hulls))


def hull_of(hulls):
    """Return the hull of several hulls; None if none of them sees anything."""
    hulls = [hull for hull in hulls if hull]
    return (min(first for first, _ in hulls), max(last for _, last in hulls)) if hulls else None


@dataclass(frozen=True)
class Axis:
    """The positions of a tensor along one axis of the image: how many (None if unknown), and what they see.

    `parts` are the branches that meet here, those of one jump as one; a position sees the hull of them all. `aligned`
    says whether branches have had the same centres wherever they met.
    """

    size: int | None
    parts: tuple
    aligned: bool = True
    everything: bool = False

    @classmethod
    def of_image(cls, size):
        return cls(size, (Hulls(1, 1, ((0, 0),)),))

    @classmethod
    def seeing_everything(cls, size, pixels):
        return cls(size, (Hulls(1, 0, ((0, pixels - 1),)),), everything=True)

    def through(self, window):
        parts = self.parts if self.everything else tuple(window.over(part) for part in self.parts)
        return Axis(window.output_size(self.size), parts, self.aligned, self.everything)

    def at(self, position):
        return hull_of(part.at(position) for part in self.parts)

    def largest(self):
        """Return the number of pixels in the largest hull of any position."""
        if len(self.parts) > 1 and self.size is None:
            raise ValueError("input_shape is needed: branches of different jumps meet, and how far depends on the size")
        period = self.parts[0].period if len(self.parts) == 1 else self.size
        hulls = [self.at(position) for position in range(min(period, self.size or period))]
        return max((last - first + 1 for first, last in filter(None, hulls)), default=0)

    def jump(self):
        """Return the pixels between the centres of neighbours; None where neighbours have no one distance."""
        if self.everything or len(self.parts) != 1:
            return None
        return self.parts[0].advance / self.parts[0].period

    def start(self):
        hull = self.at(0)
        return (hull[0] + hull[1] + 1) / 2 if hull else None


def union(axes):
    """Return the `Axis` of a layer that combines its inputs position by position; one of size 1 is broadcast."""
    sizes = [axis.size for axis in axes]
    known = max((size for size in sizes if size is not None), default=None)
    size = known if None not in sizes or (known or 0) > 1 else None
    everything = [axis for axis in axes if axis.everything]
    if everything:
        return Axis(size, everything[0].parts, everything=True)
    if len(axes) == 1:
        return axes[0]

    by_jump = {}
    for axis in axes:
        parts = axis.parts
        if axis.size == 1 and size != 1:
            parts = (Hulls(1, 0, (axis.at(0),)),)
        for part in parts:
            by_jump.setdefault(part.advance / part.period, []).append(part)
    parts, in_line = zip(*map(meet, by_jump.values()), strict=True)
    return Axis(size, parts, all(in_line) and len(parts) == 1 and all(axis.aligned for axis in axes))


def meet(branches):
    """Return the hulls of branches that have one jump, and whether their centres agree at every position."""
    period = lcm(*(branch.period for branch in branches))
    positions = [[branch.at(position) for branch in branches] for position in range(period)]
    in_line = all(len({first + last for first, last in filter(None, hulls)}) < 2 for hulls in positions)
    advance = branches[0].advance * period // branches[0].period
    return Hulls(period, advance, tuple(map(hull_of, positions))), in_line


# --- the answer -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ReceptiveField:
    """What the features of a tensor see, in pixels; each tuple has one entry an axis, (height, width) for an image.

    size: of the largest hull of any position, holes included, not cut off at the image's border.
    jump: from the centre of one position's hull to the next one's (floats). None where the tensor sees everything; an
        entry is None where that axis sees everything, or where branches of different jumps meet.
    start: the centre of the first position's hull, counted from the edge of the image: the first pixel's is at 0.5.
        (None where that position sees nothing.)
    aligned: False where branches that met on the way had different centres; None if it was measured.
    """

    size: tuple
    jump: tuple | None
    start: tuple
    aligned: bool | None
    axes: tuple = field(repr=False, compare=False)

    @classmethod
    def of(cls, axes, aligned=True):
        jump = tuple(axis.jump() for axis in axes)
        return cls(
            size=tuple(axis.largest() for axis in axes),
            jump=None if all(axis.everything for axis in axes) else jump,
            start=tuple(axis.start() for axis in axes),
            aligned=aligned and all(axis.aligned for axis in axes),
            axes=tuple(axes),
        )

    def window(self, position):
        """Return the edges of what the feature at `position` sees: (top, bottom), (left, right) for an image.

        `position` is a tuple of one int an axis, counted from 0. Edges are in pixels from the edge of the image, not
        cut off at its border: the first pixel alone is (0, 1). An axis on which the feature sees nothing has None.
        Raises TypeError if `position` is no such tuple; ValueError if there is no such position.
        """
        if not isinstance(position, tuple) or any(isinstance(p, bool) or not isinstance(p, Integral) for p in position):
            raise TypeError(f"position must be a tuple of ints, but got {position!r}")
        sizes = [axis.size for axis in self.axes]
        if len(position) != len(sizes) or any(
            p < 0 or (size and p >= size) for p, size in zip(position, sizes, strict=True)
        ):
            raise ValueError(f"position must be one within {tuple(sizes)}, but got {position!r}")
        hulls = [axis.at(int(p)) for axis, p in zip(self.axes, position, strict=True)]
        return tuple(hull and (hull[0], hull[1] + 1) for hull in hulls)


def receptive_field(model, layer, input_shape=None):
    """Return the `ReceptiveField` of a layer's output, by rule, without running the model.

    model: a Sequential or functional Keras model. The image is its first input with space; others of that shape are
        taken to lie on it, inputs without space do not count.
    layer: the layer's name ("outer/inner" in a nested model), or a KerasTensor of the model's graph.
    input_shape: the image's (height, width, channels), or (height, width), where the model leaves them open and the
        answer depends on them: after `same` padding at a stride above 1, or for what sees everything.
    Global pooling, Flatten, attention and recurrence see everything: the size is the image's, the jump None. Dense
    does so after Flatten; on a map it acts pixel by pixel.
    Raises TypeError or ValueError, naming the argument, if the model has no graph or no image, has no such layer, or
    calls it more than once with different fields; if a layer has no rule, naming it; if `input_shape` is needed.
    """
    visits = walk(model, input_shape)
    calls = _find(visits, layer)
    answers = [_answer(visits[number], visits[number].outputs[index]) for number, index in calls]
    if any(answer != answers[0] for answer in answers):
        names = ", ".join(visits[number].name for number, _ in calls)
        raise ValueError(
            f"layer must have one receptive field, but {layer!r} is called several times: choose of {names}"
        )
    return answers[0]


def receptive_fields(model, input_shape=None):
    """Return the `ReceptiveField` of every layer's output: {name: field}, in the order of the graph.

    A layer of a nested model is called "outer/inner", the second call of a shared one "layer#2". Tensors that do not
    depend on the image are left out; of a layer with several outputs the first one counts.
    Arguments and exceptions are those of `receptive_field`.
    """
    visits = walk(model, input_shape)
    return {visit.name: _answer(visit, visit.outputs[0]) for visit in visits if visit.outputs[0] is not None}


def register(layer_class, rule):
    """Teach `receptive_field` a layer class: its subclasses follow the same rule unless they have their own.

    rule: `UNION` (moves no pixels, position by position), `EVERYTHING` (each output depends on all inputs), or a
        function of (layer, call) that returns one of these or a list of one `Window` (or `EVERYTHING`) for each axis;
        `call` is a `Call`.
    Raises TypeError if `layer_class` is no class of Keras layers or `rule` is none of the above.

    >>> register(MyBlur, lambda layer, call: [Window(size=5, before=2, after=2)] * len(call.sizes))   # doctest: +SKIP
    """
    if not (isinstance(layer_class, type) and issubclass(layer_class, keras.Operation)):
        raise TypeError(f"layer_class must be a class of Keras layers, but got {layer_class!r}")
    if rule not in (UNION, EVERYTHING) and not callable(rule):
        raise TypeError(f"rule must be UNION, EVERYTHING or a function of (layer, call), but got {rule!r}")
    RULES[layer_class] = rule


# --- rules ----------------------------------------------------------------------------------------------------------

UNION = "union"
EVERYTHING = "everything"


class NeedsSize(ValueError):
    """The answer depends on a size of the input that is not known."""


class NoImage(ValueError):
    """The model has no input with space, or several that differ."""


class Moves(ValueError):
    """A layer rearranges its positions in a way that no window describes."""


class Call(NamedTuple):
    """What a rule may know of the call of a layer, beside the layer itself."""

    sizes: tuple  # of the first input, an entry for each axis of the image; None where unknown
    axes: tuple  # which axes of the tensor these are
    input_shape: tuple  # of the first input's KerasTensor, batch and channels included
    output_shape: tuple


def convolution(layer, call):
    return [
        Window(kernel, stride, *zeros(layer.padding, size, kernel, stride, rate), rate)
        for size, kernel, stride, rate in zip(
            call.sizes, layer.kernel_size, layer.strides, layer.dilation_rate, strict=True
        )
    ]


def pooling(layer, call):
    return [
        Window(width, stride, *zeros(layer.padding, size, width, stride, 1))
        for size, width, stride in zip(call.sizes, layer.pool_size, layer.strides, strict=True)
    ]


def zeros(padding, size, kernel, stride, rate):
    """Return the zeros (before, after) of a convolution or pooling layer of Keras on one axis."""
    if padding == "same":
        if size is None and stride > 1 and kernel > 1:
            raise NeedsSize('with padding="same" at a stride above 1')
        return arithmetic.same_padding(size or stride, kernel, stride, rate)
    return (rate * (kernel - 1), 0) if padding == "causal" else (0, 0)


def transposed_convolution(layer, call):
    extras = layer.output_padding or (None,) * len(layer.kernel_size)
    return [
        transposed_window(layer.padding, *sizes)
        for sizes in zip(layer.kernel_size, layer.strides, layer.dilation_rate, extras, strict=True)
    ]


def transposed_window(padding, kernel, stride, rate, extra):
    """Return the window of a transposed convolution on one axis: unpadded, the kernel reaches over either end."""
    span = rate * (kernel - 1) + 1
    added = arithmetic.conv_transpose_output_size(1, kernel, stride, padding, extra, rate)  # by one lone input
    cut = max(span - added, 0) // 2 if padding == "same" else 0
    return Window(kernel, 1, span - 1 - cut, added - 1 + cut, rate, stride)


def zero_padding(layer, call):
    pairs = [layer.padding] if len(call.sizes) == 1 else layer.padding
    return [Window(before=before, after=after) for before, after in pairs]


def cropping(layer, call):
    pairs = [layer.cropping] if len(call.sizes) == 1 else layer.cropping
    return [Window(before=-before, after=-after) for before, after in pairs]


def upsampling(layer, call):
    """Repeated, a pixel fills a window of `factor`; interpolated, it fades out over twice as much."""
    factors = [layer.size] if isinstance(layer.size, int) else layer.size
    match getattr(layer, "interpolation", "nearest"):
        case "nearest":
            return [Window(factor, 1, factor - 1, factor - 1, upsampling=factor) for factor in factors]
        case "bilinear":
            widths = [2 * factor - factor % 2 for factor in factors]
            reach = [(width - 1 - (width - factor) // 2) for width, factor in zip(widths, factors, strict=True)]
            return [
                Window(width, 1, before, factor - 1 + width - 1 - before, upsampling=factor)
                for width, before, factor in zip(widths, reach, factors, strict=True)
            ]
    raise Moves(f"interpolates with {layer.interpolation!r}, and only 'nearest' and 'bilinear' have a rule")


def adaptive_pooling(layer, call):
    """Pool to a given size: windows of equal width where it divides the input's size."""
    windows = []
    for size, wanted in zip(call.sizes, layer.output_size, strict=True):
        if wanted > 1 and size is None:
            raise NeedsSize("for adaptive pooling")
        if wanted > 1 and size % wanted:
            raise Moves(f"pools {size} positions to {wanted}, with windows of different widths")
        windows.append(EVERYTHING if wanted == 1 else Window(size // wanted, size // wanted))
    return windows


def mixing(*attributes):
    """Return the rule of a layer that mixes all along the axes in its attribute, and moves nothing along others."""

    def rule(layer, call):
        given = next((getattr(layer, name) for name in attributes if hasattr(layer, name)), -1)
        mixed = _all_axes(given, len(call.input_shape))
        return [EVERYTHING if axis in mixed else Window() for axis in call.axes]

    return rule


def reduction(operation, call):
    """Reduce along axes (`ops.mean`): all axes of the image see everything; channels do not matter."""
    mixed = _all_axes(operation.axis, len(call.input_shape))
    if set(call.axes) <= mixed:
        return EVERYTHING
    if mixed & set(call.axes) and not operation.keepdims:
        raise Moves("removes one axis of the image and keeps another")
    if any(axis < call.axes[0] for axis in mixed) and not operation.keepdims:
        raise Moves("removes an axis in front of the image's")
    return [EVERYTHING if axis in mixed else Window() for axis in call.axes]


def concatenation(layer, call):
    if _all_axes(layer.axis, len(call.input_shape)) & set(call.axes):
        raise Moves("puts its inputs side by side, along an axis of the image")
    return UNION


def reshaping(layer, call):
    """Rearrange channels, and not positions."""
    count = 1 + len(call.axes)  # batch and positions, which come first where channels are last
    before, after = call.input_shape[1:count], call.output_shape[1:count]
    if before != after or None in before or call.axes[0] != 1:
        raise Moves("rearranges positions")
    return UNION


def permutation(layer, call):
    if any(layer.dims[axis - 1] != axis for axis in call.axes):
        raise Moves("exchanges axes")
    return UNION


def wrapped(layer, call):
    return _windows(layer.layer, call)


def _all_axes(axes, rank):
    """Return a layer's axis or axes, None for all, as a set of axes counted from the front."""
    if axes is None:
        return set(range(rank))
    return {axis % rank for axis in ([axes] if isinstance(axes, int) else axes)}


TABLE = {  # what it does: the layers of Keras that do it
    convolution: "Conv1D Conv2D Conv3D DepthwiseConv1D DepthwiseConv2D SeparableConv1D SeparableConv2D",
    transposed_convolution: "Conv1DTranspose Conv2DTranspose Conv3DTranspose",
    pooling: "MaxPooling1D MaxPooling2D MaxPooling3D AveragePooling1D AveragePooling2D AveragePooling3D",
    adaptive_pooling: "AdaptiveAveragePooling1D AdaptiveAveragePooling2D AdaptiveAveragePooling3D "
    "AdaptiveMaxPooling1D AdaptiveMaxPooling2D AdaptiveMaxPooling3D",
    zero_padding: "ZeroPadding1D ZeroPadding2D ZeroPadding3D",
    cropping: "Cropping1D Cropping2D Cropping3D",
    upsampling: "UpSampling1D UpSampling2D UpSampling3D",
    mixing(): "Dense",
    mixing("axis"): "Softmax",
    concatenation: "Concatenate",
    reshaping: "Reshape",
    permutation: "Permute",
    wrapped: "SpectralNormalization",
    EVERYTHING: "Flatten GlobalAveragePooling1D GlobalAveragePooling2D GlobalAveragePooling3D GlobalMaxPooling1D "
    "GlobalMaxPooling2D GlobalMaxPooling3D Attention AdditiveAttention MultiHeadAttention GroupQueryAttention "
    "SimpleRNN LSTM GRU Bidirectional",
    UNION: "Add Subtract Multiply Average Maximum Minimum "
    "Activation ReLU LeakyReLU PReLU ELU Identity Rescaling "
    "BatchNormalization LayerNormalization GroupNormalization RMSNormalization UnitNormalization Normalization "
    "Dropout SpatialDropout1D SpatialDropout2D SpatialDropout3D AlphaDropout GaussianDropout GaussianNoise "
    "ActivityRegularization Masking RandomBrightness RandomContrast RandomErasing RandomFlip RandomHue "
    "RandomRotation RandomSaturation RandomShear RandomTranslation RandomZoom",
}
RULES = {
    getattr(layers, name): rule for rule, names in TABLE.items() for name in names.split() if hasattr(layers, name)
}

# What Keras has no public class for, by name: operations of keras.ops, and layers that its applications bring along.
OPERATIONS = {
    name: rule
    for rule, names in {
        reduction: "Mean Sum Max Min Amax Amin Std Var Prod",
        mixing("axis"): "Softmax LogSoftmax",
        concatenation: "Concatenate",
        UNION: "Add Subtract Multiply Divide TrueDivide Maximum Minimum Power Negative Abs Absolute Square Sqrt Rsqrt "
        "Exp Log Tanh Clip Cast Where StopGradient Relu Relu6 Sigmoid Softplus Softsign Silu LeakyRelu HardSigmoid "
        "HardSilu Elu Selu Gelu StochasticDepth LayerScale CustomScaleLayer",
    }.items()
    for name in names.split()
}


def _rule(layer):
    """Return the rule for a layer; None if there is none."""
    for cls in type(layer).__mro__:
        if cls in RULES:
            return RULES[cls]
    ours = type(layer).__module__.startswith(("keras.src.ops.", "keras.src.applications."))
    return OPERATIONS.get(type(layer).__name__) if ours else None


def _windows(layer, call):
    """Return what the layer does: `UNION`, `EVERYTHING` or a `Window` for each axis."""
    rule = _rule(layer)
    if rule is None:
        kind = type(layer).__name__
        raise ValueError(
            f"has no rule, it is a {kind}: teach it one with course.receptive_field.register({kind}, rule)"
        )
    return rule(layer, call) if callable(rule) else rule


# --- the walk through the graph -------------------------------------------------------------------------------------


class Visit(NamedTuple):
    """One call of a layer: what went in and came out.

    Each input and output is a tuple of one `Axis` for each axis of the image, None if it does not depend on the image,
    or the exception that says why nobody knows. A nested model comes after its layers.
    """

    path: str  # "outer/inner"
    name: str  # the same, with "#2" at the second call
    node: object  # Keras's own record of the call: the layer, its input and output tensors
    inputs: list
    outputs: list
    nested: bool
    axes: tuple  # which axes of a tensor are those of the image

    def input_shape(self):
        """Return the shape of the first input, None where unknown."""
        return self._known(self.node.input_tensors[0], self.inputs[0])

    def output_shapes(self):
        return [self._known(tensor, state) for tensor, state in zip(self.node.outputs, self.outputs, strict=True)]

    def _known(self, tensor, state):
        """Return a tensor's shape, with sizes that its own graph leaves open but the image's size determines."""
        shape = list(tensor.shape)
        if None in shape[1:] and isinstance(state, tuple) and len(shape) == len(self.axes) + 2:
            for number, axis in zip(self.axes, state, strict=True):
                shape[number] = axis.size if shape[number] is None else shape[number]
        return tuple(shape)


def walk(model, input_shape=None, image=True):
    """Return the list of a model's `Visit`s; with `image=False` nothing is said of receptive fields.

    Raises as `receptive_field` does if the model has no graph, or no image.
    """
    graph = graph_or_refuse(model)
    pixels = _pixels(graph, input_shape) if image else ()
    axes = _spatial_axes(model, len(pixels))
    field = tuple(map(Axis.of_image, pixels)) or None
    visits, calls = [], Counter()

    def visit(path, node, inputs, outputs, nested=True):
        calls[path] += 1
        name = path if calls[path] == 1 else f"{path}#{calls[path]}"
        visits.append(Visit(path, name, node, inputs, outputs, nested, axes))

    def step(path, node, inputs):
        output = inputs[0] if node.is_input else _through(path, node, inputs, axes, pixels)
        visit(path, node, inputs, [output] * len(node.outputs), nested=False)
        return visits[-1].outputs

    interpret(graph, [field if len(tensor.shape) > 2 else None for tensor in graph.inputs], step, visit)
    return visits


def interpret(graph, inputs, step, leave=lambda *call: None, prefix=""):
    """Carry values through a model's graph, nested models included, and return those of its outputs.

    `step(path, node, values of the inputs)` returns the values of a call's outputs; `leave(path, node, values of the
    inputs, values of the outputs)` hears of each nested model when its layers are done.
    """
    values = dict(zip(map(id, graph.inputs), inputs, strict=True))
    for depth in sorted(graph._nodes_by_depth, reverse=True):
        for node in graph._nodes_by_depth[depth]:
            path = prefix + node.operation.name
            nested = graph_of(node.operation)
            given = [values.get(id(tensor)) for tensor in (node.outputs if node.is_input else node.input_tensors)]
            if nested is None:
                results = step(path, node, given)
            else:
                results = interpret(nested, given, step, leave, f"{path}/")
                leave(path, node, given, results)
            values.update(zip(map(id, node.outputs), results, strict=True))
    return [values[id(tensor)] for tensor in graph.outputs]


def _through(path, node, inputs, axes, pixels):
    """Return what the output of a call sees, given what its inputs see."""
    states = [state for state in inputs if state is not None]
    if not states:
        return None
    layer = node.operation
    problem = next((state for state in states if isinstance(state, Exception)), None)
    if problem and not (isinstance(problem, Moves) and _rule(layer) == EVERYTHING):
        return problem
    state = [Axis(None, ())] * len(axes) if problem else states[0]
    call = Call(tuple(axis.size for axis in state), axes, node.input_tensors[0].shape, node.outputs[0].shape)
    try:
        windows = _windows(layer, call)
        if windows == EVERYTHING:
            windows = [EVERYTHING] * len(axes)
        if windows == UNION:
            return tuple(map(union, zip(*states, strict=True)))
        return tuple(_along(*entry, call) for entry in zip(state, windows, axes, pixels, strict=True))
    except ValueError as error:
        if all(axis.everything for axis in state):
            return tuple(Axis(None, axis.parts, everything=True) for axis in state)  # whatever the layer does
        return _located(error, path)


def _along(axis, window, number, pixels, call):
    """Return what a layer makes of one axis, number `number` of the tensor's; `pixels` is the image's size along it."""
    if window == EVERYTHING:
        if pixels is None:
            raise NeedsSize("for what sees everything")
        same_axes = len(call.output_shape) == len(call.input_shape)
        kept = call.output_shape[number] or call.sizes[call.axes.index(number)] if same_axes else 1
        return Axis.seeing_everything(kept, pixels)
    axis = axis.through(window)
    if axis.size is not None and axis.size < 1:
        raise ValueError("has a window larger than what it gets: input_shape must be larger")
    return axis


def _located(error, path):
    """Return the error as one that names the layer."""
    if isinstance(error, NeedsSize):
        return NeedsSize(
            f"input_shape is needed {error}, in layer {path!r}: pass input_shape=(height, width, channels)"
        )
    if isinstance(error, Moves):
        return Moves(f"layer {path!r} {error}: no window describes that")
    return ValueError(f"layer {path!r} {error}")


# --- arguments ------------------------------------------------------------------------------------------------------


def graph_of(model):
    """Return the functional model behind a Keras model; None if it has none, as a layer or a subclassed model."""
    if isinstance(model, keras.Sequential):
        return model._functional
    return model if hasattr(model, "_nodes_by_depth") else None


def graph_or_refuse(model):
    if not isinstance(model, keras.Model):
        raise TypeError(f"model must be a Keras model, but got {model!r}")
    graph = graph_of(model)
    if graph is None:
        raise ValueError(
            f"model must be functional, or Sequential with an Input, but {model.name!r} is a {type(model).__name__} "
            "that has no graph"
        )
    return graph


def _spatial_axes(model, count):
    """Return which axes of a model's tensors are those of the image: all but batch and channels."""
    formats = (getattr(layer, "data_format", None) for layer in model._flatten_layers())
    channels_first = next(filter(None, formats), keras.config.image_data_format()) == "channels_first"
    return tuple(range(1 + channels_first, 1 + channels_first + count))


def _pixels(graph, input_shape):
    """Return the image's size along each axis, None where nobody says."""
    shapes = [tensor.shape for tensor in graph.inputs if len(tensor.shape) > 2]
    if not shapes:
        raise NoImage(f"model must have an image as input, but it has {[tensor.shape for tensor in graph.inputs]}")
    axes = _spatial_axes(graph, len(shapes[0]) - 2)
    sizes = {tuple(shape[axis] for axis in axes) if len(shape) == len(shapes[0]) else shape for shape in shapes}
    if len(sizes) > 1:
        raise NoImage(f"model must have one image as input, or several of one size, but it has {shapes}")
    pixels = sizes.pop()
    if input_shape is None:
        return pixels

    wanted = f"an image's sizes, such as {(224,) * len(pixels)}, with or without channels"
    if not isinstance(input_shape, tuple | list):
        raise TypeError(f"input_shape must be a tuple of {wanted}, but got {input_shape!r}")
    entries = tuple(input_shape)
    match len(entries) - len(pixels):
        case 1:  # no batch
            entries = tuple(entries[axis - 1] for axis in axes)
        case 2:
            entries = tuple(entries[axis] for axis in axes)
    if len(entries) != len(pixels):
        raise ValueError(f"input_shape must be {wanted}, but got {input_shape!r}")
    for entry, size in zip(entries, pixels, strict=True):
        if isinstance(entry, bool) or not isinstance(entry, Integral):
            raise TypeError(f"input_shape must be {wanted}, but got {input_shape!r}")
        if entry < 1 or entry != (size or entry):
            raise ValueError(f"input_shape must fit the model, which takes {pixels}, but got {input_shape!r}")
    return tuple(map(int, entries))


def _find(visits, layer):
    """Return (number of the visit, index of its output) for every call that a name or a KerasTensor stands for."""
    if isinstance(layer, keras.KerasTensor):
        found = [
            (number, index)
            for number, visit in enumerate(visits)
            for index, tensor in enumerate(visit.node.outputs)
            if tensor is layer
        ]
    elif isinstance(layer, str):
        found = [(number, 0) for number, visit in enumerate(visits) if layer in (visit.path, visit.name)]
        if not found:
            found = [(number, 0) for number, visit in enumerate(visits) if visit.path.endswith(f"/{layer}")]
    else:
        raise TypeError(f"layer must be a layer's name or a KerasTensor of the model, but got {layer!r}")
    if not found:
        names = [visit.name for visit in visits]
        close = get_close_matches(layer, names) if isinstance(layer, str) else []
        raise ValueError(
            f"layer must be one of the model's, such as {', '.join(close or names[-3:])}, but got {layer!r}"
        )
    return found


def _answer(visit, state):
    if state is None:
        raise ValueError(f"layer {visit.name!r} does not depend on the image: it has no receptive field")
    if isinstance(state, Exception):
        raise type(state)(*state.args)
    return ReceptiveField.of(state)


# --- measured -------------------------------------------------------------------------------------------------------

SIZES = (16, 32, 64, 128, 256, 512, 1024)  # of the images to measure on
LARGEST = 2**23  # values in the images of one run, of one channel: 64 MB
SURE = {1: 1024, 2: 256, 3: 64}  # by axes: when features see all of an image of this size, they see everything


def measured_receptive_field(model, layer, input_shape=None):
    """Return the `ReceptiveField` of a layer's output, measured: which pixels the gradient of a feature reaches.

    The net is made linear first, so that no pixel's influence cancels or dies: activations and normalization become
    identities, maxima averages, products sums, and all weights positive, in float64. It is run on images of growing
    size, which leave the same remainders under its strides as the model's own, until two sizes agree on the features in
    the middle; so nothing is cut off at the border. `aligned` is None: a gradient does not tell branches apart.

    Arguments are those of `receptive_field`; here `input_shape` is needed wherever the model leaves the size open.
    Meant for nets of up to a dozen layers with weights; time and memory grow with the size of the field.
    Raises TypeError and ValueError as `receptive_field` does, and ValueError if no two sizes agree.
    """
    graph = graph_or_refuse(model)
    pixels = _pixels(graph, input_shape)
    if None in pixels:
        raise NeedsSize("input_shape is needed to measure a model that leaves it open")
    axes = _spatial_axes(model, len(pixels))
    calls = _find(walk(model, input_shape), layer)
    if len(calls) > 1:
        raise ValueError(f"layer must be called once to be measured, but {layer!r} is called {len(calls)} times")
    down, up = _until(calls[0], graph, [(1, 1)] * len(graph.inputs), _scale)

    before, error = None, None
    for least in SIZES:
        sizes = [least + (size - least) % down for size in pixels]
        if (2 * up + 2) * prod(sizes) > LARGEST:
            break
        try:
            seen = _seen(graph, calls[0], axes, sizes, up)
        except Exception as problem:  # each backend has its own for an image that is too small, or too large
            before, error = None, problem
            continue
        whole = any(hulls is None for hulls, _ in seen)
        if seen == before and not any(cut for _, cut in seen) and not (whole and least < SURE.get(len(axes), 64)):
            found = [
                Axis(None, (hulls,)) if hulls else Axis.seeing_everything(None, size)
                for (hulls, _), size in zip(seen, pixels, strict=True)
            ]
            return ReceptiveField.of(found, aligned=None)
        before = seen
    raise ValueError(f"layer {layer!r} cannot be measured on images of {least} pixels and less") from error


class _Reached(Exception):
    """Carries a value out of the walk; no error."""


def _until(call, graph, inputs, step):
    """Carry values through a model's graph as far as the call wanted, and return the value of its output."""
    number, index = call
    done = 0

    def leave(path, node, inputs, outputs):
        nonlocal done
        if done == number:
            raise _Reached(outputs[index])
        done += 1

    def stepping(path, node, inputs):
        outputs = inputs if node.is_input else step(node, inputs)
        leave(path, node, inputs, outputs)
        return outputs

    try:
        interpret(graph, inputs, stepping, leave)
    except _Reached as reached:
        return reached.args[0]


def _scale(node, inputs):
    """Return by what the image has been divided and multiplied: a multiple of every way's product of strides."""
    down, up = (lcm(*factors) for factors in zip(*inputs, strict=True))
    layer = node.operation
    strides = getattr(layer, "strides", None) or 1
    strides = lcm(*strides) if isinstance(strides, tuple) else strides
    if isinstance(layer, layers.UpSampling1D | layers.UpSampling2D | layers.UpSampling3D):
        up *= lcm(*layer.size) if isinstance(layer.size, tuple) else layer.size
    elif hasattr(layer, "output_padding"):
        up *= strides
    else:
        down *= strides
    return [(down, up)] * len(node.outputs)


def _seen(graph, call, axes, sizes, period):
    """Return, for each axis, (the `Hulls` measured in the middle, whether the image cuts one off).

    Hulls are None where the first position and the last see the whole axis. `sizes` are the image's.
    """
    net = LinearNet(graph, call, axes, sizes)
    shape = net.build()
    on_map = len(shape) == len(axes) + 2
    count = min(shape[axis] for axis in axes) if on_map else 1
    first = count // 2 // period * period
    positions = [*range(first, first + 2 * period), 0, -1]
    wanted = np.zeros((len(positions), *shape[1:]))
    for image, position in enumerate(positions):
        place = [image] + [slice(None)] * (len(shape) - 1)
        for axis in axes if on_map else ():
            place[axis] = min(position, shape[axis] - 1)
        wanted[tuple(place)] = 1

    wanted = ops.convert_to_tensor(wanted)
    slope = gradient(lambda x: ops.sum(net(x) * wanted), np.ones((len(positions), *net.shape)))
    others = {axis: tuple({*range(1, slope.ndim)} - {axis}) for axis in axes}
    return [_hulls((slope != 0).any(axis=others[axis]), first, period) for axis in axes]


def _hulls(reached, first, period):
    """Return what `_seen` says of one axis, from the pixels (image, pixel) that the gradient reaches."""
    last = reached.shape[1] - 1
    hulls = [(int(row.argmax()), last - int(row[::-1].argmax())) if row.any() else None for row in reached]
    if hulls[-2] == hulls[-1] == (0, last):
        return None, False
    middle = hulls[:-2]
    if any(hull[0] == 0 or hull[1] == last for hull in filter(None, middle)):
        return middle, True
    moves = [after[0] - here[0] for here, after in zip(middle, middle[period:], strict=False) if here and after]
    back = first // period * moves[0]
    return Hulls(period, moves[0], tuple(hull and (hull[0] - back, hull[1] - back) for hull in middle[:period])), False


class LinearNet:
    """A model's graph up to one call, with layers that are linear and have positive weights, on images of any size.

    Called on images of one channel (it is repeated for nets that take more); `shape` is that of one image.
    """

    def __init__(self, graph, call, axes, sizes):
        self.graph, self.call, self.axes = graph, call, axes
        self.layers = {}  # by the id of the model's own layer: shared layers stay shared
        channels_last = axes[0] == 1
        self.shape = (*sizes, 1) if channels_last else (1, *sizes)

    def build(self):
        """Give all layers their weights, and return the shape of the output for one image."""
        shape = tuple(self(ops.ones((1, *self.shape), "float64")).shape)
        for layer in self.layers.values():
            for weight in layer.weights:
                mean = 1 / np.prod(weight.shape[:-1], dtype=float)  # sums stay near 1, however deep the net
                weight.assign(np.full(weight.shape, mean))
        return shape

    def __call__(self, x):
        inputs = []
        for tensor in self.graph.inputs:
            shape = [size or 1 for size in tensor.shape[1:]]
            if len(tensor.shape) > 2:
                shape = [1 if axis in self.axes else size for axis, size in enumerate(shape, start=1)]
                inputs.append(x * ops.ones((1, *shape), "float64"))
            else:
                inputs.append(ops.ones((x.shape[0], *shape), "float64"))
        return _until(self.call, self.graph, inputs, self.step)

    def step(self, node, inputs):
        layer = node.operation
        family = type(layer).__module__.removeprefix("keras.src.layers.").partition(".")[0]
        if isinstance(layer, layers.Concatenate | layers.Dot | layers.Wrapper | layers.Attention):
            family = None
        if family == "merging" or type(layer).__name__ in ("Multiply", "Subtract", "Maximum", "Minimum"):
            return [sum(inputs)]
        if family in ("activations", "normalization", "regularization"):
            return inputs
        args, kwargs = node.arguments.fill_in(dict(zip(map(id, node.input_tensors), inputs, strict=True)))
        return [ops.cast(output, "float64") for output in keras.tree.flatten(self.linear(layer)(*args, **kwargs))]

    def linear(self, layer):
        """Return the layer made linear, the same for the same layer; an operation of `keras.ops` stays as it is."""
        if not isinstance(layer, keras.Layer):
            return layer
        if id(layer) not in self.layers:
            pooled_3d = type(layer).__name__ in (
                "MaxPooling3D",
                "AveragePooling3D",
            )  # TensorFlow: no gradient in float64
            config = layer.get_config() | {"dtype": "float32" if pooled_3d else "float64"}
            config |= {key: "linear" for key in ("activation",) if key in config}
            name = type(layer).__name__
            average = getattr(layers, name.replace("Max", "Average"), None) if "MaxPooling" in name else None
            self.layers[id(layer)] = (average or type(layer)).from_config(config)
        return self.layers[id(layer)]
