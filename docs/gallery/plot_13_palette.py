"""
Which colors are in this picture?
=================================

A designer wants the few colors of a photograph, and how much of it each takes. The components of a mixture are colors
with shades of their own: their means are the palette, their weights the shares.
"""

import numpy as np
from matplotlib import pyplot as plt
from sklearn.datasets import load_sample_image

from mixfold import GaussianMixture

image = load_sample_image("flower.jpg")
pixels = image.reshape(-1, 3)[::40].astype(float)
model = GaussianMixture(6, init_params="kmeans", tol=1e-4, random_state=0).fit(pixels)

# %%
# One mean and one weight for each color: the palette, as a style sheet has it.

codes = ["#" + "".join(f"{round(value):02x}" for value in mean) for mean in model.means_]
for code, weight in zip(codes, model.weights_, strict=True):
    print(f"{code}  {weight:.0%}")

_, (left, right) = plt.subplots(1, 2, figsize=(11, 4), layout="constrained")
left.imshow(image)
left.set_axis_off()
right.barh(np.arange(6)[::-1], model.weights_, color=codes, edgecolor="#444444")
right.set_yticks(np.arange(6)[::-1], codes)
right.set_xlabel("share of the picture")
plt.show()

# %%
# **Decision.** The accent is the color whose mean is most saturated; the background is the one of the largest share.

saturation = np.ptp(model.means_, axis=1)
print("background", codes[int(np.argmax(model.weights_))], "accent", codes[int(np.argmax(saturation))])
