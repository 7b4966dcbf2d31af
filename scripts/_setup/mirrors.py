"""Hand pip's mirror, proxy and certificate on to uv and npm, which do not read pip's configuration."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

SETTING = re.compile(r"^(?P<scope>global|install|:env:)\.(?P<name>[a-z-]+)='(?P<value>.*)'$")
# pip's word for a thing -> the environment variables that say the same to uv and to npm.
NAMES = {
    "index-url": ("UV_DEFAULT_INDEX",),
    "extra-index-url": ("UV_INDEX",),
    "find-links": ("UV_FIND_LINKS",),
    "trusted-host": ("UV_INSECURE_HOST",),
    "cert": ("SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"),
    "proxy": ("HTTP_PROXY", "HTTPS_PROXY"),
}
TAKES_COMMAS = {"UV_FIND_LINKS"}


def pip_settings(listing: str) -> dict[str, str]:
    """What ``pip config list`` prints: file settings first, ``PIP_...`` variables win over them."""
    rank = {"global": 0, "install": 1, ":env:": 2}
    found: dict[str, tuple[int, str]] = {}
    for line in listing.splitlines():
        if not (setting := SETTING.match(line.strip())):
            continue
        level, name = rank[setting["scope"]], setting["name"]
        # A setting over several lines is printed with the two characters backslash and n.
        value = " ".join(setting["value"].replace("\\n", " ").split())
        if value and level >= found.get(name, (-1, ""))[0]:
            found[name] = (level, value)
    return {name: value for name, (_, value) in found.items()}


def network_environment(
    settings: Mapping[str, str], environment: Mapping[str, str]
) -> dict[str, str]:
    """The environment for uv and npm: what a person set stays, the rest comes from pip."""
    result = dict(environment)
    present = {name.upper() for name in environment}
    for pip_name, value in settings.items():
        for name in NAMES.get(pip_name, ()):
            if name not in present:
                result[name] = ",".join(value.split()) if name in TAKES_COMMAS else value
    if "UV_INDEX" in result:
        # Every package is pinned by hash, so a second index cannot slip another file in.
        result.setdefault("UV_INDEX_STRATEGY", "unsafe-best-match")
    # Behind a company's proxy the certificate is the computer's own, not one that uv brings.
    result.setdefault("UV_SYSTEM_CERTS", "true")
    result.setdefault("UV_HTTP_TIMEOUT", "120")
    result.setdefault("UV_NO_PROGRESS", "1")
    return result


def environment_for_downloads(python: Path | str) -> dict[str, str]:
    """The same for this computer, by asking pip what it would use."""
    asked = subprocess.run(
        [python, "-m", "pip", "--disable-pip-version-check", "config", "list"],
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    return network_environment(pip_settings(asked.stdout), os.environ)
