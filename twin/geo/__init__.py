"""Kernels on arrays: reference systems, cells, planar geometry, meshes. No entity, no I/O."""
