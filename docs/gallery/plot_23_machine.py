"""
When should the machine be stopped?
===================================

The temperature inside a large industrial machine, hour by hour (Numenta Anomaly Benchmark, MIT license). It broke down
on the 8th of February; the labels of the benchmark say that trouble began on the 28th of January. Could it have been
seen?
"""

import numpy as np
from matplotlib import dates
from matplotlib import pyplot as plt

from mixfold import MixtureOutlierDetector

table = np.genfromtxt("data/machine.csv", delimiter=",", names=True, dtype=None, encoding="utf-8")
hour = table["hour"].astype("datetime64[h]")
level, spread = table["temperature"], np.log(table["spread"] + 0.1)
day = np.convolve(level, np.ones(24) / 24.0)[: len(level)]
rows = np.column_stack([level, spread, day])[24:]
hour = hour[24:]

# %%
# Learn from four weeks in which nothing happened, and watch from then on. Of usual hours one in two hundred is flagged.

usual = (hour >= np.datetime64("2013-12-18")) & (hour < np.datetime64("2014-01-15"))
detector = MixtureOutlierDetector(alpha=0.005, random_state=0).fit(rows[usual])
later = hour >= np.datetime64("2014-01-15")
flagged = detector.predict(rows) == -1

# %%
# One flagged hour is chance; six of the last twelve are not.

recent = np.convolve(flagged, np.ones(12))[: len(flagged)]
alarm = hour[later & (recent >= 6)][0]

_, axes = plt.subplots(figsize=(10, 3.8), layout="constrained")
axes.plot(hour, rows[:, 0], color="#999999", linewidth=0.8)
axes.plot(hour[flagged], rows[flagged, 0], ".", color="#d55e00", label="flagged hour")
axes.axvspan(hour[usual][0], hour[usual][-1], color="#0072b2", alpha=0.1, label="learned from")
axes.axvline(np.datetime64("2014-02-08T14"), color="#000000", label="breakdown")
axes.axvline(alarm, color="#009e73", linestyle="--", label="alarm")
axes.xaxis.set_major_formatter(dates.DateFormatter("%d %b"))
axes.set_ylabel("temperature")
axes.legend(frameon=False, ncols=4, loc="lower left")
plt.show()

# %%
# **Decision.** Send someone at the first alarm.

before = (np.datetime64("2014-02-08T14") - alarm).astype(int)
print(f"first alarm on {alarm}, {before} hours before the breakdown")
quiet = later & (hour < np.datetime64("2014-01-27"))
print(f"hours flagged in the quiet weeks before: {flagged[quiet].sum()} of {quiet.sum()}")
