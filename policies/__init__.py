"""The SOC 2 policy pack: one rule one file, in a folder per control area."""
