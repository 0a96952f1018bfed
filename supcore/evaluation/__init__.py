"""Evaluating networks under perturbations."""
