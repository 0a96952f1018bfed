"""What the scripts of the rules share. They import it from here, because Snakemake fetches each script alone."""
