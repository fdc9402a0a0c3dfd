"""Numbers of a grid have the digits in which they differ."""

from rich.console import Console

from mixfold.cli.summary import grid_table


def test_criteria_that_differ_late_are_told_apart():
    rows = [
        {"n_components": 2, "covariance_type": name, "bic": bic, "outcome": "converged", "chosen": name == "VVE"}
        for name, bic in (("VVE", 2321.0884), ("VEV", 2321.0931), ("EEE", 2400.5))
    ]
    console = Console(width=80)
    with console.capture() as captured:
        console.print(grid_table(rows, "bic"))
    assert "2321.088 " in captured.get()
    assert "2321.093 " in captured.get()
