"""The tables of error rates against what the papers say of them in words."""

from course import published


def top_5(net, train):
    return next(row[4] for row in published.VGG_TABLE_3 if row[:2] == (net, train))


def test_winners_one_a_year_and_each_better_than_the_one_before():
    years, _, errors = zip(*published.ILSVRC_WINNERS, strict=True)
    assert years == tuple(str(year) for year in range(2010, 2018))
    assert list(errors) == sorted(errors, reverse=True)


def test_outside_images_helped_alexnet():
    winners = {name: error for _, name, error in published.ILSVRC_WINNERS}
    assert published.ILSVRC_2012["first"] < winners["AlexNet"] < published.ILSVRC_2012["second"]


def test_vgg_table_3_is_complete():
    """A, A-LRN and B at one scale; C, D and E at three (Simonyan and Zisserman 2015, section 4.1)."""
    assert [row[:2] for row in published.VGG_TABLE_3] == [
        *(("A", "256"), ("A-LRN", "256"), ("B", "256")),
        *((net, train) for net in "CDE" for train in ("256", "384", "256–512")),
    ]
    assert all(test == (256 if train == "256" else 384) for _, train, test, *_ in published.VGG_TABLE_3)
    assert all(top1 > 2 * top5 for *_, top1, top5 in published.VGG_TABLE_3)


def test_vgg_table_3_says_what_the_paper_reads_off_it():
    """Section 4.1: LRN does not help A; C is better than B, D than C; jittering helps; 16 and 19 layers are alike."""
    assert top_5("A-LRN", "256") >= top_5("A", "256") > top_5("B", "256") > top_5("C", "256") > top_5("D", "256")
    for net in "CDE":
        assert top_5(net, "256–512") < min(top_5(net, "256"), top_5(net, "384"))
    assert abs(top_5("E", "384") - top_5("D", "384")) <= 0.1


def test_vgg_tables_6_and_7_say_what_the_paper_reads_off_them():
    """Sections 4.4 and 4.5: two nets after the challenge beat the seven before; crops add to dense evaluation, and a
    second net to the first; one net has 7.0 % (test), the two 6.8 %."""
    letters, *columns, errors = zip(*published.VGG_TABLES_6_AND_7, strict=True)
    error = dict(zip(letters, errors, strict=True))
    conditions = dict(zip(letters, zip(*columns, strict=True), strict=True))
    assert conditions["a"] == (7, "dense", "test") and conditions["f"] == (2, "dense", "test")
    assert conditions["c"] == (1, "dense and crops", "test") and conditions["d"] == (2, "dense and crops", "test")
    assert len(set(conditions.values())) == len(letters)
    assert error["d"] < error["f"] < error["a"] and error["d"] < error["c"]
    assert (error["a"], error["c"], error["d"]) == (7.3, 7.0, 6.8)
