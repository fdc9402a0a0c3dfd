"""What the gallery sets before each example: a warning of the package is an error."""

import warnings


def refuse(_settings, _script):
    """Set it in whatever process the example is run."""
    warnings.filterwarnings("error", category=UserWarning, module="mixfold")
