"""What a sweep ends with belongs together: the choice is one of the cells, and the last climb is that to it."""

import numpy as np

from mixfold.datasets import load_faithful
from mixfold.fold import Fold
from mixfold.search import Sweep


def test_the_choice_its_parameters_and_its_last_climb_are_one() -> None:
    swept = Sweep(Fold.of_rows(load_faithful().data), [1, 2, 3], ["full", "tied"], "bic", seed=0).run()
    assert sum(cell is swept.chosen for cell in swept.cells) == 1
    assert [cell.n_components for cell in swept.cells] == [1, 1, 2, 2, 3, 3]
    assert swept.chosen.parameters is not None
    np.testing.assert_array_equal(swept.chosen.parameters.means, swept.parameters.means)
    assert swept.restarts[-1].n_iter >= swept.run.n_iter
    assert not swept.is_cut
