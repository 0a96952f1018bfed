"""Tables and figures: from per-image records to results beside the published numbers."""
