"""The command line, one file a subcommand.

fit.py, select.py, predict.py, sample.py, inspect.py, demo.py; and of the applications anomalies.py, segment.py and
speakers.py.

main.py is where the program begins, app.py is the program, subcommands.py lists the subcommands, reads one when it is
run, and turns its errors into one line. options.py has what several subcommands ask for, outputs.py lets files appear
together or not at all, assignments.py puts labels beside rows, out_of_core.py does so for data that one would not hold
in memory; console.py, progress.py, summary.py, json_output.py and figures.py show what happens.
"""
