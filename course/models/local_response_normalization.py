"""Local response normalization: at each place, strong responses damp those of the maps beside their own.

Krizhevsky, Sutskever and Hinton (2012), ImageNet classification with deep convolutional neural networks, section 3.3.
"""

import math
from numbers import Integral, Real

import keras
from keras import layers, ops

from course.anatomy import MULTIPLY_ADDS, none_at_all
from course.receptive_field import UNION, register


@keras.saving.register_keras_serializable(package="course")
class LocalResponseNormalization(layers.Layer):
    """Divide each value by a power of the sum of squares over its map and the nearest ones, at the same place.

    b_i = a_i / (k + α Σ_j a_j²)^β, where j runs over the n maps of which i is in the middle, as far as there are any.
    The defaults are the paper's, k = 2, n = 5, α = 10⁻⁴, β = 0.75. (PyTorch and Caffe divide α by n; TensorFlow's
    `tf.nn.local_response_normalization` does not, and has the radius (n − 1)/2 in the place of n.)

    n: an odd int, how many maps are summed. k: a number above 0. alpha: a number from 0 up. beta: a number.
    groups: an int; maps are cut into so many groups, one after the other, and a sum stays within its group: the maps
        of one tower of AlexNet do not see those of the other.
    Input and output have one shape, channels last. There are no weights.
    Raises TypeError or ValueError, naming the argument, if it is none of these or `groups` does not divide the maps.
    """

    def __init__(self, n=5, k=2.0, alpha=1e-4, beta=0.75, groups=1, **kwargs):
        super().__init__(**kwargs)
        for name, value in {"n": n, "groups": groups}.items():
            if isinstance(value, bool) or not isinstance(value, Integral):
                raise TypeError(f"{name} must be an int, but got {value!r}")
        for name, value in {"k": k, "alpha": alpha, "beta": beta}.items():
            if isinstance(value, bool) or not isinstance(value, Real):
                raise TypeError(f"{name} must be a number, but got {value!r}")
            if not math.isfinite(value):
                raise ValueError(f"{name} must be finite, but got {value!r}")
        if n < 1 or n % 2 == 0:
            raise ValueError(f"n must be odd, so that a map has as many neighbours on each side, but got {n}")
        if k <= 0:
            raise ValueError(f"k must be above 0, but got {k}")
        if alpha < 0:
            raise ValueError(f"alpha must be at least 0, but got {alpha}")
        if groups < 1:
            raise ValueError(f"groups must be at least 1, but got {groups}")
        self.n, self.k, self.alpha, self.beta, self.groups = int(n), float(k), float(alpha), float(beta), int(groups)

    def build(self, input_shape):
        if input_shape[-1] % self.groups:
            raise ValueError(f"groups must divide the number of maps, {input_shape[-1]}, but got {self.groups}")

    def call(self, x):
        return ops.concatenate([self.normalize(group) for group in ops.split(x, self.groups, axis=-1)], axis=-1)

    def normalize(self, x):
        maps, reach = x.shape[-1], self.n // 2
        squares = ops.pad(ops.square(x), [(0, 0)] * (len(x.shape) - 1) + [(reach, reach)])
        total = sum(squares[..., first : first + maps] for first in range(self.n))
        return x / (self.k + self.alpha * total) ** self.beta

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        own = {name: getattr(self, name) for name in ("n", "k", "alpha", "beta", "groups")}
        return super().get_config() | own


register(LocalResponseNormalization, UNION)
MULTIPLY_ADDS[LocalResponseNormalization] = none_at_all  # as for any normalization
