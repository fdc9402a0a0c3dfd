"""Pictures in scikit-learn's Display convention: `from_estimator(...)`, then `ax_`, `figure_` and `plot(ax=None)`.

`ClusterDisplay` (cluster.py) shows which row belongs to which component, `DensityDisplay` (density.py) how likely
each place is, `ConvergenceDisplay` (convergence.py) how each restart climbed, `SelectionDisplay` (selection.py) why
this number of components was chosen, `EntropyDisplay` (entropy.py) and `ClusterTreeDisplay` (cluster_tree.py) how
they merge into clusters (combined.py has what both share), `OutlierDisplay` (outlier.py) which rows a detector flags,
`SegmentationDisplay` (segmentation.py) the segments of an image.

plane.py maps more features onto the one or two that paper has, rows.py brings data in, outline.py draws a component,
palette.py colors it, canvas.py is matplotlib.

`Report` (report/) is not matplotlib: one page of HTML that shows a fit to people without Python.
"""

from mixfold.plotting.canvas import new_figure
from mixfold.plotting.cluster import ClusterDisplay
from mixfold.plotting.cluster_tree import ClusterTreeDisplay
from mixfold.plotting.convergence import ConvergenceDisplay
from mixfold.plotting.density import DensityDisplay
from mixfold.plotting.entropy import EntropyDisplay
from mixfold.plotting.outlier import OutlierDisplay
from mixfold.plotting.report import Report, SelectionCurve
from mixfold.plotting.segmentation import SegmentationDisplay
from mixfold.plotting.selection import SelectionDisplay

__all__ = [
    "ClusterDisplay",
    "ClusterTreeDisplay",
    "ConvergenceDisplay",
    "DensityDisplay",
    "EntropyDisplay",
    "OutlierDisplay",
    "Report",
    "SegmentationDisplay",
    "SelectionCurve",
    "SelectionDisplay",
    "new_figure",
]
