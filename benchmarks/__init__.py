"""Every headline figure, measured on this machine in one run: `twin bench NAME`."""
