"""A report says of each split how far apart its two groups are, with the p-values of what was tested."""

import numpy as np
import pytest

from mixfold import AutoGaussianMixture, GaussianMixture
from mixfold.datasets import load_faithful
from mixfold.plotting import Report
from mixfold.plotting.report.splits import Splits

X = load_faithful().data


@pytest.fixture(scope="module")
def model():
    return AutoGaussianMixture([3], covariance_types=["tied"], random_state=0).fit(X)


def table_of(page):
    return page[page.index('id="splits"') :].partition("</table>")[0]


def test_each_split_has_its_two_groups_and_what_was_tested(model):
    splits = Splits.of(model, {2: model.split_test(X, n_bootstrap=19)})
    assert [line["n_clusters"] for line in splits.lines] == [2, 3]
    assert [line["is_made"] for line in splits.lines] == [True, False]
    assert [line["one_normal"] for line in splits.lines] == ["p = 0.05", ""]
    coarse, fine = splits.lines
    assert sorted(coarse["one"] + coarse["other"]) == [0, 1, 2]
    parts = {frozenset(np.flatnonzero(model.clusters_ == group).tolist()) for group in range(2)}
    assert {frozenset(coarse["one"]), frozenset(coarse["other"])} == parts
    assert set(fine["one"] + fine["other"]) in parts


def test_the_page_shows_the_dip_test_and_the_bootstrap_test_where_there_is_one(model):
    page = Report.from_estimator(model, X).html
    assert table_of(page).count("<tr") == 1 + 2
    assert "p &lt; 0.001" in table_of(page)
    assert "one cloud, bootstrap" not in page
    page = Report.from_estimator(model, X, split_tests={2: model.split_test(X, n_bootstrap=19)}).html
    assert "one cloud, bootstrap" in table_of(page)
    assert "p = 0.05<" in table_of(page)
    assert "not tested" in table_of(page)
    assert "<td>yes</td>" in table_of(page).partition('">2</th>')[2].partition("</tr>")[0]
    assert "<td>no</td>" in table_of(page).partition('">3</th>')[2].partition("</tr>")[0]


def test_what_has_no_splits_has_no_table_of_them():
    one = AutoGaussianMixture([1], covariance_types=["tied"], random_state=0).fit(X)
    for estimator in (one, GaussianMixture(2, random_state=0).fit(X)):
        assert "How far apart the groups are" not in Report.from_estimator(estimator, X).html


def test_of_many_splits_the_first_are_shown():
    rows = np.concatenate([np.random.default_rng(at).normal(20.0 * at, 1.0, (40, 1)) for at in range(11)])
    model = AutoGaussianMixture([11], covariance_types=["tied"], random_state=0).fit(rows)
    splits = Splits.of(model, {})
    assert (len(splits.lines), splits.n_splits) == (8, 10)
    assert "2 more are not shown." in Report.from_estimator(model, rows).html
