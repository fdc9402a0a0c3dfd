"""The components of a mixture as a picture."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import numpy as np
import pytest

from mixfold import Mixture
from mixfold.mixtures.picture import HEIGHT, WIDTH, picture_of
from tests.examples import mixture_of

SVG = ET.Element


def drawn(mixture: Mixture) -> SVG:
    """Read the picture of a mixture as XML."""
    return ET.fromstring(picture_of(mixture))  # noqa: S314  # we wrote it


@pytest.mark.parametrize("covariance_type", ["full", "tied", "diag", "spherical", "factor:1"])
def test_each_component_is_an_ellipse_inside_the_picture(covariance_type: str) -> None:
    ellipses = drawn(mixture_of(covariance_type, 4, 3)).findall("ellipse")
    assert len(ellipses) == 4
    for each in ellipses:
        assert 0 < float(each.attrib["cx"]) < WIDTH
        assert 0 < float(each.attrib["cy"]) < HEIGHT
        assert float(each.attrib["rx"]) >= float(each.attrib["ry"]) > 0


def test_an_ellipse_lies_as_its_covariance_does() -> None:
    mixture = Mixture([1.0], [[0.0, 0.0]], [[[1.0, 0.9], [0.9, 1.0]]])
    (ellipse,) = drawn(mixture).findall("ellipse")
    angle = float(ellipse.attrib["transform"].split("(")[1].split()[0]) % 180.0
    assert 90.0 < angle < 180.0  # upwards to the right, where pixels count downwards


def test_one_feature_is_a_curve_with_its_modes() -> None:
    picture = drawn(Mixture([0.5, 0.5], [[0.0], [9.0]], [1.0, 1.0], "spherical"))
    path = picture.find("path")
    assert path is not None
    tops = np.array([point.split()[1] for point in path.attrib["d"][1:].split(" L")], dtype=float)
    assert np.sum((tops[1:-1] < tops[:-2]) & (tops[1:-1] < tops[2:])) == 2


def test_the_two_features_that_tell_components_apart_are_shown_by_name() -> None:
    mixture = Mixture([0.5, 0.5], [[0.0, 0.0, 0.0], [50.0, 9.0, 5.0]], [[1e4, 1.0, 1.0]] * 2, "diag", ["a", "<b>", "c"])
    assert [text.text for text in drawn(mixture).findall("text")] == ["<b>", "c"]


def test_components_without_weight_do_not_widen_the_picture() -> None:
    with_ghost = Mixture([1.0, 0.0], [[0.0, 0.0], [1e6, 1e6]], [1.0, 1.0], "spherical")
    (first, *_) = drawn(with_ghost).findall("ellipse")
    assert float(first.attrib["rx"]) > 20.0
