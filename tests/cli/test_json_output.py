"""What programs read is one document of JSON."""

import json

import numpy as np

from mixfold import Mixture
from mixfold.cli.json_output import mixture_fields, print_json


def test_numbers_that_are_not_finite_are_null(capsys):
    print_json({"best": np.float64(2.5), "skipped": float("inf"), "none": None, "counts": np.arange(2), "is": True})
    found = json.loads(capsys.readouterr().out)
    assert found == {"best": 2.5, "skipped": None, "none": None, "counts": [0, 1], "is": True}


def test_a_mixture_is_made_again_from_its_fields():
    mixture = Mixture([0.25, 0.75], [[0.0, 1.0], [3.0, 4.0]], [[1.0, 0.2], [0.2, 2.0]], "tied", ["a", "b"])
    fields = mixture_fields(mixture)
    again = Mixture(fields["weights"], fields["means"], fields["covariances"], fields["covariance_type"])
    np.testing.assert_array_equal(again.covariances, mixture.covariances)
    np.testing.assert_array_equal(fields["component_covariances"], mixture.component_covariances)
