"""The anatomy of a Keras model: one table with shape, parameters, multiply-adds, memory and receptive field by layer.

Nothing is run: the numbers follow from the model's graph and the shapes in it.
"""

from math import prod

import keras
from keras import layers

from course import arithmetic
from course.receptive_field import NoImage, ReceptiveField, graph_of, walk

TOTALS = ("parameters", "trainable_parameters", "multiply_adds", "activations")
COLUMNS = ("layer", "kind", "output_shape", *TOTALS, "receptive_field", "jump")


def anatomy(model, input_shape=None):
    """Return a model as a pandas DataFrame, a row for each layer, those of nested models included ("outer/inner").

    model: any Keras model. A subclassed one must be built; its rows have parameters only, as it has no graph.
    input_shape: the image's (height, width, channels), or (height, width), where the model leaves them open.

    Columns, all for one image (no batch):
        layer, kind: the layer's name and class; the second call of a shared layer is "layer#2".
        output_shape: as Keras gives it, batch first; a tuple of them if there are several.
        parameters, trainable_parameters: of all weights, moving statistics included, and of those that training
            changes; a weight is counted where it is used first.
        multiply_adds: of convolutions and dense layers, without biases (see `course.arithmetic.conv_multiply_adds`);
            0 for pooling, normalization and what acts on each value alone; <NA> where they are not known.
        activations: values in the output; a copy (Flatten, Dropout) counts like any other output.
        receptive_field, jump: of the output, as in `course.receptive_field`; None where there is none.
    `attrs` has the total of each of the columns with counts, None where an entry is not known. The total of the
    parameters is `model.count_params()`.
    Raises TypeError if `model` is no Keras model; ValueError if it is not built; both if `input_shape` does not fit.
    """
    import pandas

    if not isinstance(model, keras.Model):
        raise TypeError(f"model must be a Keras model, but got {model!r}")
    if not model.built:
        raise ValueError(f"model must be built, but {model.name!r} is not: call it on a batch, or give it an Input")
    counted = set()
    if graph_of(model) is None:
        rows = [_row(layer.name, layer, (), counted) for layer in model.layers]
    else:
        rows = [_visited(visit, counted) for visit in _visits(model, input_shape) if not _between(visit)]
    if any(id(weight) not in counted for weight in model.weights):  # weights of the model itself
        rows.append(_row(model.name, model, (), counted))

    table = pandas.DataFrame(rows, columns=COLUMNS, dtype=object)
    for name in TOTALS:
        counts = list(table[name])
        table.attrs[name] = None if None in counts else sum(counts)
        if max((count for count in counts if count is not None), default=0) < 2**63:  # else exact, as Python's ints
            table[name] = table[name].astype("Int64")
    return table


def anatomy_of(build, *arguments, **options):
    """Return the anatomy of the model that `build(*arguments, **options)` returns, without drawing its weights.

    build: a function, such as one of `course.models`. Shapes are enough to count, so that a net of a hundred million
        parameters takes no memory.
    Raises TypeError if `build` is no function, or what it returns is no Keras model.
    """
    if not callable(build):
        raise TypeError(f"build must be a function that returns a Keras model, but got {build!r}")
    with keras.StatelessScope(initialize_variables=False):
        table = anatomy(build(*arguments, **options))
    keras.utils.clear_session(free_memory=False)  # forget the weights that wait to be drawn
    return table


def _visits(model, input_shape):
    try:
        return walk(model, input_shape)
    except NoImage:
        return walk(model, image=False)


def _between(visit):
    """Return whether a visit makes nothing new: a nested model, whose layers have rows, or its Input."""
    return visit.nested or (visit.node.is_input and "/" in visit.path)


def _visited(visit, counted):
    """Return the row of one call of a layer."""
    layer, outputs = visit.node.operation, visit.output_shapes()
    row = _row(visit.name, layer, outputs, counted)
    row["multiply_adds"] = 0 if visit.node.is_input else multiply_adds(layer, visit.input_shape(), outputs[0])
    state = visit.outputs[0]
    if isinstance(state, tuple):
        field = ReceptiveField.of(state)
        row |= {"receptive_field": field.size, "jump": field.jump}
    return row


def _row(name, layer, outputs, counted):
    """Return what a row needs no graph for; `counted` holds the ids of the weights of the rows before."""
    weights = [weight for weight in getattr(layer, "weights", ()) if id(weight) not in counted]
    counted.update(map(id, weights))
    return dict.fromkeys(COLUMNS) | {
        "layer": name,
        "kind": type(layer).__name__,
        "output_shape": None if not outputs else outputs[0] if len(outputs) == 1 else tuple(outputs),
        "parameters": sum(prod(weight.shape) for weight in weights),
        "trainable_parameters": sum(prod(weight.shape) for weight in weights if weight.trainable),
        "activations": sum(map(values, outputs)) if outputs and None not in map(values, outputs) else None,
    }


def values(shape):
    """Return the number of values in a tensor of this shape, for one image; None if it is unknown."""
    return None if None in shape[1:] else prod(shape[1:])


# --- multiply-adds --------------------------------------------------------------------------------------------------


def multiply_adds(layer, input_shape, output_shape):
    """Return the multiply-adds of a layer for one image; None if a size or the layer's way of counting is unknown.

    The way of counting a layer of your own goes into `MULTIPLY_ADDS`.
    """
    if values(input_shape) is None or values(output_shape) is None:
        return None
    for cls in type(layer).__mro__:
        if cls in MULTIPLY_ADDS:
            return MULTIPLY_ADDS[cls](layer, input_shape, output_shape)
    elementwise = all(len(weight.shape) < 2 for weight in getattr(layer, "weights", ()))
    known = type(layer).__module__.startswith("keras.") and type(layer).__name__ not in NOT_COUNTED
    return 0 if elementwise and known else None


def places(layer, shape):
    """Return (the sizes of a tensor along the axes of the image, its channels)."""
    return (shape[1:-1], shape[-1]) if layer.data_format == "channels_last" else (shape[2:], shape[1])


def of_convolution(layer, input_shape, output_shape):
    _, channels = places(layer, input_shape)
    size, filters = places(layer, output_shape)
    return arithmetic.conv_multiply_adds(size, layer.kernel_size, channels, filters, layer.groups)


def of_depthwise(layer, input_shape, output_shape):
    _, channels = places(layer, input_shape)
    size, _ = places(layer, output_shape)
    wide = channels * layer.depth_multiplier
    return arithmetic.conv_multiply_adds(size, layer.kernel_size, channels, wide, groups=channels)


def of_separable(layer, input_shape, output_shape):
    """A depthwise convolution, then a 1×1 convolution on each place of its output."""
    _, channels = places(layer, input_shape)
    size, filters = places(layer, output_shape)
    wide = channels * layer.depth_multiplier
    return of_depthwise(layer, input_shape, output_shape) + arithmetic.conv_multiply_adds(size, 1, wide, filters)


def of_transposed(layer, input_shape, output_shape):
    size, channels = places(layer, input_shape)
    return arithmetic.conv_multiply_adds(size, layer.kernel_size, channels, layer.filters)


def of_dense(layer, input_shape, output_shape):
    return values(input_shape) * layer.units


def none_at_all(layer, input_shape, output_shape):
    return 0


MULTIPLY_ADDS = {
    layers.Conv1D: of_convolution,
    layers.Conv2D: of_convolution,
    layers.Conv3D: of_convolution,
    layers.DepthwiseConv1D: of_depthwise,
    layers.DepthwiseConv2D: of_depthwise,
    layers.SeparableConv1D: of_separable,
    layers.SeparableConv2D: of_separable,
    layers.Conv1DTranspose: of_transposed,
    layers.Conv2DTranspose: of_transposed,
    layers.Conv3DTranspose: of_transposed,
    layers.Dense: of_dense,
    # Weights of two axes and more, but no products of matrices:
    layers.PReLU: none_at_all,
    layers.LayerNormalization: none_at_all,
    layers.Embedding: none_at_all,
}
NOT_COUNTED = {  # of Keras's, those that multiply without a weight of their own, or inside of a function
    *(
        "Attention",
        "AdditiveAttention",
        "DotProductAttention",
        "Dot",
        "Matmul",
        "Einsum",
        "Tensordot",
        "Inner",
        "Outer",
    ),
    *("Vdot", "Lambda", "Conv", "DepthwiseConv", "SeparableConv", "ConvTranspose", "Resizing", "Correlate", "Map"),
}
