"""Raw fixes to stays, measured against known truths and beside the detectors that others use."""
