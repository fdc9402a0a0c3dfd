"""The package where Python is in a browser: no compiled kernels, no threads; and the page that fits a CSV file there."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import threading
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from mixfold import GaussianMixture
from mixfold.datasets import load_faithful

PAGE = Path(__file__).parents[2] / "docs" / "static" / "browser"
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
RUNTIME = os.environ.get("MIXFOLD_PYODIDE")
"""A folder with Pyodide and its packages, and the wheels of this package and of array-api-compat beside them."""
FAITHFUL = load_faithful().data
AS_IN_A_BROWSER = """
import sys, threading, types, warnings
import numpy as np, scipy.linalg  # as they are on this system
sys.platform = "emscripten"
sys.modules["mixfold.engines._native"] = None
sys.modules["_multiprocessing"] = types.ModuleType("_multiprocessing")
def refused(thread):
    raise RuntimeError("can't start new thread")
threading.Thread.start = refused
warnings.simplefilter("ignore", UserWarning)  # joblib's, that it works in serial mode
from mixfold import GaussianMixture
from mixfold.engines import kernels
assert not kernels.NATIVE_AVAILABLE
rows = np.load(sys.argv[1])
model = GaussianMixture(2, n_jobs=-1, random_state=0).fit(rows)
from_file = GaussianMixture(2, random_state=0).fit(sys.argv[1])
print(model.means_.tolist(), from_file.means_.tolist(), sep=";")
"""


@pytest.fixture(scope="module")
def fit_csv():
    spec = importlib.util.spec_from_file_location("fit_csv", PAGE / "fit_csv.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_fits_run_without_kernels_and_without_threads(tmp_path):
    np.save(tmp_path / "rows.npy", FAITHFUL)
    command = [sys.executable, "-c", AS_IN_A_BROWSER, str(tmp_path / "rows.npy")]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    here, file = map(json.loads, ran.stdout.split(";"))
    expected = GaussianMixture(2, random_state=0).fit(FAITHFUL).means_
    np.testing.assert_allclose(here, expected, rtol=1e-4)
    np.testing.assert_allclose(file, expected, rtol=1e-2)


@pytest.mark.parametrize(
    ("text", "names", "shape"),
    [
        ("a,b\n1,2\n3,4\n", ["a", "b"], (2, 2)),
        ("1;2\n3;4\n", ["x0", "x1"], (2, 2)),
        ("kind\tsize\nred\t1\nblue\t2.5\n", ["size"], (2, 1)),
        ('"a, b",c\n1,\n2,3\n', ["a, b", "c"], (2, 2)),
    ],
    ids=["names", "no names", "a column of words", "an empty cell"],
)
def test_columns_of_numbers_are_read_with_their_names(fit_csv, text, names, shape):
    found, rows = fit_csv.columns_of(text)
    assert found == names
    assert rows.shape == shape


@pytest.mark.parametrize("text", ["", "\n\n", "a,b\nred,blue\n"])
def test_a_file_without_numbers_is_refused(fit_csv, text):
    with pytest.raises(ValueError, match="must hold"):
        fit_csv.columns_of(text)


def test_the_number_of_components_is_chosen_or_kept(fit_csv):
    text = "eruptions,waiting\n" + "\n".join(f"{a},{b}" for a, b in FAITHFUL)
    assert len(json.loads(fit_csv.fit_csv(text))["weights"]) == 2
    found = json.loads(fit_csv.fit_csv(text, 3))
    assert len(found["means"]) == 3
    assert len(found["labels"]) == len(found["points"]) == len(FAITHFUL)


@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
def test_the_page_shows_what_was_found(fit_csv, tmp_path):
    shutil.copytree(PAGE, tmp_path, dirs_exist_ok=True)
    found = fit_csv.fit_csv("eruptions,<b>\n" + "\n".join(f"{a},{b}" for a, b in FAITHFUL))
    script = f'import {{ show }} from "./show.js"; show({found.replace("<", chr(92) + "u003c")}, document.body);'
    (tmp_path / "shown.html").write_text(f'<!doctype html><body><script type="module">{script}</script>', "utf-8")
    dom = shown(tmp_path, "shown.html")
    assert dom.count("<circle") == len(FAITHFUL)
    assert "<th>&lt;b&gt;</th>" in dom
    assert "64.4 %" in dom
    assert "272 rows, 2 components" in dom
    assert 'download="labels.csv"' in dom


def shown(folder, page):
    """Give what a page has become in Chromium."""
    options = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder / 'profile'}"]
    with served(folder) as site:
        command = [CHROMIUM, *options, "--virtual-time-budget=3000", "--dump-dom", f"{site}/{page}"]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout


@contextmanager
def served(folder):
    """Serve a folder, and give its address."""
    handler = partial(SimpleHTTPRequestHandler, directory=str(folder))
    with ThreadingHTTPServer(("localhost", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://localhost:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.skipif(RUNTIME is None, reason="MIXFOLD_PYODIDE names no folder with Pyodide and its packages")
def test_a_csv_file_is_fitted_in_the_browser(tmp_path):
    shutil.copytree(PAGE, tmp_path, dirs_exist_ok=True)
    (tmp_path / "runtime").symlink_to(Path(RUNTIME).resolve())
    (tmp_path / "faithful.csv").write_text("eruptions,waiting\n" + "\n".join(f"{a},{b}" for a, b in FAITHFUL), "utf-8")
    wheels = [path.name for kind in ("array_api_compat", "mixfold") for path in Path(RUNTIME).glob(f"{kind}-*.whl")]
    asked = "&".join(["runtime=/runtime/", *(f"package=/runtime/{name}" for name in wheels)])
    with served(tmp_path) as site:
        driver = [shutil.which("node"), Path(__file__).with_name("browser.cjs"), CHROMIUM, f"{site}/index.html?{asked}"]
        ran = subprocess.run(
            [*driver, tmp_path / "faithful.csv"], capture_output=True, text=True, check=False, timeout=500
        )
    assert ran.returncode == 0, ran.stderr
    seen = json.loads(ran.stdout)
    assert "272 rows, 2 components" in seen["found"]
    assert "64.4 %" in seen["found"]
    assert seen["circles"] == len(FAITHFUL)
    assert "must hold numbers" in seen["refused"]
