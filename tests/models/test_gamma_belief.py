"""What is believed of a positive number."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import gamma

from mixfold.models import GammaBelief

ONE, OTHER = GammaBelief(2.0, 4.0), GammaBelief(0.7, 0.3)


def test_mean_and_mean_logarithm_are_those_of_the_distribution() -> None:
    known = gamma(2.0, scale=0.25)
    assert pytest.approx(known.mean()) == ONE.mean
    assert pytest.approx(known.expect(np.log)) == ONE.mean_log


def test_the_divergence_is_the_integral_that_defines_it() -> None:
    one, other = gamma(2.0, scale=0.25), gamma(0.7, scale=1.0 / 0.3)
    integral = quad(lambda x: one.pdf(x) * (one.logpdf(x) - other.logpdf(x)), 0.0, 30.0)[0]
    assert ONE.divergence(OTHER) == pytest.approx(integral, rel=1e-6)
    assert ONE.divergence(ONE) == 0.0


def test_the_density_of_the_logarithm_has_the_factor_of_the_change() -> None:
    assert ONE.log_density_of_logarithm(0.6) == pytest.approx(gamma(2.0, scale=0.25).logpdf(0.6) + np.log(0.6))
