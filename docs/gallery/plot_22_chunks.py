"""
Which chunks of a handbook get one summary?
===========================================

To answer questions from long documents, RAPTOR (`Sarthi et al. 2024 <https://arxiv.org/abs/2401.18059>`_) clusters
chunks of text, has each cluster summarized, and searches the summaries, too. A chunk may belong to several clusters.
The text here is this documentation's own how-to guides; instead of a language model's embeddings we take latent
semantic analysis, which needs no download.
"""

from pathlib import Path

import numpy as np
from matplotlib import pyplot as plt
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer

from mixfold import AutoGaussianMixture

pages = sorted(Path("../how-to").glob("*.md"))
chunks, sources = [], []
for page in pages:
    for part in page.read_text(encoding="utf-8").split("\n\n"):
        if len(part.split()) >= 30 and not part.startswith(("```", "|")):
            chunks.append(part)
            sources.append(page.stem)
words = TfidfVectorizer(stop_words="english", min_df=3, sublinear_tf=True)
table = words.fit_transform(chunks)
embedding = TruncatedSVD(6, random_state=0).fit(table)
rows = embedding.transform(table)

# %%
# The number of clusters is that of lowest BIC, as in the paper; a chunk is in each cluster of which it has more than a
# tenth.

model = AutoGaussianMixture(range(1, 16), covariance_types=["tied", "diag", "full"], random_state=0).fit(rows)
member = model.predict_proba(rows) > 0.1
several = (member.sum(axis=1) > 1).mean()
print(f"{len(chunks)} chunks of {len(pages)} pages, {model.n_components_} clusters; {several:.0%} are in more than one")

# %%
# What are the clusters about? The words that weigh most in a cluster, compared with all chunks:

vocabulary = words.get_feature_names_out()
weight = model.predict_proba(rows)
about = []
for number in range(model.n_components_):
    tilt = weight[:, number] @ table / weight[:, number].sum() - table.mean(axis=0).A1
    about.append(", ".join(vocabulary[np.argsort(-tilt)[:4]]))

order = np.argsort(-member.sum(axis=0))
_, ax = plt.subplots(figsize=(8, 0.32 * len(order) + 1), layout="constrained")
ax.barh(np.arange(len(order))[::-1], member.sum(axis=0)[order], color="#0072b2")
ax.set_yticks(np.arange(len(order))[::-1], [about[number] for number in order])
ax.set_xlabel("chunks")
plt.show()

# %%
# **Decision.** One summary for each cluster, the largest first; a cluster whose text is longer than the model may read
# is clustered again.

length = np.array([len(chunk.split()) for chunk in chunks]) @ member
for number in order[:5]:
    print(f"{length[number]:>5} words to summarize: {about[number]}")
print("to be clustered again (above 3000 words):", int((length > 3000).sum()))
