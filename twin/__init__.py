"""The model of the city: what exists, where, when, and how it is related."""

from twin.compiled import keep_kernels

keep_kernels()
