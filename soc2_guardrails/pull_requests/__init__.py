"""What a pull request shows of a run: one comment, and annotations. Every name in it may be a stranger's."""
