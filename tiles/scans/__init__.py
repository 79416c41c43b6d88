"""Point clouds and building models as tilesets beside the layers: read with libraries, packed with our own writer."""
