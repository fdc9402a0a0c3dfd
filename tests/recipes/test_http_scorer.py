import json
import threading
from urllib.error import HTTPError
from urllib.request import urlopen

import numpy as np
import pytest
from examples.recipes.http_scorer import server

from mixfold import GaussianMixture
from mixfold.datasets import load_faithful

FAITHFUL = load_faithful().data
MODEL = GaussianMixture(2, random_state=0).fit(FAITHFUL)


@pytest.fixture
def ask(tmp_path):
    MODEL.save(tmp_path / "model.json")
    with server(str(tmp_path / "model.json"), 0) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield lambda rows: json.load(urlopen(f"http://localhost:{running.server_port}", json.dumps(rows).encode()))
        running.shutdown()
        thread.join()


def test_rows_come_back_with_what_the_model_says_of_them(ask):
    said = ask(FAITHFUL[:3].tolist())
    np.testing.assert_allclose(said["probabilities"], MODEL.predict_proba(FAITHFUL[:3]))
    np.testing.assert_allclose(said["log_density"], MODEL.score_samples(FAITHFUL[:3]))


@pytest.mark.parametrize("rows", [[[1.0]], "no rows", None], ids=["too narrow", "words", "nothing"])
def test_what_is_no_row_is_refused_in_words(ask, rows):
    with pytest.raises(HTTPError) as refused:
        ask(rows)
    assert refused.value.code == 422
    assert json.load(refused.value)["error"]
