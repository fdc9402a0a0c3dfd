"""The report: one page that shows a fit to people without Python, in any browser and without a network.

`Report` (report.py) gathers everything and renders page.html. review.py walks once over the rows, words.py says in
sentences what was found, drawing.py gives the charts their numbers, library.py brings the chart library. page.css and
page.js are how it looks and what it does.
"""

from mixfold.plotting.report.report import Report, SelectionCurve

__all__ = ["Report", "SelectionCurve"]
