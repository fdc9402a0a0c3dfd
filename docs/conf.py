"""How the documentation is built: `make docs`. Warnings are errors, every example runs."""

import os
import re
import sys
import warnings
from importlib import metadata
from pathlib import Path
from urllib.parse import unquote

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
os.environ.setdefault("OMP_NUM_THREADS", "1")

import reference_pages
from sphinx.errors import ExtensionError

project = "mixfold"
author = "the mixfold developers"
release = version = metadata.version("mixfold")
extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "mathml",
    "sphinx_gallery.gen_gallery",
]
source_suffix = {".md": "markdown", ".rst": "restructuredtext"}
exclude_patterns = ["gallery", "generated/gallery/**/*.ipynb", "generated/gallery/**/*.py"]
default_role = "code"
nitpicky = False
suppress_warnings = [
    "config.cache",  # the settings of the gallery hold an object
    "myst.xref_missing",  # files of the project beside docs/; tests/docs follows every link
    "ref.python",  # an attribute that several classes have is a link to none of them
]
myst_enable_extensions = ["dollarmath", "amsmath"]
myst_heading_anchors = 3

html_math_renderer = "mathml"

autodoc_typehints = "none"  # numpydoc's sections say more
numpydoc_show_class_members = False
numpydoc_xref_param_type = False

sphinx_gallery_conf = {
    "examples_dirs": "gallery",
    "gallery_dirs": "generated/gallery",
    "filename_pattern": r"plot_",
    "within_subsection_order": "FileNameSortKey",
    "abort_on_example_error": True,
    "download_all_examples": False,
    "show_signature": False,
    "remove_config_comments": True,
    "show_api_usage": False,
    "write_computation_times": False,
    "min_reported_time": 10,
    "parallel": 2,
    "reset_modules": ("matplotlib", "seaborn", "warnings_are_errors.refuse"),
}
warnings.filterwarnings("error", category=UserWarning, module="mixfold")

html_theme = "pydata_sphinx_theme"
html_title = "mixfold"
html_static_path = ["static"]
html_css_files = ["mixfold.css"]
html_js_files = ["copy.js"]
html_show_sourcelink = False
html_theme_options = {
    "header_links_before_dropdown": 6,
    "secondary_sidebar_items": ["page-toc"],
    "show_toc_level": 2,
    "footer_start": ["copyright"],
    "footer_end": [],
}
html_sidebars = {"reference/index": [], "index": []}
copyright = "the mixfold developers, BSD-3-Clause"  # noqa: A001


NETWORK = re.compile(r'<(?:script|link|img|iframe|object)\b[^>]*\b(?:src|href|data)="(?:https?:)?//[^"]*"')


def refuse_network(app, exception):
    """Let no page ask for anything that is not beside it: the documentation opens from a disk."""
    if exception is not None or app.builder.format != "html":
        return
    asked = {found for page in Path(app.outdir).rglob("*.html") for found in NETWORK.findall(page.read_text("utf-8"))}
    if asked:
        message = f"Pages must work without a network, but ask for {', '.join(sorted(asked))}."
        raise ExtensionError(message)


LINK, ANCHOR = re.compile(r'<a\b[^>]*\bhref="([^"]+)"'), re.compile(r'\bid="([^"]+)"')


def refuse_dead_links(app, exception):
    """Let no page link to a page, or to a place on one, that is not there: Sphinx looks at a part of them only."""
    if exception is not None or app.builder.format != "html":
        return
    pages = {page.resolve(): page.read_text("utf-8") for page in Path(app.outdir).rglob("*.html")}
    places = {page: set(ANCHOR.findall(text)) for page, text in pages.items()}
    dead = set()
    for page, text in pages.items():
        for link in set(LINK.findall(text)):
            path, _, place = unquote(link).partition("#")
            target = (page.parent / path).resolve() if path else page
            if "://" not in link and not (target.exists() and (not place or place in places.get(target, {place}))):
                dead.add(f"{page.relative_to(Path(app.outdir).resolve())}: {link}")
    if dead:
        message = f"Links must lead somewhere, but these do not: {', '.join(sorted(dead))}."
        raise ExtensionError(message)


HEADING = re.compile(r"^# ([^\n]+)\n+(?:(?!```|[#|!<-])(.+?)(?:\n\n|\Z))?", re.DOTALL | re.MULTILINE)


def write_llms(app, exception):
    """Write llms.txt, a list of the pages and what each is about, and their text beside them, for programs."""
    if exception is not None or app.builder.format != "html":
        return
    lines = ["# mixfold", "", "> Gaussian mixture models for Python and for the command line."]
    for folder in ("tutorials", "how-to", "recipes", "explanation"):
        lines += ["", f"## {folder}", ""]
        for page in sorted((HERE / folder).glob("*.md")):
            text = page.read_text("utf-8")
            title, about = HEADING.search(text).groups()
            said = re.split(r"(?<!et al)\. ", " ".join((about or "").split()))[0].rstrip(".")
            lines.append(f"- [{title}]({folder}/{page.name})" + (f": {said}" if said else ""))
            beside = Path(app.outdir) / folder / page.name
            beside.parent.mkdir(parents=True, exist_ok=True)
            beside.write_text(text, "utf-8")
    lines += ["", "## gallery", ""]
    for script in sorted((HERE / "gallery").glob("plot_*.py")):
        title = script.read_text("utf-8").splitlines()[1]
        lines.append(f"- [{title}](generated/gallery/{script.stem}.html)")
    (Path(app.outdir) / "llms.txt").write_text("\n".join(lines) + "\n", "utf-8")


def setup(app):
    """Write the reference before Sphinx reads the pages, and look at the pages when they are there."""
    app.connect("builder-inited", lambda _: reference_pages.write(HERE / "generated" / "reference"))
    app.connect("build-finished", write_llms)
    app.connect("build-finished", refuse_network)
    app.connect("build-finished", refuse_dead_links)
