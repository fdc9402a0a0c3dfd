"""Gaussian mixtures, fitted by a fold."""
