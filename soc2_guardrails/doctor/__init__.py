"""What is wrong with the surroundings of `soc2`, and the mend: one module for each thing that is looked at."""

from .examination import Check, examine
from .finding import Finding, Level

__all__ = ["Check", "Finding", "Level", "examine"]
