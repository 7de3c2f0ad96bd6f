"""Resources read the way rules speak of them, so that each rule states its condition and nothing else."""
