"""
Who is speaking?
================

Nine men said two Japanese vowels many times; each utterance is 7 to 29 frames of twelve cepstral coefficients (Kudo,
Toyama & Shimbo 1999, UCI Machine Learning Repository, CC BY 4.0). Can a door be opened by voice?

Reynolds & Rose (1995) model the frames of each speaker by a mixture of their own, and name the speaker whose mixture
gives an utterance the highest likelihood.
"""

import numpy as np
from matplotlib import pyplot as plt

from mixfold import GaussianMixture

data = np.load("data/vowels.npz")
utterances = np.split(data["frames"] / 1000.0, np.cumsum(data["lengths"].astype(int))[:-1])
speaker, late = data["speaker"], data["late"]  # late: said afterwards, to test with
people = np.unique(speaker)
models = []
for person in people:
    frames = np.concatenate([utterances[at] for at in np.flatnonzero((speaker == person) & ~late)])
    models.append(GaussianMixture(4, covariance_type="diag", random_state=0).fit(frames))

# %%
# The score of an utterance is its mean log-likelihood under each of the nine.

tests = np.flatnonzero(late)
scores = np.array([[model.score(utterances[at]) for model in models] for at in tests])
named = people[np.argmax(scores, axis=1)]
confusion = np.zeros((9, 9), dtype=int)
np.add.at(confusion, (speaker[tests] - 1, named - 1), 1)
print(f"{np.mean(named == speaker[tests]):.0%} of {len(tests)} utterances are named correctly")

# %%
# A door must also refuse. The lead of the best speaker over the second says how sure a name is.

best = np.sort(scores, axis=1)
lead, right_name = best[:, -1] - best[:, -2], named == speaker[tests]

_, (left, right) = plt.subplots(1, 2, figsize=(10, 4.2), layout="constrained")
left.imshow(confusion, cmap="Blues")
for (row, column), count in np.ndenumerate(confusion):
    left.text(column, row, count or "", ha="center", va="center", color="white" if count > 6 else "#222222")
left.set_xticks(range(9), people)
left.set_yticks(range(9), people)
left.set(xlabel="named", ylabel="speaking")
right.hist(
    [lead[right_name], lead[~right_name]], 20, stacked=True, color=["#0072b2", "#d55e00"], label=["right", "wrong"]
)
right.set(xlabel="lead over the second, nats a frame", ylabel="utterances")
right.legend(frameon=False)
plt.show()

# %%
# **Decision.** Open the door at a lead of half a nat a frame, and ask for another word below.

sure = lead > 0.5
print(f"opens for {sure.mean():.0%} of utterances, {np.sum(~right_name & sure)} of {sure.sum()} for the wrong man")
