"""What every data set of the course is: a training part and a test part, and who made it."""

from dataclasses import dataclass, replace

import numpy as np

from course.datasets.arguments import integer


@dataclass(frozen=True, repr=False, eq=False)
class Part:
    """Images and what is known of them; `images, labels = part` unpacks the two that every set has.

    images: float32 from 0 (black) to 1 (white), shape (n, height, width, channels), with 1 or 3 channels.
    labels: int32, shape (n,); of scenes with several objects (n, objects), and −1 where there is none.
    boxes: None, or float32 of shape (*labels.shape, 4): left, top, right and bottom of each object in pixels, measured
        from the top left corner of the image, so that right − left is the width (Keras calls this format "xyxy").
        Zeros where there is no object.
    masks: None, or uint8 of shape (n, height, width): 0 where the background shows, k + 1 where object k does.
    """

    images: np.ndarray
    labels: np.ndarray
    boxes: np.ndarray | None = None
    masks: np.ndarray | None = None

    def __iter__(self):
        return iter((self.images, self.labels))

    def __len__(self):
        return len(self.images)

    def __repr__(self):
        height, width, channels = self.images.shape[1:]
        more = [name for name in ("boxes", "masks") if getattr(self, name) is not None]
        return ", ".join([f"{len(self):,} images of {height}×{width}×{channels}", "labels", *more])

    def take(self, chosen):
        """Return the Part of the images `chosen`: a slice, an array of indices or one of booleans."""
        fields = {name: value[chosen] for name, value in vars(self).items() if value is not None}
        return replace(self, **fields)

    def few(self, per_class, seed=0):
        """Return the Part of `per_class` (int) images of every class, drawn by `seed` (int ≥ 0), in a mixed order.

        With the same seed a larger number of images contains the smaller ones. Raises ValueError if a class has fewer,
        or where an image has several labels; TypeError if an argument is no int.
        """
        integer("per_class", per_class, 1)
        generator = np.random.default_rng(integer("seed", seed, 0))
        if self.labels.ndim > 1:
            raise ValueError("few needs one label for each image, but these scenes have several objects")
        classes, sizes = np.unique(self.labels, return_counts=True)
        if len(classes) == 0 or sizes.min() < per_class:
            least = f"class {classes[sizes.argmin()]} has {sizes.min()}" if len(classes) else "there are none"
            raise ValueError(f"per_class must be at most the images of every class, but got {per_class}, and {least}")
        order = generator.permutation(len(self))
        rank = np.empty(len(self), int)  # the place of each image among those of its class
        for label in classes:
            of_class = order[self.labels[order] == label]
            rank[of_class] = np.arange(len(of_class))
        return self.take(order[rank[order] < per_class])


@dataclass(frozen=True, repr=False, eq=False)
class Dataset:
    """A data set: its `name`, `train` and `test` (each a `Part`), `class_names`, `licence` and `source` (str each).

    `class_names[label]` is the name of a label. `(x, y), (x_test, y_test) = data.train, data.test` is Keras's form.
    """

    name: str
    train: Part
    test: Part
    class_names: tuple
    licence: str
    source: str

    def __repr__(self):
        height, width, channels = self.train.images.shape[1:]
        count = f"{len(self.train):,} + {len(self.test):,}" if len(self.test) else f"{len(self.train):,}"
        size, classes = f"{height}×{width}×{channels}", len(self.class_names)
        return f"{self.name}: {count} images of {size}, {classes} classes ({self.licence})"

    def show(self, n=20):
        """Return a Matplotlib figure of the first `n` (int, 1 to 100) training images and what they are.

        A grey image is drawn as ink on paper, 0 white and 1 black. Images with one label have it above, in scenes of
        several objects each stands at its box.
        """
        from matplotlib.figure import Figure

        shown = self.train.take(slice(integer("n", n, 1, 100)))
        scenes = shown.labels.ndim > 1
        columns = min(5 if scenes else 10, len(shown))
        rows, inches = -(-len(shown) // columns), (1.9 if scenes else 0.95)
        figure = Figure(figsize=(inches * columns, (inches + (0 if scenes else 0.25)) * rows))
        for index, axes in enumerate(figure.subplots(rows, columns, squeeze=False).flat):
            axes.axis("off")
            if index < len(shown):
                axes.imshow(shown.images[index], cmap="gray_r", vmin=0, vmax=1)
                self._name(axes, shown, index)
        # The alternative text, in the place where `course.figures.style` looks for it.
        named = "; ".join(", ".join(self._names(labels)) for labels in shown.labels)
        figure.set_label(f"{len(shown)} images of {self.name}: {named}.")
        return figure

    def _names(self, labels):
        return [self.class_names[label] for label in np.atleast_1d(labels) if label >= 0]

    def _name(self, axes, shown, index):
        """Write what image `index` is above it, or what its objects are at their boxes."""
        labels = shown.labels[index]
        if labels.ndim == 0:
            name = self.class_names[labels]
            axes.set_title(name, loc="center", fontsize=9 if len(name) < 9 else 7)
            return
        from matplotlib.patches import Rectangle

        boxes = shown.boxes[index][labels >= 0] - 0.5  # imshow puts the centre of the first pixel at 0
        for (left, top, right, bottom), name in zip(boxes, self._names(labels), strict=True):
            for colour, width in (("black", 2), ("white", 1)):  # seen on whatever is behind
                frame = Rectangle(
                    (left, top), right - left, bottom - top, fill=False, edgecolor=colour, linewidth=width
                )
                axes.add_patch(frame)
            axes.text(left, top, name, fontsize=6, va="bottom", bbox={"color": "white", "alpha": 0.8, "pad": 0.5})
