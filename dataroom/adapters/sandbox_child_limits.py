"""What the PDF child gives up before it sees the first byte of a document (Linux; each step reports whether
it held).

Resource limits and no-new-privileges are required: without them the child does not start. Own name spaces,
dropped capabilities, the Landlock file rules and the system call filter depend on the kernel and on the
container around us; they are taken where allowed and reported.
"""

from __future__ import annotations

import ctypes
import os
import platform
import resource
import signal
import struct
import sys
from collections.abc import Sequence

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS = 1, 4, 22, 38
_CLONE_NEWIPC, _CLONE_NEWUSER, _CLONE_NEWNET = 0x08000000, 0x10000000, 0x40000000
_CAPSET = {"x86_64": 126, "aarch64": 91}
_LANDLOCK_CREATE, _LANDLOCK_ADD, _LANDLOCK_RESTRICT = 444, 445, 446
_LANDLOCK_ALL = (1 << 13) - 1  # every file right of the first interface version
_LANDLOCK_READ = (1 << 2) | (1 << 3)  # read a file, list a folder
_EPERM, _ALLOW, _ERRNO, _KILL = 1, 0x7FFF0000, 0x00050000, 0x80000000

# The architecture's number and the system calls a PDF reader never needs once it is loaded: new processes
# and programs, sockets, signals to others, other processes' memory, mounts, modules, keys, io_uring.
_DENIED = {
    "x86_64": (
        0xC000003E,
        "41 42 43 49 50 53 56 57 58 59 62 101 155 161 165 166 169 175 200 234 246 248 249 250 272 288"
        " 298 304 308 310 311 313 317 321 322 323 424 425 426 427 428 429 434 435 438",
    ),
    "aarch64": (
        0xC00000B7,
        "39 40 41 51 97 104 105 117 129 130 131 142 198 199 200 201 202 203 217 218 219 220 221 241"
        " 242 265 268 270 271 273 277 280 281 282 424 425 426 427 428 429 434 435 438",
    ),
}

_libc = ctypes.CDLL(None, use_errno=True)


def drop(memory: int, readable: Sequence[str]) -> dict[str, bool]:
    """Give up everything; `memory` is the address space in bytes, `readable` the folders code and fonts lie
    in.

    Returns which of the optional steps held. Raises OSError when a required one failed.
    """
    _close_other_descriptors()
    report = {"namespaces": _own_namespaces()}
    for kind, value in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 32),
        (resource.RLIMIT_NPROC, 0),
    ):
        resource.setrlimit(kind, (value, value))
    report["capabilities"] = _no_capabilities()
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    report["files"] = _landlock(readable)
    _prctl(_PR_SET_DUMPABLE, 0)
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    report["calls"] = _seccomp()
    return report


def allow_seconds(seconds: int) -> None:
    """Let the process use this many more seconds of processor time from now on; beyond them the kernel ends
    it."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(used.ru_utime + used.ru_stime) + 1 + seconds
    resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.RLIM_INFINITY))


def _prctl(option: int, value: int) -> None:
    if _libc.prctl(option, value, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")


def _close_other_descriptors() -> None:
    os.closerange(3, 4096)


def _own_namespaces() -> bool:
    """No network at all, no other process's message queues; needs user name spaces."""
    return int(_libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET | _CLONE_NEWIPC)) == 0


def _no_capabilities() -> bool:
    number = _CAPSET.get(platform.machine())
    if number is None:
        return False
    head = ctypes.create_string_buffer(struct.pack("=II", 0x20080522, 0))
    return int(_libc.syscall(number, head, ctypes.create_string_buffer(24))) == 0


def _landlock(readable: Sequence[str]) -> bool:
    """Only the folders named can be read; nothing can be written, made, removed or executed."""
    rules = ctypes.create_string_buffer(struct.pack("=Q", _LANDLOCK_ALL), 8)
    ruleset = int(_libc.syscall(_LANDLOCK_CREATE, rules, ctypes.c_size_t(8), 0))
    if ruleset < 0:
        return False
    try:
        for folder in readable:
            if not os.path.isdir(folder):
                continue
            opened = os.open(folder, os.O_PATH | os.O_CLOEXEC)
            rule = ctypes.create_string_buffer(struct.pack("=Qi", _LANDLOCK_READ, opened), 12)
            added = int(_libc.syscall(_LANDLOCK_ADD, ruleset, 1, rule, 0))
            os.close(opened)
            if added != 0:
                return False
        return int(_libc.syscall(_LANDLOCK_RESTRICT, ruleset, 0)) == 0
    finally:
        os.close(ruleset)


def _seccomp() -> bool:
    """Answer EPERM to the calls of `_DENIED`, and end the process if it speaks another architecture's
    calls."""
    if platform.machine() not in _DENIED or sys.maxsize < 2**32:
        return False
    architecture, listed = _DENIED[platform.machine()]
    denied = [int(number) for number in listed.split()]
    program = [(0x20, 0, 0, 4), (0x15, 1, 0, architecture), (0x06, 0, 0, _KILL), (0x20, 0, 0, 0)]
    program += [(0x35, 0, 1, 0x40000000), (0x06, 0, 0, _ERRNO | _EPERM)]  # the x32 numbers
    for position, number in enumerate(denied):
        program.append((0x15, len(denied) - position, 0, number))
    program += [(0x06, 0, 0, _ALLOW), (0x06, 0, 0, _ERRNO | _EPERM)]
    code = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *line) for line in program))
    holder = ctypes.create_string_buffer(struct.pack("@HP", len(program), ctypes.addressof(code)))
    return int(_libc.prctl(_PR_SET_SECCOMP, 2, ctypes.byref(holder), 0, 0)) == 0
