"""Tables that a notebook shows whole."""

import pandas
from IPython.display import HTML


def show_table(frame):
    """Return a pandas DataFrame as HTML for a notebook: texts whole and aligned left, no index, formulas typeset."""
    with pandas.option_context("display.max_colwidth", None):
        table = frame.to_html(index=False, border=0, justify="left")
    left = "<style>.course-table :is(td, th) { text-align: left !important; vertical-align: top !important }</style>"
    return HTML(f'{left}<div class="course-table" style="overflow-x:auto">{table}</div>')
