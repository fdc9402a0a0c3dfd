"""`python -m mixfold` is the command line."""

from mixfold.cli.main import main

if __name__ == "__main__":
    main()
