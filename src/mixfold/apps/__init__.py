"""Applications: what people use mixtures for, one file each.

`MixtureOutlierDetector` (anomalies.py) flags rows where a mixture of normal data is thin, and explanation.py says why.
choice.py takes the number of components that nobody gave. Each stands on the estimators below it, and only subcommands
stand on it.
"""

from mixfold.apps.anomalies import MixtureOutlierDetector
from mixfold.apps.explanation import Explanation

__all__ = ["Explanation", "MixtureOutlierDetector"]
