"""The race's medians as a plot: a line for each query, from one server's time to the other's."""

from collections.abc import Mapping
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")
mpl.rcParams["svg.hashsalt"] = "race"  # the same figures make the same file
from matplotlib import pyplot as plt  # noqa: E402 - after the choice of what draws

REAL, LITE = "#d55e00", "#0072b2"  # of Okabe and Ito's palette


def draw(path: Path, real_ms: Mapping[str, float], lite_ms: Mapping[str, float], mean: float) -> None:
    """Write an SVG: the queries by their ratio, the best above; the time in milliseconds on a logarithmic axis."""
    names = sorted(real_ms, key=lambda name: lite_ms[name] / real_ms[name], reverse=True)
    figure, axes = plt.subplots(figsize=(8, 0.3 * len(names) + 1.2), layout="constrained")
    places = range(len(names))
    for place, name in zip(places, names, strict=True):
        axes.plot([real_ms[name], lite_ms[name]], [place, place], color="#999999", linewidth=1, zorder=1)
    axes.scatter([real_ms[name] for name in names], places, color=REAL, marker="s", label="InfluxDB", zorder=2)
    axes.scatter([lite_ms[name] for name in names], places, color=LITE, label="influxlite", zorder=3)
    axes.set_yticks(list(places), names)
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter("{x:g}")
    axes.set_xlabel("median time of a query, ms")
    axes.set_title(f"Ward queries: geometric mean of the ratios {mean:.2f}", loc="left", fontsize=10)
    axes.grid(axis="x", which="both", linewidth=0.3)
    axes.legend(loc="lower right")
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)
