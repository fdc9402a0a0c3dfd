"""
Which customers want which offer?
=================================

What 440 customers of a wholesaler in Portugal spend in a year on six kinds of goods (UCI Machine Learning Repository,
*Wholesale customers*, M. Cardoso, CC BY 4.0). Sales can write two different letters. To whom goes which?
"""

import numpy as np
from matplotlib import pyplot as plt

from mixfold import GaussianMixture

table = np.genfromtxt("data/customers.csv", delimiter=",", names=True, dtype=int)
goods = table.dtype.names[2:]
spent = np.column_stack([table[name] for name in goods])
rows = np.log(spent + 100)  # a hundred more or less does not matter
model = GaussianMixture(2, random_state=0).fit(rows)

# %%
# Spending is compared by factors, hence the logarithm. What a segment buys, as a multiple of what the median customer
# does:

typical = (np.exp(model.means_) - 100) / np.median(spent, axis=0)
_, ax = plt.subplots(figsize=(8, 3.6), layout="constrained")
for segment, color in enumerate(["#0072b2", "#d55e00"]):
    ax.barh(np.arange(6) + 0.2 * (2 * segment - 1), typical[segment], 0.36, color=color, label=f"segment {segment}")
ax.set_yticks(np.arange(6), [name.replace("_", " and ") for name in goods])
ax.set_xscale("log")
ax.set_xticks([0.5, 1.0, 2.0, 5.0], ["half", "as much", "twice", "5 times"])
ax.minorticks_off()
ax.axvline(1.0, color="#444444", linewidth=1)
ax.set_xlabel("typical spending, compared with the median customer")
ax.legend(frameon=False)
plt.show()

# %%
# The table also says, and the model was not told, which customers are shops (channel 2) and which are hotels and
# restaurants.

segment = model.predict(rows)
for number in range(2):
    shops = np.mean(table["channel"][segment == number] == 2)
    print(f"segment {number}: {np.sum(segment == number)} customers, {shops:.0%} of them shops")

# %%
# **Decision.** One letter about groceries and detergents to one segment, one about fresh and frozen food to the other.
# Customers of whom the model is not sure get a call instead of a letter.

unsure = model.uncertainty(rows) > 0.1
print(f"{unsure.sum()} calls, {440 - unsure.sum()} letters")
