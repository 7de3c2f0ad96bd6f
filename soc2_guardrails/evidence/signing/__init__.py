"""Who signs a record, and whose signature is believed."""

from .choice import signer_of
from .signer import Signer, SigningError
from .trust import Trust, UntrustedError

__all__ = ["Signer", "SigningError", "Trust", "UntrustedError", "signer_of"]
