"""The Pulumi CLI: finding it, installing it, and running it."""
