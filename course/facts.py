"""The ledger: what papers and slides state, where they state it, and what comes out when it is computed.

`CLAIMS` is data. A lecture computes a number in a cell and calls `check`, which raises if the verdict does not hold.
"""

import math
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal, InvalidOperation
from numbers import Real

EQUAL = "equal"
ROUNDED = "equal after rounding"
TRUNCATED = "equal after truncation"
DIFFERENTLY = "counted differently"
WRONG = "the source is wrong"
VERDICTS = (EQUAL, ROUNDED, TRUNCATED, DIFFERENTLY, WRONG)


@dataclass(frozen=True)
class Claim:
    """One published number.

    `name` is "topic.what"; `text` says what the number is; `source` where it stands, with table or page; `published` is
    the number as printed, in text, so that its digits are part of the claim; `verdict` is one of `VERDICTS`, and `why`
    explains it. `computed` is our number, in text too, for the two verdicts that find another one; otherwise None.
    """

    name: str
    text: str
    source: str
    published: str
    verdict: str
    why: str
    computed: str | None = None


SLIDES = "the slides that this course grew from"
KLAMBAUER = "Klambauer et al. (2017), Self-normalizing neural networks, arXiv:1706.02515"

NEURONS = (
    Claim(
        "neurons.gelu_slope", "slope of GELU (tanh form) at x = 1", SLIDES, "1.340", WRONG,
        "one coefficient is printed ten times too large", "1.083",
    ),
    Claim(
        "neurons.gelu_coefficient", "that coefficient: of x³ in front of sech²", SLIDES, "0.535161", WRONG,
        "it is 3/2 · 0.044715 · √(2/π); the decimal point slipped", "0.0535161",
    ),
    Claim(
        "neurons.gelu_linear", "the coefficient of x in front of sech²", SLIDES, "0.398942", ROUNDED,
        "½ √(2/π), the height of the normal density",
    ),
    Claim(
        "neurons.gelu_tanh_cubic", "the coefficient of x³ inside tanh", SLIDES, "0.0356774", ROUNDED,
        "0.044715 · √(2/π)",
    ),
    Claim(
        "neurons.gelu_tanh_linear", "the coefficient of x inside tanh", SLIDES, "0.797885", ROUNDED, "√(2/π)",
    ),
    Claim(
        "neurons.elu_alpha", "α of ELU", SLIDES, "0.1 to 0.3", WRONG,
        "Clevert et al. (2016) take 1, and so does Keras", "1.00",
    ),
    Claim(
        "neurons.leaky_relu_alpha", "α of leaky ReLU", SLIDES, "0.1 to 0.3", DIFFERENTLY,
        "Maas et al. (2013) take 0.01, Keras has 0.3 in its layer and 0.2 in its function", "0.300",
    ),
    Claim(
        "neurons.rrelu_divisor", "randomized ReLU at test time: x divided by",
        "Xu et al. (2015), arXiv:1505.00853", "5.5", EQUAL,
        "the middle of 3 and 8; averaging the slopes 1/8 and 1/3 instead, as a well-known library does, gives 4.36",
    ),
    Claim(
        "neurons.selu_scale", "λ of SELU", KLAMBAUER, "1.0507", ROUNDED,
        "mean 0 and variance 1 are then a fixed point",
    ),
    Claim("neurons.selu_alpha", "α of SELU", KLAMBAUER, "1.6733", ROUNDED, "the other half of the same fixed point"),
)  # fmt: skip

SZEGEDY = "Szegedy et al. (2015), Going deeper with convolutions, arXiv:1409.4842"
SAME_SLIP = "its operations do follow from its filters, its parameters do not"
OTHER_MODULE = "both columns fit each other, but not the filters in the row, as if another module had been counted"

GOOGLENET = (
    Claim(
        "googlenet.parameters", "parameters of GoogLeNet, without auxiliary classifiers", SLIDES, "5e6", WRONG,
        "60 million of AlexNet divided by the paper's 12; the rows of its table add up to 6798K", "6,998,552",
    ),
    Claim(
        "googlenet.fewer_than_alexnet", "how many times fewer parameters it has than AlexNet (60,965,224)",
        f"{SZEGEDY}, section 1", "12", WRONG, "60,965,224 divided by 6,998,552", "8.7",
    ),
    Claim(
        "googlenet.torchvision", "parameters of GoogLeNet, without auxiliary classifiers",
        "torchvision's documentation of googlenet", "6,624,904", DIFFERENTLY,
        "3×3 in the place of 5×5 (380,928 fewer), batch normalization in the place of biases (7,280 more)", "6,998,552",
    ),
    Claim(
        "googlenet.layers", "layers with parameters, one behind the other", f"{SZEGEDY}, section 5", "22", EQUAL,
        "three convolutions, two in each of nine modules, a dense layer",
    ),
    Claim(
        "googlenet.layers_with_pooling", "the same, counting pooling layers too", f"{SZEGEDY}, section 5", "27", EQUAL,
        "four max-poolings between stages, and the average pooling",
    ),
    Claim(
        "googlenet.multiply_adds", "multiply-adds for one image, in units of 10⁹", f"{SZEGEDY}, section 1", "1.5",
        DIFFERENTLY, "the sum of the paper's table, 1.502, where the first layer has 34 million instead of 118", "1.58",
    ),
    *(
        Claim(
            f"googlenet.parameters_{row}", f"weights and biases of {row}, in units of 1024", f"{SZEGEDY}, table 1",
            published, verdict, why, computed,
        )
        for row, published, verdict, why, computed in (
            (
                "conv1", "2.7", WRONG,
                "a 7×7 has 7·7·3·64 weights; 2.7 fits two steps, 7·7·3·8 depthwise and 24·64 pointwise, and biases",
                "9.25",
            ),
            ("conv2", "112", ROUNDED, "the 1×1 and the 3×3", None),
            ("3a", "159", TRUNCATED, "159.86; 159.5 without biases", None),
            ("3b", "380", ROUNDED, "379.6; 379 without biases", None),
            ("4a", "364", WRONG, "its operations fit these parameters (73.0) as well as its filters (73.6)", "367"),
            ("4b", "437", WRONG, "438 without biases; its operations do follow from its filters", "439"),
            ("4c", "463", WRONG, SAME_SLIP, "498"),
            ("4d", "580", WRONG, SAME_SLIP, "591"),
            ("4e", "840", WRONG, SAME_SLIP, "848"),
            ("5a", "1072", WRONG, OTHER_MODULE, "1019"),
            ("5b", "1388", WRONG, SAME_SLIP, "1410"),
            ("linear", "1000", TRUNCATED, "1000 exactly without biases", None),
        )
    ),
    *(
        Claim(
            f"googlenet.multiply_adds_{row}", f"multiply-adds of {row}, in units of 10⁶", f"{SZEGEDY}, table 1",
            published, verdict, why, computed,
        )
        for row, published, verdict, why, computed in (
            (
                "conv1", "34", WRONG,
                "112² places times 7·7·3·64; 34 fits the two steps that its 2.7K parameters fit", "118",
            ),
            ("conv2", "360", ROUNDED, "56² places", None),
            ("3a", "128", ROUNDED, "28² places", None),
            ("3b", "304", ROUNDED, "28² places", None),
            ("4a", "73", TRUNCATED, "73.6, at 14² places", None),
            ("4b", "88", ROUNDED, "14² places", None),
            ("4c", "100", ROUNDED, "14² places", None),
            ("4d", "119", ROUNDED, "14² places", None),
            ("4e", "170", ROUNDED, "14² places", None),
            ("5a", "54", WRONG, OTHER_MODULE, "51"),
            ("5b", "71", ROUNDED, "7² places", None),
            ("linear", "1", ROUNDED, "1024 values to 1000", None),
        )
    ),
)  # fmt: skip

HE = "He et al. (2016), Deep residual learning for image recognition, arXiv:1512.03385"

RESNET = (
    Claim(
        "resnet.parameters_152", "trainable parameters of ResNet-152", SLIDES, "64e6", WRONG,
        "another slide has 60e6", "60,192,808",
    ),
    Claim(
        "resnet.parameters_152_rounded", "trainable parameters of ResNet-152, on another slide", SLIDES, "60e6",
        ROUNDED, "60,192,808 in the paper's layout, with convolutions that have no bias",
    ),
    Claim(
        "resnet.parameters_152_keras", "parameters of ResNet-152 in all", "keras.applications.ResNet152", "60,419,944",
        DIFFERENTLY, "75,712 of them are biases of convolutions, 151,424 are moving statistics", "60,192,808",
    ),
    Claim(
        "resnet.keras_biases", "of them biases of convolutions", "keras.applications.ResNet152", "75,712", EQUAL,
        "one for each filter; batch normalization, which follows, has one of its own",
    ),
    Claim(
        "resnet.keras_statistics", "of them moving means and variances", "keras.applications.ResNet152", "151,424",
        EQUAL, "two for each filter, and no training by gradient",
    ),
    *(
        Claim(
            f"resnet.multiply_adds_{depth}", f"multiply-adds of ResNet-{depth}, in units of 10⁹", f"{HE}, table 1",
            published, verdict, why,
        )
        for depth, published, verdict, why in (
            (18, "1.8", ROUNDED, "1.814"),
            (34, "3.6", TRUNCATED, "3.664 with projections; 3.644 where all shortcuts are identities"),
            (50, "3.8", TRUNCATED, "3.858; 4.089 with the stride in the 3×3"),
            (101, "7.6", ROUNDED, "7.570"),
            (152, "11.3", ROUNDED, "11.282"),
        )
    ),
    Claim(
        "resnet.multiply_adds_plain_34", "multiply-adds of the plain net of 34 layers, in units of 10⁹",
        f"{HE}, figure 3", "3.6", ROUNDED, "3.644, and so has the residual net if it has identities only",
    ),
    *(
        Claim(
            f"resnet.parameters_cifar_{depth}", f"trainable parameters of the CIFAR ResNet-{depth}, in units of 10⁶",
            f"{HE}, table 6", published, ROUNDED, f"{exact}; γ and β count, convolutions have no bias",
        )
        for depth, published, exact in (
            (20, "0.27", "269,722"),
            (32, "0.46", "464,154"),
            (44, "0.66", "658,586"),
            (56, "0.85", "853,018"),
            (110, "1.7", "1,727,962"),
        )
    ),
)  # fmt: skip

GUIDE = "Dumoulin and Visin (2016), A guide to convolution arithmetic, arXiv:1603.07285"
KRIZHEVSKY = "Krizhevsky et al. (2012), ImageNet classification with deep convolutional neural networks"

CONVOLUTION = (
    Claim(
        "convolution.dense_parameters", "parameters of a dense layer of 1000 units on 640 × 480 × 3", SLIDES,
        "921,601,000", EQUAL, "a weight for each value and unit, and 1000 biases",
    ),
    Claim(
        "convolution.example_first", "the worked example's first sum", f"{GUIDE}, figure 1.1, and the slides", "12",
        EQUAL, "nine products; Keras gives the same",
    ),
    Claim(
        "convolution.example_last", "the worked example's last sum", f"{GUIDE}, figure 1.1, and the slides", "14",
        EQUAL, "nine products; Keras gives the same",
    ),
    Claim(
        "convolution.example_average", "average pooling of the same image, second row, first number",
        f"{GUIDE}, figure 1.5", "1.0", EQUAL, "0, 0, 1, 3, 1, 2, 2, 0 and 0 add up to 9",
    ),
    Claim(
        "convolution.slide_two_sides", "(f⋆g)(1) for f = (1, 2), g = (3, 4, 5), by the right of two sums set equal",
        SLIDES, "14", WRONG,
        "the left sum is the convolution, 1 · 4 + 2 · 3; the right one is the cross-correlation, 1 · 4 + 2 · 5", "10",
    ),
    Claim(
        "convolution.odd_input", "places for F = 3, S = 2, P = 1 on 6 pixels: as many as on 5",
        f"{GUIDE}, figure 2.7", "3", EQUAL, "the floor drops the last half step",
    ),
    Claim(
        "convolution.dilated", "places for F = 3, D = 2 on 7 pixels", f"{GUIDE}, figure 5.1", "3", EQUAL,
        "the dilated kernel spans 5",
    ),
    Claim(
        "convolution.transposed_input",
        "side of the input whose transposed convolution has side 6 (F = 3, S = 2, P = 1)",
        f"{GUIDE}, caption of figure 4.7", "2", WRONG,
        "from 2 come 3, or 4 with output padding; the caption's own i′ = 3 is right", "3",
    ),
    Claim(
        "convolution.alexnet_size", "side of AlexNet's first maps: F = 11, S = 4 on 227 pixels", SLIDES, "55", EQUAL,
        "(227 − 11)/4 + 1, without a remainder; the paper's 224 would leave one",
    ),
    Claim(
        "convolution.alexnet_parameters", "parameters of AlexNet's first layer, 96 filters", SLIDES, "34,944", EQUAL,
        "(11 · 11 · 3 + 1) · 96",
    ),
    Claim(
        "convolution.alexnet_neurons", "numbers in the output of AlexNet's first layer",
        f"{KRIZHEVSKY}, caption of figure 2", "253,440", WRONG,
        "55 · 55 · 96, as the figure itself is drawn; the printed number is 55 · 48 · 96", "290,400",
    ),
)  # fmt: skip

ARAUJO = "Araujo et al. (2019), Computing receptive fields, table of networks"

RECEPTIVE_FIELDS = (
    Claim(
        "receptive_fields.alexnet", "receptive field at AlexNet's last pooling", ARAUJO, "195", EQUAL,
        "1 + 10 + 2·4 + 4·8 + 2·8 + 3·2·16 + 2·16",
    ),
    Claim(
        "receptive_fields.vgg16", "receptive field at VGG-16's last pooling", ARAUJO, "212", EQUAL,
        "each pooling adds one jump, each 3 × 3 two",
    ),
    Claim(
        "receptive_fields.resnet50", "receptive field at the end of ResNet-50's conv5", ARAUJO, "483", EQUAL,
        "11 before the blocks, then 2·(3·4 + 4·8 + 6·16 + 3·32); the same sum for the authors' stride in the first "
        "1 × 1 of a stage and for TF-Slim's in the 3 × 3 of the last block of the stage before",
    ),
    Claim(
        "receptive_fields.resnet101", "receptive field at the end of ResNet-101's conv5", ARAUJO, "1027", EQUAL,
        "23 blocks in conv4 instead of 6",
    ),
    Claim(
        "receptive_fields.resnet152", "receptive field at the end of ResNet-152's conv5", ARAUJO, "1507", EQUAL,
        "8 blocks in conv3 and 36 in conv4",
    ),
    Claim(
        "receptive_fields.resnet50_v15", "the same of ResNet-50 v1.5, whose strides are in the 3 × 3", ARAUJO, "483",
        DIFFERENTLY, "the published net is another: here the first 3 × 3 of three stages has half the jump", "427",
    ),
    *(
        Claim(
            f"receptive_fields.resnet{depth}_v15", f"the same of ResNet-{depth} v1.5", ARAUJO, published, DIFFERENTLY,
            "as for ResNet-50, 2·(4 + 8 + 16) less", computed,
        )
        for depth, published, computed in ((101, "1027", "971"), (152, "1507", "1451"))
    ),
    Claim(
        "receptive_fields.one_7x7", "weights of one 7 × 7 layer beyond those of three 3 × 3, in %",
        "Simonyan and Zisserman (2015), section 2.3", "81", ROUNDED, "49 C² against 27 C²",
    ),
)  # fmt: skip

LECUN = "LeCun et al. (1998), Gradient-based learning applied to document recognition, section II-B"

LENET = (
    Claim(
        "lenet.parameters", "trainable parameters of LeNet-5", LECUN, "60,000", EQUAL,
        "the layers up to F6; the 840 numbers of the output layer were drawn by hand",
    ),
    Claim(
        "lenet.connections", "connections of LeNet-5", LECUN, "340,908", EQUAL,
        "a product or a bias each, at every place, and 840 of the output layer",
    ),
    *(
        Claim(f"lenet.parameters_{name}", f"trainable parameters of {name.upper()}", LECUN, published, EQUAL, why)
        for name, published, why in (
            ("c1", "156", "(5 · 5 + 1) · 6"),
            ("s2", "12", "a coefficient and a bias for each of 6 maps"),
            ("c3", "1,516", "60 connections of maps in table I, 25 weights each, and 16 biases"),
            ("s4", "32", "a coefficient and a bias for each of 16 maps"),
            ("c5", "48,120", "(5 · 5 · 16 + 1) · 120"),
            ("f6", "10,164", "(120 + 1) · 84"),
        )
    ),
    Claim(
        "lenet.parameters_plain", "parameters of LeNet-5 in today's layers", "many tutorials", "61,706", EQUAL,
        "C3 sees all maps (900 more), pooling has no weights (44 fewer), the output layer is dense (850 more)",
    ),
    Claim(
        "lenet.filter", "weights in a filter of LeNet-5, for each map it sees", SLIDES, "5×4", WRONG,
        "its filters are 5×5", "25.0",
    ),
)  # fmt: skip

ALEXNET = (
    Claim(
        "alexnet.first_layer", "parameters of AlexNet's first layer", SLIDES, "34,944", EQUAL,
        "(11 · 11 · 3 + 1) · 96",
    ),
    Claim(
        "alexnet.first_layer_dense", "parameters of a dense layer in its place", SLIDES, "43.7e9", WRONG,
        "that is for images of 224×224; the same slide has 227×227", "44.9e9",
    ),
    Claim(
        "alexnet.input_size", "side of the image whose first maps are 55×55", f"{KRIZHEVSKY}, section 3.5", "224",
        WRONG, "54 steps of 4 and a window of 11; 224 needs zeros around it, which the paper does not mention", "227",
    ),
    Claim(
        "alexnet.parameters", "parameters of AlexNet", f"{KRIZHEVSKY}, abstract", "60e6", TRUNCATED,
        "60,965,224, in two towers",
    ),
    Claim(
        "alexnet.two_towers", "parameters where conv2, conv4 and conv5 see the maps of their own tower",
        "Caffe's AlexNet", "60,965,224", EQUAL, "the paper's net",
    ),
    Claim(
        "alexnet.one_tower", "parameters where every layer sees all maps", "many tutorials", "62,378,344", EQUAL,
        "1,413,120 more, in the kernels of conv2, conv4 and conv5",
    ),
    Claim(
        "alexnet.later", "parameters of torchvision's AlexNet", "torchvision's documentation of alexnet", "61,100,840",
        EQUAL, "one tower with 64, 192, 384, 256 and 256 filters",
    ),
    Claim(
        "alexnet.neurons", "neurons of AlexNet: numbers in the outputs of its eight layers", f"{KRIZHEVSKY}, abstract",
        "650,000", DIFFERENTLY,
        "the paper's figure 2 has 253,440 for conv1 in the place of 290,400, and so adds up to 622,312", "659,272",
    ),
    Claim(
        "alexnet.crops", "pictures that crops of 224×224 and mirror images make of one of 256×256",
        f"{KRIZHEVSKY}, section 4.1", "2048", WRONG, "33 places along each side, not 32: two times 33²", "2178",
    ),
)  # fmt: skip

SIMONYAN = "Simonyan and Zisserman (2015), Very deep convolutional networks, arXiv:1409.1556"

VGG = (
    *(
        Claim(
            f"vgg.{name.lower().replace('-', '_')}", f"parameters of configuration {name}", f"{SIMONYAN}, table 2",
            published, ROUNDED, why,
        )
        for name, published, why in (
            ("A", "133e6", "132,863,336"),
            ("A-LRN", "133e6", "132,863,336: normalization has no weights"),
            ("B", "133e6", "133,047,848"),
            ("C", "134e6", "133,638,952"),
            ("D", "138e6", "138,357,544"),
            ("E", "144e6", "143,667,240"),
        )
    ),
    Claim(
        "vgg.parameters_d", "parameters of VGG-16, configuration D", "torchvision's documentation of vgg16",
        "138,357,544", EQUAL, "14,714,688 in the convolutions, 123,642,856 in the dense layers",
    ),
    Claim(
        "vgg.activations", "numbers in all maps of VGG-16, for one image", SLIDES, "24e6", WRONG,
        "the rows of the slide's own table, the image among them, add up to less", "15,237,608",
    ),
    Claim(
        "vgg.activation_memory", "their memory, at 4 bytes each, in MB", SLIDES, "93", WRONG,
        "15,237,608 times 4", "61",
    ),
    Claim(
        "vgg.weight_memory", "memory of its weights, at 4 bytes each, in MB", SLIDES, "552", DIFFERENTLY,
        "138 million times 4: rounded first, multiplied then", "553",
    ),
    Claim(
        "vgg.multiply_adds_d", "multiply-adds of VGG-16, in units of 10⁹", f"{HE}, section 4.1", "15.3", ROUNDED,
        "15.347 in the convolutions; 15.470 with the dense layers",
    ),
    Claim(
        "vgg.multiply_adds_e", "multiply-adds of VGG-19, in units of 10⁹", f"{HE}, section 4.1", "19.6", ROUNDED,
        "19.632 with the dense layers; 19.508 in the convolutions",
    ),
)  # fmt: skip

RESNET_IN_LIBRARIES = (
    Claim(
        "resnet.parameters_50_keras", "parameters of ResNet-50 in all", "keras.applications.ResNet50", "25,636,712",
        DIFFERENTLY, "biases of convolutions and moving statistics count, as they do for ResNet-152", "25,557,032",
    ),
    Claim(
        "resnet.multiply_adds_50_stride_in_3x3", "multiply-adds of ResNet-50, in units of 10⁹",
        "torchvision's documentation of resnet50", "4.09", ROUNDED, "4.089; it has the stride in the 3×3",
    ),
)  # fmt: skip

HE_2015 = "He et al. (2015), Delving deep into rectifiers, arXiv:1502.01852, section 2.2"

TRAINING = (
    *(
        Claim(
            f"training.he_{filters}", f"deviation σ of first weights, {filters} filters of 3×3", HE_2015, published,
            ROUNDED, "√(2/(9 · filters)) keeps the size of the gradient behind a ReLU",
        )
        for filters, published in ((64, "0.059"), (128, "0.042"), (256, "0.029"), (512, "0.021"))
    ),
    Claim(
        "training.he_gradient", "how much smaller VGG's gradient is at conv2 than at conv10 if all deviations are 0.01",
        HE_2015, "1.7e4", ROUNDED, "the product of these four over 0.01, for 1, 2, 2 and 4 layers; 16,729",
    ),
    Claim(
        "training.lecun_tanh", "a in a · tanh(2x/3), the activation recommended",
        "LeCun et al. (1998), Efficient BackProp, section 4.4", "1.7159", ROUNDED, "1/tanh(2/3), so that ±1 goes to ±1",
    ),
    Claim(
        "training.haar_2001", "rectangle features in a window of 24×24 (\"over\")",
        "Viola and Jones (2001), Rapid object detection, section 2", "180,000", DIFFERENTLY,
        "two rectangles and three in two directions each, four in a square; the paper does not say what else it counts",
        "162,336",
    ),
    Claim(
        "training.haar_2004", "the same, three years later",
        "Viola and Jones (2004), Robust real-time face detection, section 2", "1.6e5", ROUNDED,
        "printed as 160,000: these five kinds, 162,336",
    ),
)  # fmt: skip

AUGMENTATION = (
    Claim(
        "augmentation.randaugment_operations", "operations among which RandAugment draws",
        "Cubuk et al. (2020), RandAugment: practical automated data augmentation, section 3", "14", DIFFERENTLY,
        "Keras counts both shears as one and both shifts as one, and leaves out the identity", "11",
    ),
    Claim(
        "augmentation.contrast_lower", "smallest factor that RandomContrast(0.5) draws",
        "Keras 3.15, documentation of RandomContrast", "0.5", WRONG,
        "a single number is taken for the pair (0, 0.5), so contrast only rises; (0.5, 0.5) does what it says", "1.0",
    ),
    Claim(
        "augmentation.erased", "share of the pictures that RandomErasing(1.0) erases",
        "Keras 3.15, documentation of RandomErasing", "1.0", WRONG,
        "as it says two lines on, a single number ends a range: each picture's probability is drawn from 0 to 1",
        "0.5",
    ),
)  # fmt: skip

HOWARD = "Howard et al. (2017), MobileNets, arXiv:1704.04861, table 6"

TRANSFER = (
    Claim(
        "transfer.mobilenet_075_parameters", "MobileNet of width 0.75: parameters, millions", HOWARD, "2.6", ROUNDED,
        "trainable ones; the moving averages of batch normalization add 0.02",
    ),
    Claim(
        "transfer.mobilenet_075_multiply_adds", "the same: multiply-adds, millions", HOWARD, "325", ROUNDED,
        "at 224 × 224 pixels",
    ),
    Claim(
        "transfer.mobilenet_100_parameters", "MobileNet of width 1: parameters, millions", HOWARD, "4.2", ROUNDED,
        "trainable ones; with the moving averages it would be 4.3",
    ),
    Claim(
        "transfer.mobilenet_100_multiply_adds", "the same: multiply-adds, millions", HOWARD, "569", ROUNDED,
        "at 224 × 224 pixels",
    ),
    Claim(
        "transfer.keras_multiply_adds", "the same, once more",
        "the documentation of keras.applications.mobilenet in TensorFlow 2.4", "529", WRONG,
        "a digit slipped: the paper that it summarizes has 569", "569",
    ),
)  # fmt: skip

CLAIMS = (
    *NEURONS,
    *TRAINING,
    *CONVOLUTION,
    *RECEPTIVE_FIELDS,
    *GOOGLENET,
    *RESNET,
    *RESNET_IN_LIBRARIES,
    *LENET,
    *ALEXNET,
    *VGG,
    *AUGMENTATION,
    *TRANSFER,
)


@dataclass(frozen=True)
class Checked:
    """A claim beside the number that was computed for it: text, with as many digits as the claim has."""

    claim: Claim
    computed: str

    def __str__(self):
        claim = self.claim
        found = f"computed {self.computed}: {claim.verdict} ({claim.why})"
        return f"{claim.text}: {claim.published} in {claim.source}; {found}"


def check(name, computed):
    """Hold the number `computed` (int or float) against the claim called `name`, and return the two as `Checked`.

    Raises ValueError if the ledger has no such claim, ValueError or TypeError if `computed` is no finite number, and
    AssertionError if the verdict on the claim does not hold for it.
    """
    claim = find(name)
    if isinstance(computed, bool) or not isinstance(computed, Real):
        raise TypeError(f"computed must be an int or a float, but got {computed!r}")
    if not math.isfinite(computed):
        raise ValueError(f"computed must be finite, but got {computed!r}")
    number = Decimal(str(computed))
    if not holds(claim, number):
        raise AssertionError(f"{name}: published {claim.published}, computed {computed}; that is not {claim.verdict!r}")
    return Checked(claim, f"{_cut(number, claim.computed or claim.published, ROUND_HALF_UP):f}")


def find(name):
    """Return the claim called `name`. Raises ValueError, naming those that there are, if there is none."""
    for claim in CLAIMS:
        if claim.name == name:
            return claim
    raise ValueError(f"the ledger has no claim {name!r}; it has {', '.join(claim.name for claim in CLAIMS)}")


def holds(claim, number):
    """Return whether the claim's verdict is true of the computed `number` (Decimal)."""
    equal = number == _number(claim.published)
    rounded = _same_digits(number, claim.published, ROUND_HALF_UP)
    if claim.verdict == EQUAL:
        return equal
    if claim.verdict == ROUNDED:
        return rounded and not equal
    if claim.verdict == TRUNCATED:
        return _same_digits(number, claim.published, ROUND_DOWN) and not rounded
    return _same_digits(number, claim.computed, ROUND_HALF_UP) and not rounded


def _number(text):
    """Return printed text as a Decimal, None where it is not one number ("0.1 to 0.3")."""
    try:
        return Decimal(text.replace(",", ""))
    except InvalidOperation:
        return None


def _same_digits(number, text, rounding):
    """Return whether `number`, cut to the digits that `text` has, is the number in `text`."""
    return _number(text) is not None and _cut(number, text, rounding) == _number(text)


def _cut(number, text, rounding):
    return number.quantize(_number(text), rounding=rounding)


def table(checks):
    """Return `Checked` claims as a pandas DataFrame, a row each: claim, source, published, computed, verdict, why."""
    import pandas

    columns = ("claim", "source", "published", "computed", "verdict", "why")
    rows = [
        (
            entry.claim.text,
            entry.claim.source,
            entry.claim.published,
            entry.computed,
            entry.claim.verdict,
            entry.claim.why,
        )
        for entry in checks
    ]
    return pandas.DataFrame(rows, columns=columns)
