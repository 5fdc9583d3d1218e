"""Definition files and the coordinator's lists, checked and turned into the model."""
