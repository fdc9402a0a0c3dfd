"""The page on warnings and errors has each of them, and says truly what else they are."""

import re
from pathlib import Path

import pytest
from sklearn.exceptions import ConvergenceWarning

from mixfold import errors

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "my-fit-warns.md"
SECTIONS = dict(
    re.findall(r"^## (\w+)\n\n(.*?)(?=^## |\Z)", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
)
CLASSES = {
    name: value
    for name, value in vars(errors).items()
    if isinstance(value, type)
    and issubclass(value, errors.MixfoldError | Warning)
    and value.__module__ == errors.__name__
}


def test_every_warning_and_error_has_a_section_and_nothing_else_has():
    assert set(SECTIONS) == set(CLASSES)


@pytest.mark.parametrize("name", sorted(set(CLASSES) - {"MixfoldError"}))
def test_a_section_says_what_else_a_class_is(name):
    kind = SECTIONS[name].partition(".* ")[0]
    builtin = re.findall(r"`(ValueError|TypeError|OSError|RuntimeError|ImportError)`", kind)
    if issubclass(CLASSES[name], Warning):
        assert kind.startswith("*A warning")
    else:
        assert [word for word in builtin if issubclass(CLASSES[name], getattr(__import__("builtins"), word))] == builtin
        assert builtin


def test_scikit_learns_filters_know_the_warning_of_convergence():
    assert issubclass(errors.ConvergenceWarning, ConvergenceWarning)
