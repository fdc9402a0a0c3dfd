"""Bases of the parts that estimators of mixtures are put together from.

A part is no estimator: it has some verbs of one, and uses those of the parts beside which it stands in the bases of a
class. A type checker reads here what these are; when programs run, parts derive from nothing, and estimators are two
levels above scikit-learn's bases.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__all__ = ["BesideAnswers", "BesideAttributes", "BesideFace", "BesideFiles", "BesideOutlying", "BesidePosterior"]

if TYPE_CHECKING:
    from mixfold.estimators.abstract import MixtureEstimator as BesideFace
    from mixfold.estimators.fitted_attributes import FittedAttributes as BesideAttributes
    from mixfold.estimators.outlying import Outlying as BesideOutlying
    from mixfold.estimators.pickling import SlimPickles
    from mixfold.estimators.posterior_answers import PosteriorAnswers
    from mixfold.estimators.posterior_attributes import PosteriorAttributes as BesidePosterior
    from mixfold.estimators.saving import ModelFiles

    class BesideFiles(SlimPickles, ModelFiles):
        """Beside pickles and model files."""

    class BesideAnswers(PosteriorAnswers, BesideFiles):
        """Beside these, and what posteriors answer."""

else:
    BesideAnswers = BesideAttributes = BesideFace = BesideFiles = BesideOutlying = BesidePosterior = object
