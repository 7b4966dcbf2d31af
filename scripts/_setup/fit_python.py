# -*- coding: utf-8 -*-
"""A Python that the product runs on: the one in use, or another one on this computer.

Read by any Python that somebody may type, so: no syntax younger than 2.7.
"""

from __future__ import print_function

import glob
import os
import subprocess
import sys

VERSIONS = ((3, 13), (3, 12), (3, 11))
ANSWER = (
    "import sys;print(sys.implementation.name,sys.version_info[0],sys.version_info[1],"
    "64 if sys.maxsize>2**32 else 32)"
)
ADVICE = """\
需要 64 位 CPython 3.11、3.12 或 3.13；正在使用的是 %(found)s，也没有找到其他合适的版本。
Needs 64-bit CPython 3.11, 3.12 or 3.13; this is %(found)s and no other fit one was found.
  Windows   安装 Python 3.12（64-bit）：python.org → Downloads → Windows；然后 py -3.12 scripts\\start.py
  Debian    apt install python3 python3-venv
  Ubuntu    apt install python3.12 python3.12-venv
"""


def is_fit(implementation, major, minor, bits):
    """Whether wheels of every dependency exist for this Python."""
    return implementation == "cpython" and (major, minor) in VERSIONS and bits == 64


def running_is_fit():
    implementation = getattr(getattr(sys, "implementation", None), "name", "old")
    bits = 64 if sys.maxsize > 2**32 else 32
    return is_fit(implementation, sys.version_info[0], sys.version_info[1], bits)


def answers_as_fit(command):
    """Whether this command is a Python that runs and is fit; a shim or a shop window is not."""
    try:
        process = subprocess.Popen(
            command + ["-c", ANSWER], stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        answer = process.communicate()[0].decode("ascii", "replace").split()
    except (OSError, ValueError):
        return False
    if process.returncode != 0 or len(answer) != 4:
        return False
    return is_fit(answer[0], int(answer[1]), int(answer[2]), int(answer[3]))


def candidates():
    """Commands that may be a fit Python, the likeliest first."""
    home = os.path.expanduser("~")
    pyenv = os.environ.get("PYENV_ROOT") or os.path.join(home, ".pyenv")
    local = os.environ.get("LOCALAPPDATA") or os.path.join(home, "AppData", "Local")
    for major, minor in VERSIONS:
        dotted, joined = "%d.%d" % (major, minor), "%d%d" % (major, minor)
        if os.name == "nt":
            yield ["py", "-" + dotted]
            patterns = [
                os.path.join(local, "Programs", "Python", "Python" + joined, "python.exe"),
                os.path.join("C:\\", "Program Files", "Python" + joined, "python.exe"),
                os.path.join("C:\\", "Python" + joined, "python.exe"),
                os.path.join(pyenv, "pyenv-win", "versions", dotted + ".*", "python.exe"),
            ]
        else:
            yield ["python" + dotted]
            patterns = [
                os.path.join(pyenv, "versions", dotted + ".*", "bin", "python"),
                os.path.join(home, ".local/share/uv/python", "cpython-" + dotted + "*/bin/python"),
                os.path.join("/usr/local/bin", "python" + dotted),
            ]
        for pattern in patterns:
            for path in sorted(glob.glob(pattern), reverse=True):
                yield [path]
    yield ["python3"]
    yield ["python"]


def hand_over_when_unfit(script):
    """Return when the running Python is fit; else run the script again with one that is, or say
    what to install and leave."""
    if running_is_fit():
        return
    for command in candidates():
        if answers_as_fit(command):
            print("Python %d.%d -> %s" % (sys.version_info[0], sys.version_info[1], command[-1]))
            sys.stdout.flush()
            sys.exit(subprocess.call(command + [os.path.abspath(script)] + sys.argv[1:]))
    found = "%s, %d bit" % (sys.version.split()[0], 64 if sys.maxsize > 2**32 else 32)
    advice = ADVICE if not isinstance(ADVICE, bytes) else ADVICE.decode("utf-8")
    advice = advice % {"found": found}
    encoding = getattr(sys.stderr, "encoding", None) or "ascii"
    out = getattr(sys.stderr, "buffer", sys.stderr)
    out.write(advice.encode(encoding, "replace"))
    sys.exit(2)
