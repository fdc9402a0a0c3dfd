"""The tables that people try first, as they are and varied, fitted by everybody.

`tables.py` loads the tables, `variants.py` changes them, `programs.py` names who fits and `mclust.py` asks R;
`measure.py` measures one fit and what it says of rows that it did not see, and `summary.py` reads the measurements.
``python -m benchmarks.first_tables --help`` for the rest.
"""
