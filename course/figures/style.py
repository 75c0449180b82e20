"""One look for every figure: colours that the colour-blind can tell apart, and words for who cannot see it."""

import io

# Okabe and Ito (2008), "Color universal design". Their yellow and black are left out: each vanishes on one theme.
BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY = "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9"
COLOURS = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY)

# A PNG cannot follow the reader's theme, so it brings its background along: dark ink on an opaque white card.
INK, PAPER = "#222222", "#ffffff"


def apply():
    """Set Matplotlib's defaults for the course, and let a notebook show a figure together with its alternative text."""
    import matplotlib
    from cycler import cycler

    matplotlib.rcParams.update({
        "axes.edgecolor": INK, "axes.facecolor": PAPER, "axes.grid": True, "axes.labelcolor": INK,
        "axes.prop_cycle": cycler(color=COLOURS), "axes.spines.right": False, "axes.spines.top": False,
        "axes.titlelocation": "left", "figure.constrained_layout.use": True, "figure.dpi": 100,
        "figure.constrained_layout.h_pad": 0.1, "figure.constrained_layout.w_pad": 0.1,
        "figure.facecolor": PAPER, "figure.figsize": (7, 3.6), "font.size": 11, "grid.alpha": 0.25,
        "image.cmap": "viridis", "legend.frameon": False, "savefig.facecolor": PAPER, "text.color": INK,
        "xtick.color": INK, "ytick.color": INK,
    })  # fmt: skip
    _show_alternative_text()


def described(figure, text):
    """Return the Matplotlib `figure`, carrying `text` (str) as the alternative text that a screen reader speaks."""
    figure.set_label(text)
    return figure


def _show_alternative_text():
    """Make IPython, where there is one, send a figure's label as the `alt` of its picture."""
    try:
        from IPython import get_ipython
    except ModuleNotFoundError:
        return
    if (shell := get_ipython()) is not None:
        from matplotlib.figure import Figure

        shell.display_formatter.formatters["image/png"].for_type(Figure, _png)


def _png(figure):
    """Return the figure as PNG bytes, and the metadata in which nbconvert and JupyterLab look for `alt`."""
    picture = io.BytesIO()
    figure.savefig(picture, format="png", metadata={"Software": None})  # no version: the bytes repeat
    return picture.getvalue(), {"alt": str(figure.get_label())}
