"""Names of initializers."""

from __future__ import annotations

import pytest

from mixfold.errors import InputError
from mixfold.initialization import INITIALIZERS, initializer_for


@pytest.mark.parametrize("name", list(INITIALIZERS))
def test_a_name_means_one_initializer(name: str) -> None:
    assert initializer_for(name) is INITIALIZERS[name]
    assert initializer_for(INITIALIZERS[name]) is INITIALIZERS[name]


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(InputError, match=r"`init_params` must be one of .*'kmeans'.* or an object .*, got 'oracle'"):
        initializer_for("oracle")
