"""What only the Snakemake workflow needs: its configuration, the hashes that re-run rules, its jobs.

All but :mod:`supcore.workflow.jobs` is used while Snakemake builds its graph, and so does not import PyTorch, which
takes seconds.
"""

from supcore.extras import require_workflow

require_workflow(__name__, "yaml", "jsonschema")
