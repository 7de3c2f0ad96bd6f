"""The record of every run: signed, chained, kept where a run cannot lose it, and verifiable by anybody alone."""
