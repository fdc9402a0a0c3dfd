"""What the cluster picture shows is what the mixture says."""

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from matplotlib.colors import to_rgb
from sklearn.cluster import KMeans
from sklearn.exceptions import NotFittedError

from mixfold import AutoGaussianMixture, GaussianMixture, Mixture
from mixfold.errors import InputError
from mixfold.plotting import ClusterDisplay, new_figure
from mixfold.plotting.palette import colors_of

ROUND = Mixture([0.5, 0.5], [[0.0, 0.0], [9.0, 0.0]], [1.0, 4.0], "spherical", ["width", "length"])


def test_each_row_is_drawn_once_with_the_marks_of_its_label(faithful, ax, drawn):
    model, X = faithful
    ClusterDisplay.from_estimator(model, X, ax=ax)
    for component, color in enumerate(colors_of(2)):
        rows = drawn(ax, f"rows {component}")
        np.testing.assert_array_equal(rows.get_offsets(), X[model.predict(X) == component])
        np.testing.assert_allclose(rows.get_facecolor()[0, :3], color)


def test_components_of_one_cluster_have_the_same_color_and_both_numbers_are_said(faithful, ax, drawn):
    X = faithful[1]
    model = AutoGaussianMixture([3], covariance_types=["tied"], random_state=0).fit(X)
    assert (model.n_components_, model.n_clusters_) == (3, 2)
    ClusterDisplay.from_estimator(model, X, ax=ax)
    assert ax.get_title("left") == "Two clusters of three components"
    for cluster, color in enumerate(colors_of(2)):
        rows = drawn(ax, f"rows {cluster}")
        np.testing.assert_array_equal(rows.get_offsets(), X[model.cluster_labels_ == cluster])
        np.testing.assert_allclose(rows.get_facecolor()[0, :3], color)
    edges = [drawn(ax, f"outline {component} 0.5").get_edgecolor() for component in range(3)]
    same = np.flatnonzero(model.clusters_ == np.bincount(model.clusters_).argmax())
    assert edges[same[0]] == edges[same[1]]
    assert len(set(edges)) == 2
    assert ax.get_legend().get_title().get_text() == "cluster"


def test_an_ellipse_holds_its_share_of_the_component(ax, drawn):
    X, _ = ROUND.sample(20_000, random_state=0)
    ClusterDisplay.from_mixture(ROUND, X, masses=[0.8], max_rows=100, ax=ax)
    for component, deviation in enumerate((1.0, 2.0)):
        ellipse = drawn(ax, f"outline {component} 0.8")
        # In the plane the chi-square quantile is -2 log(1 - mass).
        np.testing.assert_allclose([ellipse.width, ellipse.height], 2 * deviation * np.sqrt(-2 * np.log(0.2)))
        np.testing.assert_array_equal(ellipse.center, ROUND.means[component])


def test_an_ellipse_lies_along_the_correlation(ax, drawn):
    mixture = Mixture([1.0], [[0.0, 0.0]], [[[2.0, 1.5], [1.5, 2.0]]])
    ClusterDisplay.from_mixture(mixture, np.zeros((2, 2)), masses=[0.5], ax=ax)
    ellipse = drawn(ax, "outline 0 0.5")
    assert ellipse.angle % 180.0 == pytest.approx(45.0)
    assert ellipse.width / ellipse.height == pytest.approx(np.sqrt(3.5 / 0.5))


def test_soft_colors_lie_between_those_of_the_components(ax, drawn):
    near = Mixture([0.5, 0.5], [[0.0, 0.0], [2.0, 0.0]], [1.0, 1.0], "spherical")
    ClusterDisplay.from_mixture(near, [[1.0, 0.0], [-9.0, 0.0]], assignment="soft", ax=ax)
    half, sure = drawn(ax, "unsure rows").get_facecolor()[0, :3], drawn(ax, "sure rows").get_facecolor()[0, :3]
    first, second = colors_of(2)
    np.testing.assert_allclose(half**2.2, (first**2.2 + second**2.2) / 2.0)
    np.testing.assert_allclose(sure, first, atol=1e-3)
    assert "50.0% of the rows" in ax.get_legend().get_texts()[0].get_text()


def test_one_component_is_shown_by_its_responsibilities_with_a_scale(faithful, ax, drawn):
    model, X = faithful
    ClusterDisplay.from_estimator(model, X, assignment=1, ax=ax)
    rows = drawn(ax, "rows")
    np.testing.assert_array_equal(rows.get_array(), np.sort(model.predict_proba(X)[:, 1]))
    assert rows.get_clim() == (0.0, 1.0)
    assert [axes.get_ylabel() for axes in ax.figure.axes if axes is not ax] == ["responsibility of component 1"]


def test_centers_carry_the_number_of_their_component(faithful, ax):
    model, X = faithful
    ClusterDisplay.from_estimator(model, X, ax=ax)
    assert {text.get_text(): text.get_position() for text in ax.texts if text.get_text() in "01"} == {
        str(component): tuple(mean) for component, mean in enumerate(model.means_)
    }


def test_features_are_chosen_by_name_and_projected_exactly(iris, ax, drawn):
    model, X = iris
    ClusterDisplay.from_estimator(model, X, features=("petal width (cm)", 0), masses=[0.5], ax=ax)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("petal width (cm)", "sepal length (cm)")
    np.testing.assert_allclose(drawn(ax, "outline 2 0.5").center, model.means_[2][[3, 0]])
    assert any("2 of 4 features" in text.get_text() for text in ax.texts)


def test_more_features_are_drawn_on_the_plane_of_their_principal_components_and_it_says_so(iris, ax):
    model, X = iris
    display = ClusterDisplay.from_estimator(model, X, ax=ax)
    assert ax.get_xlabel() == "principal component 1 (73% of the variance)"
    assert any("PCA plane of 4 standardized features" in text.get_text() for text in ax.texts)
    # EM makes the mean of the mixture that of the data, and a linear map keeps it so.
    np.testing.assert_allclose(display.mixture.mean, display.points.mean(axis=0), atol=1e-6)


def test_a_single_feature_is_drawn_in_one_strip_a_component(ax, drawn):
    mixture = Mixture([0.5, 0.5], [[0.0], [8.0]], [1.0, 1.0], "spherical", ["size"])
    X, labels = mixture.sample(50, random_state=0)
    ClusterDisplay.from_mixture(mixture, X, masses=[0.9], ax=ax)
    for component in range(2):
        places = drawn(ax, f"rows {component}").get_offsets()
        np.testing.assert_array_equal(places[:, 0], X[labels == component, 0])
        assert np.all(np.abs(places[:, 1] - component) < 0.5)
    np.testing.assert_allclose(drawn(ax, "outline 1 0.9").get_xdata(), 8.0 + 1.6448536 * np.array([-1, 1]))
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("size", "component")


def test_of_many_rows_a_sample_is_drawn_and_the_picture_says_so(ax):
    X, _ = ROUND.sample(2_000, random_state=0)
    display = ClusterDisplay.from_mixture(ROUND, X, max_rows=300, ax=ax)
    assert len(display.points) == len(np.unique(display.points, axis=0)) == 300
    assert any("300 of 2,000 rows drawn" in text.get_text() for text in ax.texts)


def test_a_display_can_be_drawn_again_elsewhere(faithful, ax):
    display = ClusterDisplay.from_estimator(*faithful, ax=ax)
    other = new_figure().subplots()
    assert display.plot(other, assignment="soft") is display
    assert display.ax_ is other
    assert display.figure_ is other.figure


def test_without_axes_a_pyplot_figure_is_made():
    plt.switch_backend("Agg")
    X, _ = ROUND.sample(10, random_state=0)
    display = ClusterDisplay.from_mixture(ROUND, X)
    assert plt.gcf() is display.figure_
    plt.close(display.figure_)


def test_names_come_from_the_data_frame_before_the_mixture(ax):
    X = pd.DataFrame(ROUND.sample(10, random_state=0)[0], columns=["u", "v"])
    ClusterDisplay.from_mixture(ROUND, X, ax=ax)
    assert ax.get_xlabel() == "u"
    assert ClusterDisplay.from_mixture(ROUND, X.to_numpy(), ax=ax).ax_.get_xlabel() == "width"


def test_twenty_five_components_have_marks_of_their_own(ax):
    mixture = Mixture(np.full(25, 0.04), np.arange(50.0).reshape(25, 2), np.full(25, 0.01), "spherical")
    ClusterDisplay.from_mixture(mixture, mixture.means, ax=ax)
    looks = set()
    for artist in ax.collections:
        if str(artist.get_gid()).startswith("rows"):
            looks.add((to_rgb(artist.get_facecolor()[0]), artist.get_paths()[0].vertices.tobytes()))
    assert len(looks) == 25
    assert ax.get_legend() is None


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"assignment": "fuzzy"}, "must be 'hard', 'soft' or a component from 0 to 1, got 'fuzzy'"),
        ({"assignment": 2}, "a component from 0 to 1, got 2"),
        ({"masses": [90]}, "between 0 and 1, got 90"),
        ({"features": "height"}, "'height' is unknown"),
        ({"features": [5]}, "must be an index from 0 to 1"),
        ({"max_rows": 0}, "`max_rows` must be at least 1"),
        ({"feature_names": ["a"]}, "must name 2 features, got 1"),
    ],
)
def test_options_out_of_range_are_refused_before_anything_is_drawn(ax, options, message):
    with pytest.raises(InputError, match=message):
        ClusterDisplay.from_mixture(ROUND, [[0.0, 0.0]], ax=ax, **options)
    assert not ax.collections


def test_three_features_are_too_many_to_choose(iris, ax):
    with pytest.raises(InputError, match="must name one or two of the 4 features, got 3"):
        ClusterDisplay.from_estimator(*iris, features=(0, 1, 2), ax=ax)


def test_estimators_without_a_mixture_are_refused(ax):
    with pytest.raises(NotFittedError):
        ClusterDisplay.from_estimator(GaussianMixture(), [[0.0]], ax=ax)
    with pytest.raises(InputError, match="KMeans has none"):
        ClusterDisplay.from_estimator(KMeans(1).fit([[0.0], [1.0]]), [[0.0]], ax=ax)


def test_a_constant_feature_takes_no_part_in_the_principal_plane(ax):
    X = np.column_stack([np.random.default_rng(0).normal(size=(60, 2)), np.full(60, 3.0)])
    display = ClusterDisplay.from_estimator(GaussianMixture(2, random_state=0).fit(X), X, ax=ax)
    assert np.isfinite(display.points).all()
    assert "(0%" not in ax.get_ylabel()
