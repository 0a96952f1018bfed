"""The command ``supcore``, a thin face of the library.

Nothing here imports PyTorch before a command runs, so that help comes at once.
"""
