"""Photographs in a few colors: a mixture of pixels, with and without a field that smooths the labels.

    python examples/segmentation.py [FOLDER]

segments one of scikit-learn's photographs and two of scikit-image's, and draws them into FOLDER.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from skimage import data
from sklearn.datasets import load_sample_image

from mixfold import segment
from mixfold.plotting import new_figure


def main(folder: Path) -> None:
    """Print what was found, and draw each image beside its segments."""
    images = {
        "china": load_sample_image("china.jpg"),
        "astronaut": data.astronaut(),
        "coins": data.coins(),
    }
    figure = new_figure(12.0, 3.0 * len(images))
    for row, (name, full) in zip(figure.subplots(len(images), 3), images.items(), strict=True):
        image = full[::4, ::4]  # fast; the whole photographs take seconds
        plain = segment(image, smoothness=0.0, n_init=1, random_state=0)
        smooth = segment(image, mixture=plain.mixture, smoothness=1.5)
        pairs = smooth.labels[:, 1:] != smooth.labels[:, :-1]
        print(f"{name}: {plain.n_segments} segments, {np.mean(pairs):.1%} of horizontal neighbors differ")
        shown = {name: image, f"{plain.n_segments} segments": plain.picture(image), "smoothed": smooth.picture(image)}
        for ax, (title, picture) in zip(row, shown.items(), strict=True):
            ax.imshow(picture, cmap="gray", vmin=0, vmax=255)
            ax.set_title(title, fontsize=9, loc="left")
            ax.set_axis_off()
    folder.mkdir(parents=True, exist_ok=True)
    figure.savefig(folder / "segmentation.png", dpi=60)
    print(f"Drawn: {folder / 'segmentation.png'}")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "."))
