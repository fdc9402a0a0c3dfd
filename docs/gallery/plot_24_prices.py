"""
What does a stormy month cost?
==============================

Monthly prices of five American shares from 2000 to 2010 (vega_datasets, BSD license). Google has no price before August
2004. How often are months stormy, and what may a portfolio lose in one?
"""

import csv
from pathlib import Path

import numpy as np
from matplotlib import pyplot as plt

from mixfold import GaussianMixture

with Path("data/prices.csv").open(encoding="utf-8") as file:
    quotes = list(csv.DictReader(file))
months = list(dict.fromkeys(quote["date"] for quote in quotes if quote["symbol"] == "MSFT"))
shares = list(dict.fromkeys(quote["symbol"] for quote in quotes))
prices = np.full((len(months), len(shares)), np.nan)
for quote in quotes:
    prices[months.index(quote["date"]), shares.index(quote["symbol"])] = float(quote["price"])
returns = 100.0 * np.diff(np.log(prices), axis=0)
print(f"{np.isnan(returns).any(axis=1).sum()} of {len(returns)} months lack a return")

# %%
# Months of which a return is missing are not thrown away: each counts by the returns that it has. Two components are
# two weathers, calm and stormy.

model = GaussianMixture(2, random_state=0).fit(returns)
mixture = model.mixture_
risk = np.sqrt(np.diagonal(model.covariances_, axis1=1, axis2=2).mean(axis=1))
stormy = int(np.argmax(risk))
for name, number in {"calm": 1 - stormy, "stormy": stormy}.items():
    print(f"{name:>6}: {model.weights_[number]:.0%} of months, a share moves by {risk[number]:.0f} % a month")

# %%
# What an even portfolio returns in a month of each weather: samples of the component.

draws = {}
for name, number in {"calm": 1 - stormy, "stormy": stormy}.items():
    random = np.random.default_rng(0)
    drawn = random.multivariate_normal(model.means_[number], model.covariances_[number], 20_000)
    draws[name] = 100.0 * (np.exp(drawn / 100.0).mean(axis=1) - 1.0)
probability = model.predict_proba(returns)[:, stormy]

_, (left, right) = plt.subplots(1, 2, figsize=(11, 3.8), layout="constrained")
left.bar(np.arange(len(returns)), probability, width=1.0, color="#d55e00")
left.set_xticks(np.arange(0, len(returns), 24), [month.split()[-1] for month in months[1::24]])
left.set_ylabel("probability of a stormy month")
for (name, drawn), color in zip(draws.items(), ["#0072b2", "#d55e00"], strict=True):
    right.hist(drawn, 80, density=True, histtype="step", color=color, label=name)
right.set_xlabel("return of an even portfolio in a month, %")
right.legend(frameon=False)
plt.show()

# %%
# **Decision.** Keep aside what the worst stormy month of twenty costs.

for name, drawn in draws.items():
    print(f"{name:>6}: one month in twenty loses {-np.quantile(drawn, 0.05):.0f} % or more")
