import numpy as np
import pytest

from mixfold import GaussianMixture
from mixfold.datasets import load_faithful

mlflow = pytest.importorskip("mlflow", reason="MLflow is not installed")
FAITHFUL = load_faithful().data


@pytest.mark.filterwarnings("ignore")  # MLflow's own, of many kinds
def test_a_logged_mixture_answers_as_the_one_that_was_fitted(tmp_path):
    from examples.recipes.mlflow_model import log_mixture

    mlflow.set_tracking_uri(f"sqlite:///{tmp_path / 'runs.db'}")
    mlflow.set_experiment(experiment_id=mlflow.create_experiment("mixtures", (tmp_path / "artifacts").as_uri()))
    model = GaussianMixture(2, random_state=0).fit(FAITHFUL)
    with mlflow.start_run() as run:
        info = log_mixture(model, "mixture", FAITHFUL[:5])
    said = mlflow.pyfunc.load_model(info.model_uri).predict(FAITHFUL)
    np.testing.assert_array_equal(said["component"], model.predict(FAITHFUL))
    np.testing.assert_allclose(said["log_density"], model.score_samples(FAITHFUL))
    assert mlflow.get_run(run.info.run_id).data.params["n_components"] == "2"
