"""What the process that reads documents gives up for ever, before it sees the first one: files, processes, the network.

All of it holds for any user on a plain Linux. Limits of resources come first; then a seccomp filter, under which the
calls that open a connection, start a process, look into another one or change a file fail with EPERM. Elsewhere than
on Linux on x86-64 and ARM64 there is no filter; the limits stay. What is not taken away is reading files that the user
may read, for Python loads codecs late: that needs a user of its own, or a container.
"""

import ctypes
import platform
import resource
import struct
import sys

OPEN_FILES = 16  # a codec is loaded when a document first needs it

# seccomp(2), linux/filter.h, linux/audit.h. By machine: its AUDIT_ARCH, and the numbers of (unistd_64.h, asm-generic)
#   socket, socketpair, connect, bind, io_uring_setup (which opens sockets and files without a call);
#   clone, clone3, fork, vfork, execve, execveat, unshare; ptrace, process_vm_writev, bpf, kill, tkill, tgkill;
#   creat, openat2, truncate, unlink, unlinkat, rmdir, rename, renameat, renameat2, chmod, fchmodat
# and of those that open a file, with the place of their flags among the arguments.
_NO_NEW_PRIVILEGES, _SET_SECCOMP, _FILTER_MODE = 38, 22, 2
_CALLS = {
    "x86_64": (
        0xC000003E,
        (
            *(41, 53, 42, 49, 425, 56, 435, 57, 58, 59, 322, 272, 101, 311, 321, 62, 200, 234),
            *(85, 437, 76, 87, 263, 84, 82, 264, 316, 90, 268),
        ),
        {2: 1, 257: 2},
    ),
    "aarch64": (
        0xC00000B7,
        (198, 199, 203, 200, 425, 220, 435, 221, 281, 97, 117, 271, 280, 129, 130, 131, 437, 45, 35, 38, 276, 53),
        {56: 2},
    ),
}
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050001  # SECCOMP_RET_ERRNO | EPERM
_TO_WRITE = 0o1103  # O_WRONLY, O_RDWR, O_CREAT, O_TRUNC
_X32 = 0x40000000  # calls of the x32 kind, which have other numbers


def enter() -> None:
    """Give it up. There is no way back for this process."""
    for what, most in (
        (resource.RLIMIT_CORE, 0),  # a core would hold the document, and other documents' remains
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
        (resource.RLIMIT_NPROC, 0),
    ):
        resource.setrlimit(what, (most, most))
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
        _filter(libc)


def _filter(libc: ctypes.CDLL) -> None:
    """Best effort: a kernel without seccomp refuses the filter, and the limits must do."""
    if platform.machine() not in _CALLS:
        return
    architecture, refused, opening = _CALLS[platform.machine()]
    last = 4 + len(refused) + 3 * len(opening) + 1  # where the refusal stands; a jump counts from the next line
    code = [
        (_LOAD, 0, 0, 4),  # seccomp_data.arch
        (_EQUAL, 0, last - 2, architecture),
        (_LOAD, 0, 0, 0),  # seccomp_data.nr
        (_AT_LEAST, last - 4, 0, _X32),
    ]
    for number in refused:
        code.append((_EQUAL, last - len(code) - 1, 0, number))
    for number, flags in opening.items():
        code += [(_EQUAL, 0, 2, number), (_LOAD, 0, 0, 16 + 8 * flags)]  # seccomp_data.args, lower half
        code.append((_ANY_BIT, last - len(code) - 1, last - len(code) - 2, _TO_WRITE))
    code += [(_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _REFUSE)]
    packed = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *line) for line in code))
    program = ctypes.create_string_buffer(struct.pack("@HP", len(code), ctypes.addressof(packed)))
    libc.prctl(_SET_SECCOMP, _FILTER_MODE, program, 0, 0)
