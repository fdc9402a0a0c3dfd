"""Seconds per iteration of EM, ours and rivals', against the floor of this machine.

`workloads.py` names the problems, `contestants.py` who solves them, `floor.py` measures what the processor can do, and
`measure.py` runs everybody interleaved in one process. ``python -m benchmarks --help`` for the rest.
"""
