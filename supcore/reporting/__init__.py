"""Tables and figures: from per-image records to results beside the published numbers."""

from supcore.extras import require_workflow

require_workflow(__name__, "matplotlib", "seaborn", "jinja2", "tabulate")
