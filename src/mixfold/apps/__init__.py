"""Applications: what people use mixtures for, one file each.

`MixtureOutlierDetector` (anomalies.py) flags rows where a mixture of normal data is thin, and explanation.py says why.
`segment` (segmentation.py) divides an image by color, smoothed by the Potts field of potts.py. choice.py takes the
number of components that nobody gave. Each stands on the estimators below it, and only subcommands stand on it.
"""

from mixfold.apps.anomalies import MixtureOutlierDetector
from mixfold.apps.explanation import Explanation
from mixfold.apps.segmentation import Segmentation, fit_pixels, label_pixels, segment

__all__ = ["Explanation", "MixtureOutlierDetector", "Segmentation", "fit_pixels", "label_pixels", "segment"]
