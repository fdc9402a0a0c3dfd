"""Three questions about the eruptions of Old Faithful in one wide picture: groups, their number, what is unusual.

python examples/overview.py [FOLDER]
"""

import sys
from pathlib import Path

from mixfold import AutoGaussianMixture, MixtureOutlierDetector
from mixfold.datasets import load_faithful
from mixfold.plotting import ClusterDisplay, OutlierDisplay, SelectionDisplay, new_figure

data = load_faithful()
families = ["full", "tied", "diag", "spherical", "VVE", "VEE"]
auto = AutoGaussianMixture(covariance_types=families, random_state=0).fit(data.data)
detector = MixtureOutlierDetector(2, contamination=0.02, random_state=0).fit(data.data)

figure = new_figure(12.0, 3.2)
left, middle, right = figure.subplots(1, 3, width_ratios=[1.0, 1.15, 1.0])
ClusterDisplay.from_estimator(auto, data.data, assignment="soft", feature_names=data.feature_names, ax=left)
SelectionDisplay.from_estimator(auto, ax=middle)
OutlierDisplay.from_estimator(detector, data.data, feature_names=data.feature_names, ax=right)
if legend := left.get_legend():
    legend.remove()
middle.set_ylabel("BIC above the best")
for ax, title in (
    (left, "Clusters, and how sure"),
    (middle, f"How many: {auto.n_components_}, {auto.covariance_type_}"),
    (right, "Which rows are unusual"),
):
    ax.set_title(title, loc="left", fontsize=11, fontweight="bold", pad=8)
    for text in list(ax.texts):
        if ax is right or text.get_position() == (0, 6):  # numbers of rows, and the notes below titles
            text.remove()

folder = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
folder.mkdir(parents=True, exist_ok=True)
figure.savefig(folder / "overview.png", dpi=200)
print(f"Drawn: {folder / 'overview.png'}")
