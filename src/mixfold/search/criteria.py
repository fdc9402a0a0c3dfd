"""What mixtures of different sizes are compared by.

Every criterion is a function of `Evidence`, in the scale of a deviance (minus twice a log-likelihood, in nats), and
**smaller is better**, as in scikit-learn; mclust's have the other sign. With log L the log-likelihood, p the number of
free parameters, n the number of rows and r_ik the responsibilities:

=========  =============================================================  ===========================================
name       formula                                                        source
=========  =============================================================  ===========================================
bic        -2 log L + p log n                                             Schwarz (1978)
aic        -2 log L + 2 p                                                 Akaike (1974)
aicc       AIC + 2 p (p + 1) / (n - p - 1)                                Hurvich & Tsai (1989), eq. 4
icl        BIC - 2 sum_i log max_k r_ik                                   Biernacki, Celeux & Govaert (2000), eq. 10
sabic      -2 log L + p log((n + 2) / 24)                                 Sclove (1987), eq. 7
held_out   -2 sum_i log p(x_i | the fit without the fold of row i)        Smyth (2000), eq. 8
=========  =============================================================  ===========================================
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

PATIENCE_SIZES = 3
"""Levels in a row that are worse than the best before the criterion has turned; more where K is large."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a criterion knows of a fit.

    Attributes
    ----------
    log_likelihood : float
        Of all rows, in nats.
    n_parameters : int
        Free parameters.
    n_rows : float
        Rows, or the sum of their weights: see `effective_weights`.
    log_best_share : float
        ``sum_i log max_k r_ik``: zero where every row surely belongs to one component, negative elsewhere.
    held_out_log_likelihood : float
        Of each row under a fit that has not seen it; not a number where there was no cross-validation.

    Examples
    --------
    >>> from mixfold.search import CRITERIA, Evidence
    >>> evidence = Evidence(log_likelihood=-1130.3, n_parameters=11, n_rows=272.0)
    >>> round(CRITERIA["bic"](evidence), 1), round(CRITERIA["aic"](evidence), 1)
    (2322.3, 2282.6)
    """

    log_likelihood: float
    n_parameters: int
    n_rows: float
    log_best_share: float = 0.0
    held_out_log_likelihood: float = math.nan


Criterion: TypeAlias = Callable[[Evidence], float]
"""Smaller is better."""


def bic(evidence: Evidence) -> float:
    """Give the Bayesian information criterion.

    Examples
    --------
    >>> round(bic(Evidence(-1130.264, 11, 272)), 2)
    2322.19
    """
    return -2.0 * evidence.log_likelihood + evidence.n_parameters * math.log(evidence.n_rows)


def aic(evidence: Evidence) -> float:
    """Give Akaike's information criterion.

    Examples
    --------
    >>> aic(Evidence(-1130.0, 11, 272))
    2282.0
    """
    return -2.0 * evidence.log_likelihood + 2.0 * evidence.n_parameters


def aicc(evidence: Evidence) -> float:
    """Give Akaike's criterion corrected for few rows; infinite where there are no more rows than parameters.

    Examples
    --------
    >>> aicc(Evidence(-100.0, 3, 10)), aicc(Evidence(-100.0, 9, 10))
    (210.0, inf)
    """
    p, n = evidence.n_parameters, evidence.n_rows
    return aic(evidence) + 2.0 * p * (p + 1) / (n - p - 1) if n > p + 1 else math.inf


def icl(evidence: Evidence) -> float:
    """Give the integrated complete-data likelihood: BIC, and what it costs that rows belong to no component surely.

    Examples
    --------
    >>> icl(Evidence(-100.0, 0, 10, log_best_share=-3.0))
    206.0
    """
    return bic(evidence) - 2.0 * evidence.log_best_share


def sabic(evidence: Evidence) -> float:
    """Give BIC with the sample size adjusted as Rissanen's description length suggests.

    Examples
    --------
    >>> sabic(Evidence(-100.0, 5, 22))
    200.0
    """
    return -2.0 * evidence.log_likelihood + evidence.n_parameters * math.log((evidence.n_rows + 2.0) / 24.0)


def held_out(evidence: Evidence) -> float:
    """Give the deviance of rows under fits that have not seen them; no count of parameters is needed.

    Examples
    --------
    >>> held_out(Evidence(-100.0, 5, 22, held_out_log_likelihood=-110.0))
    220.0
    """
    return -2.0 * evidence.held_out_log_likelihood


CRITERIA: dict[str, Criterion] = {criterion.__name__: criterion for criterion in (bic, aic, aicc, icl, sabic, held_out)}

CLEAR_BIC_DIFFERENCE = 10.0
"""A difference in a criterion that is very strong evidence (Kass & Raftery 1995, section 3.2)."""

FURTHER_FITS = frozenset({"held_out"})
"""Criteria that take more than the fit itself."""


def name_of(criterion: str) -> str:
    """Give the name of what is minimized as it is written: of a bound that is larger for the better twice its negative.

    Examples
    --------
    >>> name_of("held_out"), name_of("elbo")
    ('HELD-OUT', '-2 ELBO')
    """
    return "-2 ELBO" if criterion == "elbo" else criterion.upper().replace("_", "-")


def patience(n_components: int) -> int:
    """Give how many levels in a row are worse than a best of so many components, before the criterion has turned.

    Parameters
    ----------
    n_components : int

    Returns
    -------
    n_levels : int

    Examples
    --------
    >>> from mixfold.search import patience
    >>> patience(2), patience(20)
    (3, 5)
    """
    return max(PATIENCE_SIZES, n_components // 4)
