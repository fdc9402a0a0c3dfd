"""`mixfold inspect`: what a model file holds."""

from __future__ import annotations

from mixfold.cli.console import OUT
from mixfold.cli.options import Model
from mixfold.cli.summary import component_tables, fact_table
from mixfold.formats import read_document
from mixfold.mixture import KIND, VERSION, Mixture


def inspect(model: Model) -> None:
    """Show what a model file holds: its components, and how it was fitted."""
    document = read_document(model, KIND, VERSION)
    mixture = Mixture.from_document(document, model)
    facts = {
        "model": str(model),
        "components": mixture.n_components,
        "features": f"{mixture.n_features} ({', '.join(mixture.feature_names or ['without names'])})",
        "covariance": mixture.covariance_type,
        "free parameters": mixture.n_parameters,
    }
    notes = document.fields.get("notes") or {}
    OUT.print(fact_table(facts))
    if notes:
        OUT.print("\n[bold]How it was fitted[/bold]")
        OUT.print(fact_table(notes))
    for table in component_tables(mixture):
        OUT.print()
        OUT.print(table)
