"""The exporters by name."""

from __future__ import annotations

from mixfold.contracts import fulfills
from mixfold.exports import EXPORTERS, Exporter


def test_each_is_known_by_its_name_and_has_a_suffix_of_its_own() -> None:
    assert all(name == exporter.name for name, exporter in EXPORTERS.items())
    assert len({exporter.suffix for exporter in EXPORTERS.values()}) == len(EXPORTERS)
    assert all(fulfills(exporter, Exporter) for exporter in EXPORTERS.values())
