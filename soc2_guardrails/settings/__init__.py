"""Stack settings: the pydantic models of a stack file and the loader that refuses what they do not allow."""

from .documents import Document, read_document
from .loader import CONFIG_KEY, check_keys, load, load_secrets, load_stack_file, required_environment, stack_references
from .models import Settings
from .problems import Problem, SettingsError
from .references import SecretReference
from .stack_files import StackFile, read_stack_file, stack_names

__all__ = [
    "CONFIG_KEY",
    "Document",
    "Problem",
    "SecretReference",
    "Settings",
    "SettingsError",
    "StackFile",
    "check_keys",
    "load",
    "load_secrets",
    "load_stack_file",
    "read_document",
    "read_stack_file",
    "required_environment",
    "stack_names",
    "stack_references",
]
