"""The table of lectures in README.md, made from what the lectures say of themselves."""

BEGIN, END = "<!-- lectures -->", "<!-- /lectures -->"


def lecture_table(sources, measured=()):
    """Return the Markdown table of `sources` (list of `Source`): number, linked title, summary, time and memory.

    Those are what was `measured`, the records of `course.kernels.budget`, else what the front matter states.
    """
    records = {record["lecture"]: record for record in measured}
    rows = ["| | Lecture | What it is about | Time | Memory |", "|---|---|---|---|---|"]
    for source in sources:
        title, summary = (source.about[key].strip().replace("|", "\\|") for key in ("title", "summary"))
        stated = {"seconds": 60 * source.about["minutes"]["quick"], "memory_gb": source.about["memory_gb"]["quick"]}
        took = records.get(source.name, stated)
        cost = f"{took['seconds']:.0f} s | {took['memory_gb']:.1f} GB"
        rows.append(f"| {source.name[:2]} | [{title}](notebooks/{source.name}.ipynb) | {summary} | {cost} |")
    return "\n".join(rows)


def with_table(text, table):
    """Return README.md's `text` with `table` between its two comments.

    Raises ValueError unless each comment is there once, in this order.
    """
    if text.count(BEGIN) != 1 or text.count(END) != 1 or text.index(BEGIN) > text.index(END):
        raise ValueError(f"README.md: wants one line {BEGIN} and below it one line {END}, for the table of lectures")
    before, rest = text.split(BEGIN)
    return f"{before}{BEGIN}\n{table}\n{END}{rest.split(END)[1]}"
