"""Every fault in every mode: the machine, the cells, what is expected of each and how it shows."""
