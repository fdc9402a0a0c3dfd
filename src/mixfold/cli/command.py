"""The line that a user typed, for what should say how it was made."""

from __future__ import annotations

import shlex

import typer


def command_line(context: typer.Context) -> str:
    """Give the command of a context again, with the options that differ from their defaults.

    Parameters
    ----------
    context : typer.Context
        Of a subcommand that runs.
    """
    words = ["mixfold", str(context.info_name)]
    options: list[str] = []
    for parameter in context.command.params:
        value = context.params.get(str(parameter.name))
        if parameter.param_type_name == "argument":
            words.append(str(value))
        elif value is True:
            options.append(parameter.opts[0])
        elif value is not None and value is not False and value not in ((), parameter.default):
            options += [parameter.opts[0], str(value)]
    return shlex.join([*words, *options])
