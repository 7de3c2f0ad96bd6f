"""Run one Pulumi program to its end; a script, run by the program's interpreter as a process of its own.

Its argument is a JSON object: project, stack, organization, root_directory, monitor, engine, parallel,
dry_run, entry (absolute path of the program's file, or of a directory with a `__main__.py`). Configuration
comes as the SDK reads it, in PULUMI_CONFIG and PULUMI_CONFIG_SECRET_KEYS.

Exit code 0: it ran. `BAIL`: it failed and the engine has been told why. Anything else: it failed unheard.
"""

import asyncio
import json
import logging
import os
import runpy
import sys
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import pulumi
from pulumi.runtime import config as runtime_config
from pulumi.runtime import settings as runtime_settings
from pulumi.runtime.stack import run_in_stack

BAIL = 32

# The engine keeps at most this many registrations in flight; each waits in a thread of its own.
_THREADS_PER_PARALLEL = 4


def _configure(run: dict[str, Any]) -> None:
    runtime_settings.reset_options(
        project=run["project"],
        stack=run["stack"],
        root_directory=run["root_directory"],
        parallel=run["parallel"],
        engine_address=run["engine"],
        monitor_address=run["monitor"],
        preview=run["dry_run"],
        organization=run["organization"],
    )
    runtime_config.set_all_config(runtime_config.get_config_env(), runtime_config.get_config_secret_keys_env())


def _own_frames(error: BaseException, entry: Path) -> str:
    """The traceback from the program's first own frame on: what is above it is not the user's."""
    frame = error.__traceback__
    home = str(entry if entry.is_dir() else entry.parent)
    while frame and not frame.tb_frame.f_code.co_filename.startswith(home):
        frame = frame.tb_next
    return "".join(traceback.format_exception(type(error), error, frame or error.__traceback__))


async def _main(entry: Path, threads: int) -> None:
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(max_workers=threads))
    await run_in_stack(lambda: _execute(entry))


def _execute(entry: Path) -> None:
    runpy.run_path(str(entry), run_name="__main__")


def run(arguments: dict[str, Any]) -> int:
    """Run the program that `arguments` describe (see the module) and return the exit code."""
    entry = Path(arguments["entry"])
    _configure(arguments)
    # Code that runs in an `apply` imports too, after `run_path` has taken its own entry out again.
    sys.path[0] = str(entry if entry.is_dir() else entry.parent)
    sys.argv = [str(entry)]
    # A registration the engine refused is reported by the engine; asyncio would report its task again.
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    try:
        asyncio.run(_main(entry, max(arguments["parallel"], 1) * _THREADS_PER_PARALLEL))
    except pulumi.RunError as error:
        pulumi.log.error(str(error))
    except grpc.RpcError as error:
        if error.code() == grpc.StatusCode.UNAVAILABLE:
            # The monitor is gone: the engine is ending this run and knows why.
            return BAIL
        pulumi.log.error(_own_frames(error, entry))
    except SystemExit as error:
        return error.code if isinstance(error.code, int) else int(error.code is not None)
    except Exception as error:
        pulumi.log.error("Program failed with an unhandled exception:\n" + _own_frames(error, entry))
    else:
        return 0
    return BAIL


if __name__ == "__main__":
    code = run(json.loads(sys.argv[1]))
    sys.stdout.flush()
    sys.stderr.flush()
    # Threads of the SDK that still wait for an engine that refused the program must not hold the end up.
    os._exit(code)
