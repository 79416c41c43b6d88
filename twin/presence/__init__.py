"""Who was at the same place at the same time: segments on disk, kernels over them."""
