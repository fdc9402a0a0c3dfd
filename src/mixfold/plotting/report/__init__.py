"""The report: one page that shows a fit to people without Python, in any browser and without a network.

`Report` (report.py) gathers everything and renders page.html. review.py walks once over the rows, words.py says in
sentences what was found, drawing.py gives the charts their numbers,
selection_curve.py the models that were compared, plotlyjs.py brings the chart library. page.css and
page.js are how it looks and what it does.
"""

from mixfold.plotting.report.report import Report
from mixfold.plotting.report.selection_curve import SelectionCurve

__all__ = ["Report", "SelectionCurve"]
