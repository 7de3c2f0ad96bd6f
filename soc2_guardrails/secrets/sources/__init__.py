"""The built-in sources, a module for each, which imports its client library."""
