"""Draw the figures of docs/performance.md from ``results.json``: ``make plots``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt

HERE = Path(__file__).resolve().parent
IMAGES = HERE.parent / "docs" / "images"
OURS, THEIRS = "#2a6f97", "#b8c4cc"


def draw_clients(rows: list[dict[str, Any]]) -> None:
    """Draw users per second and CPU per user, for us and the other clients."""
    names = [row["client"] for row in rows]
    colours = [OURS if name == "cio-pipeline" else THEIRS for name in names]
    titles = {
        "users/s": "users a second",
        "us CPU a user": "microseconds of CPU a user",
    }
    _draw("clients.svg", names, colours, rows, titles)


def draw_scale(rows: list[dict[str, Any]]) -> None:
    """Draw peak memory and time per user, at ten thousand and a million users."""
    names = [f"{row['api']}, {row['users']:,}" for row in rows]
    titles = {"peak MB": "peak memory, MB", "us a user": "microseconds a user"}
    _draw("scale.svg", names, [OURS] * len(rows), rows, titles)


def _draw(
    file: str,
    names: list[str],
    colours: list[str],
    rows: list[dict[str, Any]],
    titles: dict[str, str],
) -> None:
    figure, axes = plt.subplots(1, 2, figsize=(9, 2.6), layout="constrained")
    for axis, (key, title) in zip(axes, titles.items(), strict=True):
        values = [row[key] for row in rows]
        bars = axis.barh(names, values, color=colours, height=0.6)
        axis.bar_label(bars, labels=[f"{value:,.0f}" for value in values], padding=4)
        axis.set_title(title, loc="left", fontsize=10)
        axis.invert_yaxis()
        axis.spines[:].set_visible(False)
        axis.xaxis.set_visible(False)
        axis.margins(x=0.18)
        axis.tick_params(length=0)
    axes[1].set_yticklabels([])
    figure.savefig(IMAGES / file)


def main() -> None:
    """Draw both figures."""
    mpl.rcParams["font.size"] = 9
    mpl.rcParams["svg.hashsalt"] = "cio-pipeline"  # the same results make the same file
    IMAGES.mkdir(exist_ok=True)
    results = json.loads((HERE / "results.json").read_text())
    draw_clients(results["no latency"])
    draw_scale(results["scale"])


if __name__ == "__main__":
    main()
