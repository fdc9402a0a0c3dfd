"""Real tables that come with the package, one file a table: `load_faithful` (faithful.py)."""

from mixfold.datasets.faithful import FAITHFUL_CSV, load_faithful

__all__ = ["FAITHFUL_CSV", "load_faithful"]
