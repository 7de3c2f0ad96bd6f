"""Entry point of the policy pack; the Pulumi engine runs this folder, wherever it was unpacked."""

import gc
import sys
from pathlib import Path

_HERE = Path(__file__).resolve().parent

# This folder is first on the path when it is run, and its control areas have everyday names (`secrets`, `access`)
# that must not stand in for other people's modules. The pack is loaded as one package under a name of its own.
sys.path[:] = [entry for entry in sys.path if Path(entry or ".").resolve() != _HERE]

from importlib.util import module_from_spec, spec_from_file_location  # noqa: E402

_NAME = "soc2_policies"


def _load() -> None:
    spec = spec_from_file_location(_NAME, _HERE / "__init__.py", submodule_search_locations=[str(_HERE)])
    if spec is None or spec.loader is None:
        raise ImportError(f"{_HERE} is not a policy pack: __init__.py is missing")
    package = module_from_spec(spec)
    sys.modules[_NAME] = package
    spec.loader.exec_module(package)


if __name__ == "__main__":
    # The launcher has loaded the whole SDK by now. While the pack loads, nearly nothing becomes garbage, and looking
    # for it among all those objects takes a tenth of the start. `serve` turns the collector on again.
    gc.disable()
    _load()
    from importlib import import_module

    import_module(f"{_NAME}.judge.analyzer").serve(_HERE)
