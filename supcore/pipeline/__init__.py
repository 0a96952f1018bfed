"""What the Snakemake workflow asks of the library: its configuration, the hashes that re-run rules, its jobs.

All but :mod:`supcore.pipeline.jobs` is used while Snakemake builds its graph, and so does not import PyTorch, which
takes seconds.
"""
