"""Compiled loops over arrays, each module complete in itself.

numba's cache notices a change of the file a function stands in, but not of files it calls into; so nothing here calls
into another module except costs.py, which compiles the core's own formulas and is not cached.
"""
