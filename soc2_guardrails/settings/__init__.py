"""Stack settings: the pydantic models of a stack file and the loader that refuses what they do not allow."""
