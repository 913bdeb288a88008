"""The stock cast: five talking heads built from CC0 data. See README.md."""
