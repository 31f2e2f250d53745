"""Line charts as SVG text, drawn with the page's own colours and font."""

import dataclasses
import math
from collections.abc import Sequence
from html import escape

from markupsafe import Markup

# The plot area inside the drawing, in SVG units.
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 10, 26, 30
# More points than this make the page heavy and change nothing to the eye.
_MOST_POINTS = 400
# The bold line is a running mean over about this share of the points.
_SMOOTHING_SHARE = 0.04
# Classes series-1 and on in the page's style.
_NUM_COLOURS = 6


@dataclasses.dataclass(frozen=True, kw_only=True)
class Series:
    """One line of a chart: points in order of x; `label` names it."""

    label: str
    xs: Sequence[float]
    ys: Sequence[float]


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Scale:
    """Maps data coordinates to SVG units along one axis."""

    low: float
    high: float
    begin: float
    end: float

    def __call__(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return self.begin + share * (self.end - self.begin)


def line_chart(
    series: Sequence[Series],
    *,
    title: str,
    width: int = 340,
    height: int = 200,
    from_zero: bool = False,
    is_exact: bool = False,
) -> Markup:
    """Draws a chart over steps: each series raw and faint, its mean bold.

    The page names the lines, by the colours of their places in `series`.

    Args:
        series: The lines; those without a point are left out.
        title: Written above the plot, with the unit.
        width: In SVG units; the page scales the drawing.
        height: In SVG units.
        from_zero: Whether the y axis begins at 0.
        is_exact: The values have no noise: no running mean is drawn.

    Returns:
        An `<svg>` element, or a paragraph saying that there is no point.
    """
    # A series keeps its colour where one before it has no point.
    coloured = [
        (index % _NUM_COLOURS + 1, line)
        for index, line in enumerate(map(_finite, series))
        if line.xs
    ]
    shown = [line for _, line in coloured]
    if not shown:
        return Markup("<p class='absent'>{}: no points.</p>").format(title)
    ys = [y for s in shown for y in s.ys]
    y_ticks = nice_ticks(0.0 if from_zero else min(ys), max(ys))
    xs = [x for s in shown for x in s.xs]
    x_ticks = nice_ticks(min(xs), max(xs), count=max(3, width // 70))
    x_scale = _Scale(
        low=min(xs),
        high=max(xs) if max(xs) > min(xs) else min(xs) + 1,
        begin=_LEFT,
        end=width - _RIGHT,
    )
    y_scale = _Scale(
        low=y_ticks[0], high=y_ticks[-1], begin=height - _BOTTOM, end=_TOP
    )
    parts = [
        f'<svg class="plot" viewBox="0 0 {width} {height}" role="img" '
        f'aria-label="{escape(title)}">',
        f'<text class="plot-title" x="0" y="12">{escape(title)}</text>',
        *_grid(x_ticks, y_ticks, x_scale, y_scale),
    ]
    for colour, line in coloured:
        bold = line.ys if is_exact else smooth(line.ys)
        parts += _lines(line, bold, colour, x_scale, y_scale)
    return Markup("".join([*parts, "</svg>"]))


def nice_ticks(low: float, high: float, count: int = 4) -> list[float]:
    """Gives round numbers from at most `low` to at least `high`.

    Example: nice_ticks(0.3, 9.7) gives [0.0, 2.5, 5.0, 7.5, 10.0].
    """
    if high <= low:
        margin = abs(low) * 0.1 or 1.0
        low, high = low - margin, high + margin
    rough = (high - low) / count
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(m * power for m in (1, 2, 2.5, 5, 10) if m * power >= rough)
    first = math.floor(low / step + 1e-9)
    last = math.ceil(high / step - 1e-9)
    return [index * step for index in range(first, last + 1)]


def format_number(value: float) -> str:
    """Writes a tick: 12000 as 12k, 0.0005 as 5e-4, 2.50 as 2.5.

    Example: format_number(0.00125) gives "1.25e-3".
    """
    if value == 0:
        return "0"
    if abs(value) >= 10_000:
        return f"{value / 1000:.6g}k"
    if abs(value) < 0.01:
        digits, exponent = f"{value:.2e}".split("e")
        return f"{float(digits):g}e{int(exponent)}"
    return f"{value:.4g}"


def smooth(values: Sequence[float]) -> list[float]:
    """Gives the centred running mean that the bold line shows.

    Near an end the window shrinks on both sides, so that the line neither
    lags behind the values nor leaves them at its ends.

    Example: up to 25 values come back as they are; of 26 to 74 values, each is
    the mean of itself and its two neighbours.
    """
    reach = round(_SMOOTHING_SHARE * len(values) / 2)
    last = len(values) - 1
    result = []
    for index in range(len(values)):
        side = min(reach, index, last - index)
        window = values[index - side : index + side + 1]
        result.append(sum(window) / len(window))
    return result


def _finite(series: Series) -> Series:
    """Leaves out what is no number, and thins the rest to what is seen."""
    points = [
        (x, y)
        for x, y in zip(series.xs, series.ys, strict=True)
        if math.isfinite(x) and math.isfinite(y)
    ]
    stride = math.ceil(len(points) / _MOST_POINTS) or 1
    points = [p for i, p in enumerate(points[::-1]) if i % stride == 0][::-1]
    return Series(
        label=series.label,
        xs=[x for x, _ in points],
        ys=[y for _, y in points],
    )


def _grid(
    x_ticks: Sequence[float],
    y_ticks: Sequence[float],
    x_scale: _Scale,
    y_scale: _Scale,
) -> list[str]:
    left, right, bottom = x_scale.begin, x_scale.end, y_scale.begin
    parts = []
    for tick in y_ticks:
        y = y_scale(tick)
        parts.append(
            f'<line class="grid" x1="{left}" x2="{right}" '
            f'y1="{y:.1f}" y2="{y:.1f}"/>'
            f'<text class="tick" x="{left - 6}" y="{y + 3.5:.1f}" '
            f'text-anchor="end">{format_number(tick)}</text>'
        )
    for tick in x_ticks:
        x = x_scale(tick)
        # The last stretch of the axis is the label's.
        if left - 1 <= x <= right - 34:
            parts.append(
                f'<text class="tick" x="{x:.1f}" y="{bottom + 17}" '
                f'text-anchor="middle">{format_number(tick)}</text>'
            )
    parts.append(
        f'<text class="tick" x="{right}" y="{bottom + 17}" '
        'text-anchor="end">step</text>'
    )
    return parts


def _lines(
    series: Series,
    bold: Sequence[float],
    number: int,
    x_scale: _Scale,
    y_scale: _Scale,
) -> list[str]:
    def path(ys: Sequence[float]) -> str:
        return " ".join(
            f"{x_scale(x):.1f},{y_scale(y):.1f}"
            for x, y in zip(series.xs, ys, strict=True)
        )

    last = f"{series.label}: {series.ys[-1]:.4g} at {series.xs[-1]:g}"
    if len(series.xs) == 1:
        x, y = path(series.ys).split(",")
        return [
            f'<circle class="series-{number}" cx="{x}" cy="{y}" r="3">'
            f"<title>{escape(last)}</title></circle>"
        ]
    return [
        f'<polyline class="raw series-{number}" points="{path(series.ys)}"/>',
        f'<polyline class="series-{number}" '
        f'points="{path(bold)}">'
        f"<title>{escape(last)}</title></polyline>",
    ]
