"""The page holds everything, is small, needs no network, and no name in the data can break it."""

import base64
import gzip
import json
import re
import shutil
import subprocess
from html import unescape
from html.parser import HTMLParser

import numpy as np
import pytest

from mixfold import AutoGaussianMixture, GaussianMixture
from mixfold.covariance import FAMILIES
from mixfold.datasets import load_faithful
from mixfold.errors import MissingExtraError, SelectionWarning, SpuriousComponentWarning
from mixfold.plotting import Report, SelectionCurve

CHROMIUM = shutil.which("chromium")
HOSTILE = ["</script><script>alert(1)</script>", '"><img src=x onerror=alert(2)>']


class _Page(HTMLParser):
    """The elements and attributes of a page, and the text of each script."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.attributes, self.scripts, self.text = [], [], {}, ""
        self._kind = None
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes += attributes
        self._kind = dict(attributes).get("type", tag) if tag in {"script", "style"} else None

    def handle_endtag(self, _):
        self._kind = None

    def handle_data(self, data):
        if self._kind is None:
            self.text += data
        else:
            self.scripts[self._kind] = self.scripts.get(self._kind, "") + data

    @property
    def content(self):
        return json.loads(self.scripts["application/json"])


@pytest.fixture(scope="module")
def fitted():
    X = load_faithful().data
    return GaussianMixture(2, init_params="kmeans", n_init=2, random_state=0).fit(X), X


@pytest.fixture(scope="module")
def hostile(fitted):
    model, X = fitted
    return _Page(Report.from_estimator(model, X, feature_names=HOSTILE, data_name="<b>.csv", command="a </pre> b").html)


def test_the_page_names_the_result_the_command_and_the_versions(fitted):
    model, X = fitted
    facts = {"BIC": model.bic(X)}
    page = _Page(Report.from_estimator(model, X, data_name="f.csv", command="mixfold fit f.csv", facts=facts).html)
    for said in (
        "Two clusters in f.csv",
        "272",
        "mixfold fit f.csv",
        f"{model.bic(X):.10g}",
        np.__version__,
        "MIT license",
    ):
        assert said in page.text


def test_hostile_names_stay_text(hostile):
    assert hostile.tags.count("script") == 3
    assert "img" not in hostile.tags
    assert hostile.content["axes"] == HOSTILE
    assert all(name in hostile.text for name in HOSTILE)
    assert "Two clusters in <b>.csv" in hostile.text


def test_nothing_is_asked_of_a_network(hostile):
    assert not {"link", "img", "iframe", "object", "base"} & set(hostile.tags)
    assert not [value for name, value in hostile.attributes if name in {"src", "href"} and not value.startswith("#")]
    (policy,) = [value for name, value in hostile.attributes if name == "content" and "default-src" in value]
    assert policy.startswith("default-src 'none'")


def test_the_chart_library_is_in_the_page(hostile):
    library = gzip.decompress(base64.b64decode(hostile.scripts["application/octet-stream"]))
    assert b"plotly.js" in library[:100]


def test_the_rows_in_the_page_are_the_data_even_far_from_zero(fitted):
    X = load_faithful().data + np.array([1.7e9, 0.0])
    model = GaussianMixture(2, init_params="kmeans", random_state=0).fit(X)
    rows = _Page(Report.from_estimator(model, X).html).content["rows"]
    for axis, column in enumerate(rows["columns"]):
        values = np.frombuffer(base64.b64decode(column), "<f4").astype(float) + rows["offsets"][axis]
        np.testing.assert_allclose(values, X[:, axis], rtol=0, atol=1e-5)
    labels = np.frombuffer(base64.b64decode(rows["labels"]), "<u2")
    np.testing.assert_array_equal(labels, model.predict(X))


def test_the_least_sure_and_the_least_likely_rows_are_listed_first(fitted):
    model, X = fitted
    html = Report.from_estimator(model, X).html
    shown = [int(row) for row in re.findall(r'data-row="(\d+)"', html)]
    shares = model.predict_proba(X).max(axis=1)
    n_unsure = int(np.sum(shares < 0.9))
    assert shown[:n_unsure] == np.argsort(shares)[:n_unsure].tolist()
    assert shown[n_unsure:] == np.argsort(model.score_samples(X))[:10].tolist()


def test_ten_thousand_rows_of_twenty_columns_stay_under_five_megabytes():
    X = np.random.default_rng(0).normal(size=(10_000, 20)) + np.repeat([[0.0], [9.0]], 5_000, axis=0)
    model = GaussianMixture(2, covariance_type="diag", init_params="kmeans", random_state=0).fit(X)
    assert len(Report.from_estimator(model, X).html.encode()) < 5_000_000


def test_more_rows_are_drawn_as_a_density_that_counts_them():
    random = np.random.default_rng(0)
    X = random.normal(size=(12_000, 3)) + random.integers(0, 2, (12_000, 1)) * [8.0, 0.0, 0.0]
    model = GaussianMixture(2, init_params="kmeans", random_state=0).fit(X)
    content = _Page(Report.from_estimator(model, X).html).content
    assert "rows" not in content
    pair = content["density"]["pairs"]["0 1"]
    counts, owners = (
        np.frombuffer(base64.b64decode(pair[name]), kind) for name, kind in (("counts", "<u4"), ("owners", "<u2"))
    )
    assert counts.sum() == pytest.approx(12_000, rel=0.01)
    left = int(np.argmin(model.means_[:, 0]))
    columns = np.flatnonzero(counts) % content["density"]["cells"]
    assert (owners[counts > 0] == left)[columns < 25].all()


def test_one_column_is_a_histogram_of_every_row(fitted):
    _, X = fitted
    model = GaussianMixture(2, init_params="kmeans", random_state=0).fit(X[:, 1:])
    assert np.sum(_Page(Report.from_estimator(model, X[:, 1:]).html).content["histogram"]["counts"]) == 272


def test_one_cluster_has_no_soft_assignment(fitted):
    _, X = fitted
    page = _Page(Report.from_estimator(GaussianMixture(1).fit(X), X).html)
    assert "One cluster in" in page.text
    assert "Soft assignment" not in page.text


def test_wide_data_offer_the_columns_in_which_the_clusters_differ():
    X = np.random.default_rng(0).normal(size=(300, 30))
    X[:150, 27] += 12.0
    model = GaussianMixture(2, covariance_type="diag", init_params="kmeans", random_state=0).fit(X)
    content = _Page(Report.from_estimator(model, X).html).content
    assert len(content["axes"]) == 22
    assert "feature 27" in content["axes"]
    assert content["axes"][-1].startswith("principal component 2")


def test_a_selection_is_drawn_and_infinite_values_are_left_out(fitted):
    model, X = fitted
    curve = SelectionCurve("BIC", (1, 2, 3), ("full",) * 3, (3.0, 2.0, float("inf")), 1)
    page = _Page(Report.from_estimator(model, X, selection=curve).html)
    (line,) = page.content["selection"]["lines"]
    assert (line["x"], line["value"]) == ([1, 2], [3.0, 2.0])
    assert "BIC weighs" in page.text


def test_the_same_fit_gives_the_same_page(fitted):
    model, X = fitted
    assert Report.from_estimator(model, X).html == Report.from_estimator(model, X).html


def test_without_the_chart_library_the_error_says_what_to_install(fitted, tmp_path, monkeypatch):
    model, X = fitted
    monkeypatch.setitem(__import__("sys").modules, "plotly.offline", None)
    with pytest.raises(MissingExtraError, match=r"pip install '\.\[report\]'"):
        Report.from_estimator(model, X).save(tmp_path / "report.html")
    assert list(tmp_path.iterdir()) == []


def test_what_the_fit_warned_about_stands_beside_the_headline():
    rows = np.concatenate([np.random.default_rng(0).normal(size=(60, 2)), [[90.0, 90.0]]])
    with pytest.warns(SpuriousComponentWarning) as said:
        model = GaussianMixture(2, random_state=0).fit(rows)
    html = Report.from_estimator(model, rows).html
    assert [str(one.message) for one in said] == list(model.warnings_)
    assert model.warnings_[0] in _Page(html).text.replace("&#39;", "'")
    assert html.index("Mind:") < html.index('class="tiles"')


def test_a_fit_without_warnings_has_nothing_to_mind(fitted):
    model, X = fitted
    assert model.warnings_ == ()
    assert "Mind:" not in Report.from_estimator(model, X).html


def test_constant_columns_come_last_and_are_named(fitted):
    rows = np.random.default_rng(0).normal(size=(60, 3)) + np.repeat([[0.0], [8.0]], 30, axis=0)
    rows[:, 0] = 7.0
    model = GaussianMixture(2, covariance_type="diag", random_state=0).fit(rows)
    page = _Page(Report.from_estimator(model, rows, feature_names=["same", "a", "b"]).html)
    assert page.content["axes"][:3] == ["a", "b", "same"]
    np.testing.assert_allclose(page.content["means"][0][:3], model.means_[0, [1, 2, 0]])
    assert "Of one value only, which tells no clusters apart: same." in page.text


@pytest.mark.parametrize(
    ("n_columns", "said"), [(13, "1 more column was used and is not shown."), (14, "2 more columns were")]
)
def test_columns_that_are_not_shown_are_counted_in_grammar(n_columns, said):
    rows = np.random.default_rng(0).normal(size=(40, n_columns))
    model = GaussianMixture(1, covariance_type="diag").fit(rows)
    assert said in _Page(Report.from_estimator(model, rows).html).text


@pytest.mark.filterwarnings("ignore::mixfold.errors.ConvergenceWarning")
@pytest.mark.parametrize(
    "name",
    [name if name in {"tied", "VVE"} else pytest.param(name, marks=pytest.mark.nightly) for name in FAMILIES]
    + ["factor:1"],
)
def test_the_name_of_a_shape_is_explained(name):
    rows = np.random.default_rng(0).normal(size=(60, 3)) + np.repeat([[0.0], [8.0]], 30, axis=0)
    model = GaussianMixture(2, covariance_type=name, init_params="kmeans", random_state=0).fit(rows)
    text = _Page(Report.from_estimator(model, rows).html).text
    assert f"Shape {name}: " in text
    if name == "VVE":
        assert "clusters differ in size, and in how long they are, and point in the same direction." in text


def test_a_climb_on_other_rows_is_a_gap_and_never_a_step_down():
    rows = np.random.default_rng(3).normal(size=(40_000, 3))
    page = _Page(Report.from_estimator(GaussianMixture(2, tol=1e-4, random_state=0).fit(rows), rows).html)
    heights = [np.array(line["y"], dtype=float) for line in page.content["restarts"]]
    assert any(np.isnan(each).any() for each in heights)
    assert not any((np.diff(each) < -1e-5).any() for each in heights)
    assert "Where a line has a gap, its start went on with more rows." in page.text


def test_warnings_about_the_choice_stand_beside_those_of_the_fit(fitted):
    _, X = fitted
    with pytest.warns(SelectionWarning, match="at the edge"):
        model = AutoGaussianMixture([1, 2], covariance_types=["full"], random_state=0).fit(X)
    text = _Page(Report.from_estimator(model, X).html).text
    assert "Mind: The choice is at the edge" in " ".join(text.split())


def test_both_numbers_are_told_where_clusters_make_fewer_groups(fitted):
    _, X = fitted
    model = AutoGaussianMixture([3], covariance_types=["tied"], random_state=0).fit(X)
    assert (model.n_components_, model.n_clusters_) == (3, 2)
    report = Report.from_estimator(model, X, data_name="Old Faithful")
    assert report.title == "Two groups of three clusters in Old Faithful"
    text = " ".join(_Page(report.html).text.split())
    assert "fall into 3 bell-shaped clusters. Those that belong together make two groups." in text
    assert "clustergroupweightrows" in text.replace(" ", "")
    alone = Report.from_estimator(GaussianMixture(2, random_state=0).fit(X), X)
    assert alone.title == "Two clusters in the data"
    assert "clusterweightrows" in "".join(_Page(alone.html).text.split())


MEASURE = """
<script>
new MutationObserver(() => {
  const box = (element) => { const r = element.getBoundingClientRect(); return [r.left, r.top, r.right, r.bottom]; };
  const charts = [...document.querySelectorAll(".chart")].map((chart) => ({
    id: chart.id, bar: [...chart.querySelectorAll(".modebar-group")].map(box), plot: [...chart.querySelectorAll(".bglayer, .nsewdrag, .legend")].map(box),
    color: [...chart.querySelectorAll(".modebar-group")].map((group) => getComputedStyle(group).backgroundColor),
  }));
  document.title = JSON.stringify(charts);
}).observe(document.documentElement, { attributeFilter: ["data-ready"] });
</script>
"""


@pytest.mark.skipif(CHROMIUM is None, reason="needs chromium")
@pytest.mark.parametrize("width", [500, 1280])
def test_the_buttons_of_a_chart_are_transparent_and_lie_on_neither_curves_nor_legend(tmp_path, width):
    X = load_faithful().data
    model = AutoGaussianMixture(range(1, 5), covariance_types=["full", "tied", "VVE"], random_state=0).fit(X)
    html = Report.from_estimator(model, X).html
    path = tmp_path / "report.html"
    path.write_text(html.replace("<head>", f"<head>{MEASURE}"), encoding="utf-8")
    arguments = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        f"--window-size={width},900",
        "--virtual-time-budget=20000",
    ]
    run = subprocess.run(
        [CHROMIUM, *arguments, f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom", path.as_uri()],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    charts = json.loads(unescape(re.search(r"<title>(.*?)</title>", run.stdout)[1]))
    assert {chart["id"] for chart in charts} == {"scatter", "sureness", "selection", "convergence"}
    for chart in charts:
        assert set(chart["color"]) == {"rgba(0, 0, 0, 0)"}, chart["id"]
        assert chart["plot"]
        for left, top, right, bottom in chart["bar"]:
            for one in chart["plot"]:
                apart = one[2] <= left or right <= one[0] or one[3] <= top or bottom <= one[1]
                assert apart, (chart["id"], one)
