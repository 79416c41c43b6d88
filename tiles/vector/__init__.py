"""The flat map as Mapbox vector tiles: roads, water, land use, labels, grids and cells, cut when they are asked for."""
