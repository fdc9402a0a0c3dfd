"""The stories of the gallery end in a decision, and say where their data are from."""

import re
from pathlib import Path

import pytest

GALLERY = Path(__file__).parents[2] / "docs" / "gallery"
STORIES = re.findall(r"gallery_(plot_\w+)\.py", (GALLERY / "GALLERY_HEADER.rst").read_text(encoding="utf-8"))


def test_the_gallery_tells_twelve_stories():
    assert len(set(STORIES)) == 12


@pytest.mark.parametrize("story", STORIES)
def test_a_story_asks_a_question_and_ends_in_a_decision(story):
    text = (GALLERY / f"{story}.py").read_text(encoding="utf-8")
    assert text.splitlines()[1].endswith("?")
    assert "print(" in text.partition("# **Decision.**")[2]


@pytest.mark.parametrize("story", STORIES)
def test_a_story_names_the_license_of_the_data_that_it_reads(story):
    text = (GALLERY / f"{story}.py").read_text(encoding="utf-8")
    licenses = dict(
        re.findall(r"^\| ([\w.]+) \|.*\| ([^|]+) \|$", (GALLERY / "data/SOURCES.md").read_text("utf-8"), re.MULTILINE)
    )
    for name in re.findall(r'"data/([\w.]+)"', text):
        assert licenses[name].split()[0] in text.split('"""')[1]


def test_every_file_of_data_is_in_the_list_of_licenses():
    listed = re.findall(r"^\| (\w+\.\w+) \|", (GALLERY / "data/SOURCES.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(listed) == sorted(path.name for path in (GALLERY / "data").iterdir() if path.suffix != ".md")
