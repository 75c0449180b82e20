"""Error rates as papers print them, which no cell can compute: tables, each with its source. No code.

What can be computed stands in `course.facts`, with its verdict.
"""

# The ImageNet challenge of 2012, top-5 error on the test images in %: Krizhevsky et al. (2012), abstract.
ILSVRC_2012 = {"first": 15.3, "second": 26.2}

# Winners of the challenge's classification task, top-5 error on the test images in %, where only the challenge's own
# images were used. 2010 to 2014: Russakovsky et al. (2015); 2015: He et al. (2016), table 5; 2016: the challenge's
# page of results; 2017: Hu et al. (2018).
ILSVRC_WINNERS = (
    ("2010", "NEC", 28.2),
    ("2011", "XRCE", 25.8),
    ("2012", "AlexNet", 16.4),
    ("2013", "Clarifai", 11.7),
    ("2014", "GoogLeNet", 6.7),
    ("2015", "ResNet", 3.6),
    ("2016", "Trimps", 3.0),
    ("2017", "SENet", 2.3),
)

# VGG at a single test scale, on the validation images: net, S in training, Q in testing, top-1 and top-5 error in %.
# Simonyan and Zisserman (2015), table 3.
VGG_TABLE_3 = (
    ("A", "256", 256, 29.6, 10.4),
    ("A-LRN", "256", 256, 29.7, 10.5),
    ("B", "256", 256, 28.7, 9.9),
    ("C", "256", 256, 28.1, 9.4),
    ("C", "384", 384, 28.1, 9.3),
    ("C", "256–512", 384, 27.3, 8.8),
    ("D", "256", 256, 27.0, 8.8),
    ("D", "384", 384, 26.8, 8.7),
    ("D", "256–512", 384, 25.6, 8.1),
    ("E", "256", 256, 27.3, 9.0),
    ("E", "384", 384, 26.9, 8.7),
    ("E", "256–512", 384, 25.5, 8.0),
)

# VGG, several ways to test it: row (ours), nets, evaluation, images, top-5 error in %. Row a is the entry of the
# challenge, row d came after it. Simonyan and Zisserman (2015), tables 6 and 7 and section 4.4.
VGG_TABLES_6_AND_7 = (
    ("a", 7, "dense", "test", 7.3),
    ("b", 1, "dense and crops", "validation", 7.1),
    ("c", 1, "dense and crops", "test", 7.0),
    ("d", 2, "dense and crops", "test", 6.8),
    ("e", 7, "dense", "validation", 7.5),
    ("f", 2, "dense", "test", 7.0),
)
