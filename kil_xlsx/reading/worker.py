"""What runs in a process that reads returned files; the other end is :mod:`kil_xlsx.reading.isolation`.

``python -P -m kil_xlsx.reading.worker`` is such a process.  Nothing is caught: one in which anything unforeseen has
happened had better end.
"""

from __future__ import annotations

import gc
import os
import sys
import time
from collections.abc import Iterator
from typing import IO

import msgspec

from kil_xlsx import apart
from kil_xlsx.reading.exchange import LENGTH, Answer, Ready, Reply, Request, Setup, encode
from kil_xlsx.reading.form import read_form

_RETIRE_BYTES = 300 * 1024 * 1024  # a process that has grown beyond this is replaced after the file


def serve(source: IO[bytes], target: IO[bytes]) -> int:
    """Answer requests until there are no more; gives the exit code."""
    import kil_xlsx.layout.plan  # noqa: F401 - loaded before memory is limited, and while the setup is on its way

    sys.dont_write_bytecode = True
    # While a file is read, nearly all that is made is still in use: looking through it for garbage again and again is
    # a tenth of the work.  What refers to itself is collected after each file instead.
    gc.disable()
    messages = _messages(source)
    first = next(messages, None)
    if first is None:
        return 0
    setup = msgspec.msgpack.decode(first, type=Setup)
    apart.limit(setup.memory)
    known = setup.plans()
    decoder = msgspec.msgpack.Decoder(Request)
    _send(target, Ready({key: tuple(plan.by_key) for key, plan in known.items()}))
    for message in messages:
        _allow_cpu(setup.cpu_seconds)
        request = decoder.decode(message)
        reading = read_form(request.data, "", known, sha256=request.sha256, password=request.password)
        second = None
        if request.second and reading.ret is not None:
            from kil_xlsx.reading.second import second_opinion

            second = second_opinion(request.data, reading.file.kind, reading.ret.entries.values())
        _send(target, Reply(Answer(reading, second), _has_grown()))
        del request, reading, second
        gc.collect(0)
    return 0


def _send(target: IO[bytes], message: Ready | Reply) -> None:
    content = encode(message)
    target.write(LENGTH.pack(len(content)))
    target.write(content)
    target.flush()


def _messages(source: IO[bytes]) -> Iterator[bytes]:
    while len(head := source.read(LENGTH.size)) == LENGTH.size:
        (length,) = LENGTH.unpack(head)
        yield source.read(length)


def _allow_cpu(seconds: int) -> None:
    """Let the process run this much longer."""
    try:
        import resource
    except ImportError:  # Windows
        return
    _, most = resource.getrlimit(resource.RLIMIT_CPU)
    try:
        resource.setrlimit(resource.RLIMIT_CPU, (int(time.process_time()) + 1 + seconds, most))
    except (ValueError, OSError):  # as in apart.limit
        return


def _has_grown() -> bool:
    try:
        import resource
    except ImportError:
        return False
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak * (1 if sys.platform == "darwin" else 1024) > _RETIRE_BYTES


def _main() -> int:
    # Whatever a library prints must not get among the replies.
    target = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return serve(sys.stdin.buffer, target)


if __name__ == "__main__":
    sys.exit(_main())
