"""The contract of an exporter."""

from __future__ import annotations

import pytest

from mixfold.exports import EXPORTERS, Scorer
from mixfold.exports.abstract import described
from tests.exports.examples import example


@pytest.mark.parametrize("name", sorted(set(EXPORTERS) - {"onnx"}))
def test_names_of_features_do_not_end_a_comment(name: str) -> None:
    scorer = Scorer.of(example("full")[0])
    first = EXPORTERS[name].content(scorer).decode().splitlines()[0]
    assert "it's; DROP TABLE" in first


def test_a_description_is_one_line() -> None:
    scorer = Scorer.of(example("full")[0])
    broken = Scorer(scorer.offsets, scorer.means, scorer.whiteners, ("a\nb", "c\u2028d", "e"))
    assert described(broken) == "A Gaussian mixture of 4 components in 3 features: a b, c d, e."
