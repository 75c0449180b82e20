"""A Keras model from a configuration that a stranger wrote: only of parts that are known, or else from afar.

Keras's safe mode refuses Python code in a configuration. This list refuses more: layers that read files or run what
others saved, and everything that nobody has looked at.
"""

import importlib

import keras

import course.models  # noqa: F401, its layers register themselves

LAYERS = """
    Input InputLayer Identity Dense EinsumDense Embedding Activation ReLU LeakyReLU PReLU ELU Softmax Conv1D Conv2D
    Conv3D Convolution1D Convolution2D Convolution3D SeparableConv1D SeparableConv2D DepthwiseConv1D DepthwiseConv2D
    Conv1DTranspose Conv2DTranspose Conv3DTranspose MaxPooling1D MaxPooling2D MaxPooling3D AveragePooling1D
    AveragePooling2D AveragePooling3D GlobalMaxPooling1D GlobalMaxPooling2D GlobalMaxPooling3D
    GlobalAveragePooling1D GlobalAveragePooling2D GlobalAveragePooling3D AdaptiveAveragePooling1D
    AdaptiveAveragePooling2D AdaptiveMaxPooling1D AdaptiveMaxPooling2D BatchNormalization LayerNormalization
    GroupNormalization UnitNormalization RMSNormalization SpectralNormalization Normalization Dropout
    SpatialDropout1D SpatialDropout2D SpatialDropout3D AlphaDropout GaussianDropout GaussianNoise
    ActivityRegularization Add Subtract Multiply Average Maximum Minimum Concatenate Dot Flatten Reshape Permute
    RepeatVector Cropping1D Cropping2D Cropping3D ZeroPadding1D ZeroPadding2D ZeroPadding3D UpSampling1D
    UpSampling2D UpSampling3D Rescaling Resizing CenterCrop Masking Attention AdditiveAttention MultiHeadAttention
    GroupQueryAttention SimpleRNN LSTM GRU RNN SimpleRNNCell LSTMCell GRUCell StackedRNNCells Bidirectional
    TimeDistributed ConvLSTM2D RandomFlip RandomRotation RandomZoom RandomCrop RandomTranslation RandomContrast
    RandomBrightness RandomShear RandomPerspective RandomElasticTransform RandomColorJitter
    RandomSaturation RandomHue RandomSharpness RandomGrayscale RandomPosterization RandomInvert RandomErasing
    RandomGaussianBlur AutoContrast Equalization Solarization MixUp CutMix RandAugment AugMix Pipeline
""".split()  # noqa: SIM905, nobody would read a hundred quotation marks
MODELS = {("keras", "Sequential"), ("keras", "Model"), ("keras.models", "Sequential"), ("keras.models", "Model"),
          ("keras.src.models.functional", "Functional"), ("keras.src.models.sequential", "Sequential")}  # fmt: skip
WHOLE = (  # numbers in, numbers out, all of them
    *("keras.initializers", "keras.regularizers", "keras.constraints", "keras.optimizers", "keras.losses"),
    "keras.metrics",
)
POLICIES = {
    (module, name) for module in ("keras", "keras.dtype_policies") for name in ("DTypePolicy", "FloatDTypePolicy")
}
OPERATIONS = ("keras.src.ops.numpy", "keras.src.ops.nn", "keras.src.ops.image")
VALUES = ("__keras_tensor__", "__tensor__", "__numpy__", "__slice__", "__ellipsis__")


class CannotBeExamined(BaseException):
    """A student's own layer was asked for more than what it computes. (An Exception the engine would take for the
    answer's.)
    """


def is_known(config):
    """Return whether all that a configuration (plain data) names is on the list."""
    if isinstance(config, list):
        return all(map(is_known, config))
    if not isinstance(config, dict):
        return config is None or type(config) in (bool, int, float, str)
    return _is_known_part(config) and all(is_known(entry) for entry in config.values())


def _is_known_part(config):
    """Return whether an entry of a configuration, if it names a class or a function, names one that is on the list."""
    name, module, registered = (config.get(key) for key in ("class_name", "module", "registered_name"))
    if name is None:
        return module is None and registered is None
    if not all(text is None or type(text) is str for text in (name, module, registered)):
        return False
    if name in VALUES:
        return module is None and registered is None
    if str(registered).startswith("course>"):
        function = name == "function" and config.get("config") == registered
        return registered in keras.saving.get_custom_objects() and (
            function or name == registered.removeprefix("course>")
        )
    if name == "function":
        return module == "builtins" and hasattr(keras.activations, str(config.get("config")))
    if registered not in (None, name):
        return False
    if module == "keras.layers":
        return name in LAYERS
    if module in WHOLE:
        return isinstance(getattr(getattr(keras, module.partition(".")[2]), name, None), type)
    if module in OPERATIONS:
        return _is_operation(module, name)
    return (module, name) in MODELS | POLICIES


def _is_operation(module, name):
    kind = vars(importlib.import_module(module)).get(name)
    return isinstance(kind, type) and issubclass(kind, keras.Operation)


def rebuild(config, weights):
    """Return the layer or model that `config` describes with the `weights`, a list of (name, array, trainable), None
    if not built.

    Return None where it cannot be rebuilt: parts that are not known, or weights that do not fit. Raises MemoryError.
    """
    config = _without(config, "compile_config")
    if not isinstance(config, dict) or not is_known(config):
        return None
    try:
        layer = keras.saving.deserialize_keras_object(config, safe_mode=True)
        if not isinstance(layer, keras.Layer) or layer.built != (weights is not None):
            return None
        if weights is not None:
            values = [values for _, values, _ in weights]
            if [tuple(weight.shape) for weight in layer.weights] != [array.shape for array in values]:
                return None
            layer.set_weights(values)
    except Exception as problem:  # Keras raises what it stumbles over
        if isinstance(problem, MemoryError) or "ResourceExhausted" in type(problem).__name__:
            raise MemoryError from None
        return None
    return layer


def _without(config, key):
    if isinstance(config, dict):
        return {name: _without(entry, key) for name, entry in config.items() if name != key}
    return [_without(entry, key) for entry in config] if isinstance(config, list) else config


class Afar:
    """A layer of a student's own class: arrays go to the student process, and what it computes comes back.

    `ask(weights, arguments)` returns (result, weights as a list of (name, array, trainable)); the weights are None if
    `weights` were given. Nothing else is known of it, and asking for more raises `CannotBeExamined`.
    """

    OPEN = ("built", "weights", "_ask", "_mirror")

    @classmethod
    def of(cls, ask, weights):
        """Return a layer that has these weights, or none yet. Keras's own making of layers is left out: it would
        look inside.
        """
        layer = object.__new__(cls)
        object.__setattr__(layer, "_ask", ask)
        layer._mirror(weights)
        return layer

    def _mirror(self, weights):
        """Hold variables of our own with these values: a check reads them, changes them and puts them back."""
        made = [
            keras.Variable(values, trainable=trainable, name=_name(name)) for name, values, trainable in weights or ()
        ]
        object.__setattr__(self, "weights", made)
        object.__setattr__(self, "built", weights is not None)

    def __call__(self, *arguments):
        values = [keras.ops.convert_to_numpy(weight) for weight in self.weights] if self.built else None
        result, weights = self._ask(values, arguments)
        if not self.built:
            self._mirror(weights)
        return result

    def __getattribute__(self, name):
        if name in Afar.OPEN or name.startswith("__"):
            return object.__getattribute__(self, name)
        raise CannotBeExamined(name)


def _name(name):
    return name if isinstance(name, str) and name and "/" not in name else "weight"


class AfarLayer(Afar, keras.Layer):
    weights = built = None  # of the instance; Keras has properties of these names


class AfarModel(Afar, keras.Model):
    weights = built = None
