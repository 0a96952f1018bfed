"""What the Snakemake workflow asks of the library when it builds its graph; imports neither Snakemake nor PyTorch."""
