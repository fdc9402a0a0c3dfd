"""Applications: what people use mixtures for, one file each.

Each stands on the estimators below it and nothing stands on it but a subcommand of the command line.
"""
