"""Applications: what people use mixtures for, one file each.

`MixtureOutlierDetector` (anomalies.py) flags rows where a mixture of normal data is thin, and explanation.py says why.
`segment` (segmentation.py) divides an image by color: pixels.py makes rows of it, potts.py smooths the segments.
`MixtureClassifier` (classifier.py) has a mixture for each class, `MixtureRegressor` (regressor.py) one of features and
targets together. `SpeakerRecognizer` (speakers.py) knows voices and says an `Identification` (identification.py),
and cohorts.py how those score whom it does not know. `fisher_vectors`, `statistics_vectors` and `supervectors`
(set_vectors.py) make one vector of a set of rows. calibration.py draws lines that keep a rate, number_of_components.py
fits as many as nobody gave, and abstract.py is what learning from tables has in common. Each stands on the estimators
below it, and only subcommands stand on it.
"""

from mixfold.apps.anomalies import MixtureOutlierDetector
from mixfold.apps.classifier import MixtureClassifier
from mixfold.apps.explanation import Explanation
from mixfold.apps.identification import Identification
from mixfold.apps.regressor import MixtureRegressor
from mixfold.apps.segmentation import Segmentation, fit_pixels, label_pixels, segment
from mixfold.apps.set_vectors import fisher_vectors, statistics_vectors, supervectors
from mixfold.apps.speakers import SpeakerRecognizer

__all__ = [
    "Explanation",
    "Identification",
    "MixtureClassifier",
    "MixtureOutlierDetector",
    "MixtureRegressor",
    "Segmentation",
    "SpeakerRecognizer",
    "fisher_vectors",
    "fit_pixels",
    "label_pixels",
    "segment",
    "statistics_vectors",
    "supervectors",
]
