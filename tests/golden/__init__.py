"""The bits of fits, predictions, selections and applications, recorded: what a change of structure must not change.

``python -m tests.golden`` records them in golden.json, with the environment that they were computed in. test_golden.py
computes them again: the same bits in that environment; in any other, where sums are added in another order, the same
numbers to 1e-3. Whoever records again says in the commit which cases changed, and why.
"""
