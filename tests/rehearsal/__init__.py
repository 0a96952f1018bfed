"""The paper's configurations, run for real on miniatures of its data sets and releases; numbers mean nothing.

``python -m tests.rehearsal`` writes the data sets and the released files, serves the latter on this machine, runs every
configuration of the paper, and checks what came of them.
"""
