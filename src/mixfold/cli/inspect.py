"""`mixfold inspect`: what a model file holds."""

from __future__ import annotations

from typing import Annotated, Any

from mixfold.cli.console import OUT
from mixfold.cli.json_output import mixture_fields, print_json
from mixfold.cli.options import Json, Model, flag
from mixfold.cli.summary import component_tables, covariance_tables, fact_table, missing_in_words
from mixfold.formats import read_document
from mixfold.mixtures import KIND, VERSION, Mixture


def inspect(
    model: Model,
    *,
    full: Annotated[bool, flag("--full", "Show the covariance matrices, too.")] = False,
    json: Json = False,
) -> None:
    """Show what a model file holds: its components, and how it was fitted."""
    document = read_document(model, KIND, VERSION)
    mixture = Mixture.from_document(document, model)
    notes = document.fields.get("notes") or {}
    if json:
        print_json({"model": model, **mixture_fields(mixture), "notes": notes})
        return
    facts = {
        "model": str(model),
        "components": mixture.n_components,
        "features": f"{mixture.n_features} ({', '.join(mixture.feature_names or ['without names'])})",
        "covariance": mixture.covariance_type,
        "free parameters": mixture.n_parameters,
    }
    OUT.print(fact_table(facts))
    if notes:
        OUT.print("\n[bold]How it was fitted[/bold]")
        OUT.print(fact_table({name: _in_lines(value) for name, value in missing_in_words(notes).items()}))
    tables = [*component_tables(mixture, OUT.width), *(covariance_tables(mixture, OUT.width) if full else ())]
    for table in tables:
        OUT.print()
        OUT.print(table)


def _in_lines(value: Any) -> Any:
    return "\n".join(map(str, value)) if isinstance(value, list) else value
