"""`python -m mixfold.datasets > faithful.csv` gives a table to try the command line on."""

import sys

from mixfold.datasets import FAITHFUL_CSV

if __name__ == "__main__":
    sys.stdout.write(FAITHFUL_CSV.read_text(encoding="utf-8"))
