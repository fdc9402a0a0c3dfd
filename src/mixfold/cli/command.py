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
        elif value is None or value == parameter.default:
            continue
        elif isinstance(value, bool):
            options += parameter.opts[:1] if value else parameter.secondary_opts[:1]
        else:
            for one in value if isinstance(value, list | tuple) else (value,):  # an option that may be repeated
                options += [parameter.opts[0], str(one)]
    return shlex.join([*words, *options])
