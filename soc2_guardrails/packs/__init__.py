"""A policy pack from outside: its content digest, and what it tells of its rules. No code of a pack is imported."""
