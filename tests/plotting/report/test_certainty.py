"""A report says how sure the number of clusters is, and each of them."""

import numpy as np

from mixfold import AutoGaussianMixture
from mixfold.datasets import load_faithful
from mixfold.estimators.cluster_stability import ClusterStability
from mixfold.plotting import Report
from mixfold.plotting.report.certainty import Certainty

STABILITY = ClusterStability(
    np.array([0.98, 0.42]), {2: 0.75, 1: 0.25}, {3: 1.0}, 4, np.array([[0.97, 0.31], [0.31, 0.6]])
)


def test_each_group_has_its_components_and_a_verdict():
    certainty = Certainty.of(STABILITY, np.array([1, 0, 1]))
    assert [line["members"] for line in certainty.groups] == [[1], [0, 2]]
    assert [line["found"] for line in certainty.groups] == ["98 %", "42 %"]
    assert [line["verdict"] for line in certainty.groups] == ["stable", "dissolved"]
    assert [line["together"] for line in certainty.groups] == ["97 %", "60 %"]
    assert [line["joined"] for line in certainty.groups] == ["31 % with 1", "31 % with 0"]
    assert (
        "2 groups in 75 % of 4 parts of the rows, 1 in 25 % (2 are right with a probability of"
        in certainty.sentences[1]
    )


def test_the_page_has_it_where_it_was_asked_for():
    X = load_faithful().data
    model = AutoGaussianMixture([3], covariance_types=["tied"], random_state=0).fit(X)
    assert "How sure the clusters are" not in Report.from_estimator(model, X).html
    page = Report.from_estimator(model, X, stability=STABILITY).html
    assert "<h3>How sure the clusters are</h3>" in page
    assert "Found were 3 bell-shaped clusters in 100 % of 4 parts of the rows." in page
    table = page[page.index('id="certainty"') :].partition("</table>")[0]
    assert table.count("<tr>") == 1 + 2
    assert "31 % with 0" in table
    assert "dissolved" in table


def test_a_single_group_is_joined_with_none():
    one = ClusterStability(np.array([0.9]), {1: 1.0}, {1: 1.0}, 4, np.array([[0.9]]))
    assert Certainty.of(one, np.array([0])).groups[0]["joined"] == ""


def test_it_is_said_how_rows_were_drawn() -> None:
    one = ClusterStability(np.array([0.9]), {1: 1.0}, {1: 1.0}, 4, np.array([[0.9]]), "bootstrap")
    certainty = Certainty.of(one, [0])
    assert certainty.sentences[0] == "Found were 1 bell-shaped cluster in 100 % of 4 bootstrap samples."
    assert certainty.samples.startswith("bootstrap samples of the rows")
    assert Certainty.of(STABILITY, [0, 1, 0]).samples.startswith("random parts of the rows")
