"""Flags that approver-policy has and `run` has not: refused with what takes their place."""

import argparse
from collections.abc import Mapping
from typing import Any, Final, NoReturn

_KUBECONFIG: Final = "say it in a kubeconfig file, and name that with --kubeconfig"
_NO_USE: Final = "it has no counterpart: leave it out"

REPLACED: Final[Mapping[str, str]] = {
    "-v": "use --log-level, which takes the same numbers",
    "--certificaterequest-max-concurrent-reconciles": "use --workers",
    "--certificaterequestpolicy-max-concurrent-reconciles": _NO_USE,
    "--pprof-bind-address": _NO_USE,
    "--as": _KUBECONFIG,
    "--as-group": _KUBECONFIG,
    "--as-uid": _KUBECONFIG,
    "--as-user-extra": _KUBECONFIG,
    "--cache-dir": _NO_USE,
    "--certificate-authority": _KUBECONFIG,
    "--client-certificate": _KUBECONFIG,
    "--client-key": _KUBECONFIG,
    "--cluster": _KUBECONFIG,
    "--disable-compression": _NO_USE,
    "--insecure-skip-tls-verify": _KUBECONFIG,
    "--namespace": _KUBECONFIG,
    "-n": _KUBECONFIG,
    "--request-timeout": _NO_USE,
    "--server": _KUBECONFIG,
    "-s": _KUBECONFIG,
    "--tls-server-name": _KUBECONFIG,
    "--token": _KUBECONFIG,
    "--user": _KUBECONFIG,
}


def refuse_replaced(parser: argparse.ArgumentParser) -> None:
    """Have a parser end with the cure where it is given one of `REPLACED`."""
    for name in REPLACED:
        parser.add_argument(
            name,
            action=_Refuse,
            nargs="?",
            dest=argparse.SUPPRESS,
            default=argparse.SUPPRESS,
            help=argparse.SUPPRESS,
        )


class _Refuse(argparse.Action):
    def __call__(
        self,
        parser: argparse.ArgumentParser,
        _namespace: argparse.Namespace,
        _values: Any,  # noqa: ANN401 - as argparse has it
        option_string: str | None = None,
    ) -> NoReturn:
        name = option_string or ""
        parser.error(f"{name} is a flag of approver-policy: {REPLACED[name]}")
