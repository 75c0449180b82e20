"""The photographs that come inside scikit-learn and scikit-image: nothing is fetched."""

import numpy as np

from course.datasets.arguments import integer, some_of
from course.datasets.dataset import Dataset, Part

# name: (package, who made it and where it is from, licence). As the packages themselves say.
PHOTOGRAPHS = {
    "china": ("sklearn", "danielbuechele, https://www.flickr.com/photos/danielbuechele/6061409035/", "CC BY 2.0"),
    "flower": ("sklearn", "vultilion, https://www.flickr.com/photos/vultilion/6056698931/", "CC BY 2.0"),
    "astronaut": ("skimage", "NASA, https://flic.kr/p/r9qvLn", "public domain"),
    "chelsea": ("skimage", "Stefan van der Walt", "CC0"),
    "coffee": ("skimage", "Rachel Michetti, courtesy of Pikolo Espresso Bar", "CC0"),
    "rocket": ("skimage", "SpaceX, https://www.flickr.com/photos/spacexphotos/16511594820/", "public domain"),
    "hubble": ("skimage", "NASA, http://hubblesite.org/newscenter/archive/releases/2012/37/image/a/", "public domain"),
    "retina": ("skimage", "Mikael Häggström (2014), https://doi.org/10.15347/wjm/2014.008", "CC0"),
}
FILES = {
    "china": "china.jpg",
    "flower": "flower.jpg",
    "hubble": "hubble_deep_field",
}  # where the package's name differs


def photographs(size=224):
    """Return eight colour photographs as a `Dataset` of `size`×`size`×3 images, all to train on and none to test.

    size: int from 8 to 1024. From each photograph the largest square in its middle is taken, and resized with a filter
    that averages what it shrinks (Pillow's Lanczos). The label of a photograph is its place in `class_names`.
    Raises TypeError or ValueError if `size` is none of these.
    """
    from PIL import Image

    size = integer("size", size, 8, 1024)
    images = np.empty((len(PHOTOGRAPHS), size, size, 3), "float32")
    for image, name in zip(images, PHOTOGRAPHS, strict=True):
        pixels = _pixels(name)
        side = min(pixels.shape[:2])
        top, left = (pixels.shape[0] - side) // 2, (pixels.shape[1] - side) // 2
        square = Image.fromarray(pixels[top : top + side, left : left + side])
        image[...] = np.asarray(square.resize((size, size), Image.Resampling.LANCZOS), "float32") / 255
    everything = Part(images, np.arange(len(images), dtype="int32"))
    return Dataset(
        name="photographs",
        train=everything,
        test=everything.take(slice(0)),
        class_names=tuple(PHOTOGRAPHS),
        licence="CC BY 2.0, CC0 and public domain: see its source",
        source="; ".join(f"{name}: {source} ({licence})" for name, (_, source, licence) in PHOTOGRAPHS.items()) + ".",
    )


def photograph(name):
    """Return the whole photograph `name` (one of `PHOTOGRAPHS`): float32 from 0 to 1, shape (height, width, 3).

    Raises ValueError, with the names that there are, for another one.
    """
    (name,) = some_of("name", [name], tuple(PHOTOGRAPHS))
    return _pixels(name).astype("float32") / 255


def _pixels(name):
    """Return a photograph as uint8."""
    if PHOTOGRAPHS[name][0] == "sklearn":
        from sklearn.datasets import load_sample_image

        return load_sample_image(FILES[name])
    import skimage.data

    return getattr(skimage.data, FILES.get(name, name))()
