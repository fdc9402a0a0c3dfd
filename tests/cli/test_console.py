"""What tables hold is shown by the terminal, not obeyed."""

import io

from rich.table import Table

from mixfold.cli.console import VisibleConsole, visible


def printed(what):
    file = io.StringIO()
    VisibleConsole(file=file, force_terminal=True, width=60).print(what)
    return file.getvalue()


def test_control_characters_are_written_out():
    assert visible("a\x1b[2J\tb\x9b\u202ec\nd") == "a\\x1b[2J\\tb\\x9b\\u202ec\nd"


def test_names_cannot_move_the_cursor_but_styles_stay():
    table = Table("a name that is long")
    table.add_row("[bold]a\x1b]0;t\x07[/bold]")
    assert "\x1b]0;" not in printed(table)
    assert "\\x1b]0;t" in printed(table)
    assert "\x1b[1m" in printed("[bold]a[/bold]")
