"""The table of lectures in README.md, made from what the lectures say of themselves."""

BEGIN, END = "<!-- lectures -->", "<!-- /lectures -->"


def lecture_table(sources):
    """Return the Markdown table of `sources` (list of `Source`): number, linked title, summary, minutes, memory."""
    rows = ["| | Lecture | What it is about | Minutes | Memory |", "|---|---|---|---|---|"]
    for source in sources:
        title, summary = (source.about[key].strip().replace("|", "\\|") for key in ("title", "summary"))
        minutes, memory = (f"{source.about[key]['quick']:g}" for key in ("minutes", "memory_gb"))
        number = source.name[:2]
        rows.append(f"| {number} | [{title}](notebooks/{source.name}.ipynb) | {summary} | {minutes} | {memory} GB |")
    return "\n".join(rows)


def with_table(text, table):
    """Return README.md's `text` with `table` between its two comments.

    Raises ValueError unless each comment is there once, in this order.
    """
    if text.count(BEGIN) != 1 or text.count(END) != 1 or text.index(BEGIN) > text.index(END):
        raise ValueError(f"README.md: wants one line {BEGIN} and below it one line {END}, for the table of lectures")
    before, rest = text.split(BEGIN)
    return f"{before}{BEGIN}\n{table}\n{END}{rest.split(END)[1]}"
