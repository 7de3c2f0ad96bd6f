"""Stack settings: the pydantic models of a stack file and the loader that refuses what they do not allow."""

from .loader import CONFIG_KEY, check_keys, load, load_stack_file, required_environment
from .models import Settings
from .problems import Problem, SettingsError
from .references import SecretReference
from .stack_files import StackFile, read_stack_file, stack_names

__all__ = [
    "CONFIG_KEY",
    "Problem",
    "SecretReference",
    "Settings",
    "SettingsError",
    "StackFile",
    "check_keys",
    "load",
    "load_stack_file",
    "read_stack_file",
    "required_environment",
    "stack_names",
]
