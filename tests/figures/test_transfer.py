"""Lecture 09's figures: each draws the numbers that it is given, and nothing else."""

import numpy as np

from course.figures.transfer import by_labels, readings


def test_by_labels_draws_the_medians_on_a_logarithmic_axis():
    runs = {"a way": np.array([[0.1, 0.5], [0.3, 0.7], [0.2, 0.9]])}
    figure = by_labels([1, 50], runs, title="a title", alt="two numbers of labels")
    [axes] = figure.axes
    [bars] = axes.containers
    assert bars.get_label() == "a way" and bars[0].get_ydata().tolist() == [0.2, 0.7]
    [ranges] = bars[2]
    assert [segment[:, 1].round(6).tolist() for segment in ranges.get_segments()] == [[0.1, 0.3], [0.5, 0.9]]
    assert axes.get_xscale() == "log"
    assert [label.get_text() for label in axes.get_xticklabels()] == ["1", "50"]
    assert "a title" in [axes.get_title(side) for side in ("left", "center")]  # as the style has it
    assert figure.get_label() == "two numbers of labels"


def test_readings_shows_each_picture_above_its_classes():
    images = np.random.default_rng(0).uniform(size=(5, 4, 4, 3))
    top = [[(f"a_cat_{k}", 0.5), ("dog", 0.25)] for k in range(5)]
    figure = readings(images, top, alt="five pictures")
    pictures = [axes for axes in figure.axes if axes.images]
    bars = [axes for axes in figure.axes if axes.patches]
    assert (len(pictures), len(bars)) == (5, 5)
    for k, (picture, classes) in enumerate(zip(pictures, bars, strict=True)):
        assert np.array_equal(picture.images[0].get_array(), images[k])
        assert [bar.get_width() for bar in classes.patches] == [0.5, 0.25]
        assert [text.get_text() for text in classes.texts] == [f"a cat {k} 50%", "dog 25%"]
        assert picture.get_position().y0 >= classes.get_position().y1  # above, and in the same column
        assert picture.get_position().x0 < classes.get_position().x1
    assert not any(axes.axison for axes in figure.axes)  # where there is no picture there is no frame
    assert figure.get_label() == "five pictures"
