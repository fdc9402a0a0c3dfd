"""Estimators: the scikit-learn face.

abstract.py has what a fitted mixture can do (`MixtureEstimator`); gaussian_mixture.py has the parameters of one that is
learned by EM, em_fitter.py the fit that they (em_settings.py) make; auto_gaussian_mixture.py also chooses how many
components it has and of which shape, feature_selection.py which features carry them. bayesian_gaussian_mixture.py has
posteriors, which bayesian_fitter.py learns or gibbs_fit.py draws from; posterior_attributes.py has what is known of
them, posterior_answers.py what they answer. fitted_attributes.py has the fitted attributes, which callers may replace;
saving.py the files that both are kept in, pickling.py what a pickle holds, conversion.py and scikit_learn_names.py what
makes it scikit-learn's to other programs. choices.py checks parameters that take objects, user_starts.py starts that
callers hand in; grouped_gaussian_mixture.py learns a mixture for each of many groups (groups.py tells which rows are
whose, grouped_fit.py fits); student_mixture.py has heavy tails; skops_types.py names the classes in files of skops;
verbose.py prints, scikit_learn.py gives types to bases that have none.
"""

from typing import Any

from mixfold.lazy import homes_of, loaded

_HOMES = homes_of(__file__)
__all__ = [*_HOMES]  # noqa: PLE0604  (they are strings)


def __getattr__(name: str) -> Any:
    value = globals()[name] = loaded(__name__, _HOMES, name)
    return value
