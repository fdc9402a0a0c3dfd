"""Images become rows."""

from __future__ import annotations

import numpy as np
import pytest

from mixfold.apps.pixels import denoised, image_of, refuse_gaps, sampled
from mixfold.errors import InputError, ShapeError


def test_an_image_is_seen_and_not_copied_and_has_an_axis_of_channels() -> None:
    gray = np.zeros((4, 5), dtype=np.uint8)
    assert image_of(gray).shape == (4, 5, 1)
    assert np.shares_memory(image_of(gray), gray)


def test_all_pixels_of_a_small_image_are_sampled_once() -> None:
    values = np.arange(60.0).reshape(5, 4, 3)
    rows = sampled(values, np.random.RandomState(0), 100)[:, 0]
    np.testing.assert_array_equal(rows[np.argsort(rows[:, 0])], values.reshape(-1, 3))


def test_whole_numbers_get_noise_of_the_interval_that_they_stand_for() -> None:
    rows = sampled(np.full((50, 50, 1), 7, dtype=np.uint8), np.random.RandomState(0), 2000).ravel()
    assert 6.5 <= rows.min() < 6.51
    assert 7.49 < rows.max() <= 7.5


def test_around_a_pixel_are_its_neighbors_and_beyond_the_border_its_last_ones() -> None:
    values = np.arange(4.0).reshape(2, 2, 1)
    squares = sampled(values, np.random.RandomState(0), 4, reach=1)[..., 0]
    corner = squares[squares[:, 4] == 0.0][0]
    np.testing.assert_array_equal(corner, [0, 0, 1, 0, 0, 1, 2, 2, 3])


def test_medians_have_less_noise_and_leave_borders_out() -> None:
    random = np.random.RandomState(0)
    halves = np.repeat([0.0, 100.0], 20)[None, :, None] + random.normal(scale=5.0, size=(40, 40, 1))
    medians = denoised(sampled(halves, random, 2000, reach=1)).ravel()
    assert len(medians) == 800
    near = np.where(medians > 50.0, 100.0, 0.0)
    assert np.std(medians - near) < 0.5 * 5.0
    assert np.abs(medians - near).max() < 15.0


def test_what_is_no_image_is_refused() -> None:
    with pytest.raises(InputError, match="must hold real numbers"):
        image_of(np.zeros((2, 2), dtype=complex))
    with pytest.raises(ShapeError, match="none of them 0"):
        image_of(np.zeros((2, 0)))
    with pytest.raises(InputError, match="must be finite"):
        refuse_gaps(np.array([1.0, np.nan]))
