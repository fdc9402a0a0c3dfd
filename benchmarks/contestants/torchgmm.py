"""torchgmm, which is PyCave's successor."""

from __future__ import annotations

from typing import Any

import torch
from torchgmm.bayes.gmm.lightning_module import GaussianMixtureLightningModule
from torchgmm.bayes.gmm.model import GaussianMixtureModel, GaussianMixtureModelConfig

from benchmarks.contestants.abstract import RIDGE, refuse_temporaries
from benchmarks.workloads import Workload
from mixfold.parameters import Parameters
from mixfold.typing import FloatArray

torch.set_num_threads(1)


class TorchGMM:
    """The steps of its training module, without the trainer around them."""

    def __init__(self, workload: Workload, rows: FloatArray, start: Parameters, device: str = "cpu") -> None:
        refuse_temporaries(workload, workload.n_features, device)
        self.rows = torch.from_numpy(rows).to(device)
        config = GaussianMixtureModelConfig(workload.n_components, workload.n_features, workload.covariance_type)
        self.model = GaussianMixtureModel(config).to(self.rows)
        precisions = workload.family.precisions_cholesky(workload.family.whiten(start.covariances))
        self.model.component_probs.copy_(torch.from_numpy(start.weights))
        self.model.means.copy_(torch.from_numpy(start.means))
        self.model.precisions_cholesky.copy_(torch.from_numpy(precisions))
        self.module: Any = GaussianMixtureLightningModule(self.model, covariance_regularization=RIDGE)
        self.module.to(self.rows)

    @torch.no_grad()
    def iterate(self, steps: int) -> None:
        module = self.module
        for _ in range(steps):
            module.on_train_epoch_start()
            log_responsibilities, self.densities = self.model.forward(self.rows)
            responsibilities = log_responsibilities.exp()
            module.prior_aggregator.update(responsibilities)
            module.mean_aggregator.update(self.rows, responsibilities)
            module.covar_aggregator.update(self.rows, responsibilities, module.mean_aggregator.compute())
            module.nonparametric_training_epoch_end()

    def log_likelihood(self) -> float:
        return float(self.densities.sum())

    @torch.no_grad()
    def score_samples(self) -> Any:
        return self.model.forward(self.rows)[1].numpy(force=True)

    @torch.no_grad()
    def predict_proba(self) -> Any:
        return self.model.forward(self.rows)[0].exp().numpy(force=True)
