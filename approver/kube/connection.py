"""Where the API server is and who we are there, by what `kubernetes_asyncio` knows of it."""

import logging
import os
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import yaml
from kubernetes_asyncio.client import Configuration
from kubernetes_asyncio.config import ConfigException, load_incluster_config, load_kube_config
from kubernetes_asyncio.config.kube_config import KubeConfigLoader

from approver.kube.errors import ConfigurationError
from approver.kube.transport import Transport

_log = logging.getLogger(__name__)

_SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
_CONNECTIONS = 100  # more than the watches, workers and access reviews use together
_RENEWAL_SECONDS = 60.0  # between looks at credentials, as the library's own refresh has it

# What the library raises for what it cannot use, and by accident for what it does not expect.
_UNUSABLE = (ConfigException, yaml.YAMLError, OSError, ValueError)
_UNEXPECTED = (AssertionError, AttributeError, KeyError, TypeError)


async def connect(
    kubeconfig: Path | None = None,
    context: str | None = None,
    *,
    environment: Mapping[str, str] = os.environ,
    service_account: Path = _SERVICE_ACCOUNT,
    renewal_seconds: float = _RENEWAL_SECONDS,
) -> Transport:
    """Return a way to the first of these that there is, in the order of other controllers.

    `kubeconfig`; the files that $KUBECONFIG lists; the pod's service account; ~/.kube/config.
    `context` is one of a kubeconfig, by default its current one. Credentials of a kubeconfig are
    looked at again every `renewal_seconds`. Raise `ConfigurationError`.
    """
    configuration = _Configuration()
    configuration.connection_pool_maxsize = _CONNECTIONS
    # Python 3.13 refuses CA certificates without key identifiers, which older clusters have.
    configuration.disable_strict_ssl_verification = True
    files = _kubeconfig_files(kubeconfig, environment)
    in_pod = "KUBERNETES_SERVICE_HOST" in environment and (service_account / "token").exists()
    if not files and in_pod and context is None:
        with _explained(str(service_account)):
            load_incluster_config(  # type: ignore[no-untyped-call]  # the library has no types here
                configuration,
                token_filename=str(service_account / "token"),
                cert_filename=str(service_account / "ca.crt"),
                environ=dict(environment),
            )
            home = service_account / "namespace"
            if home.exists():
                configuration.namespace = home.read_text().strip()
            return _transport(configuration)
    files = files or _home_kubeconfig(environment)
    with _explained(files):
        loader = await load_kube_config(files, context, configuration, persist_config=False)
        configuration.refresh_api_key_hook = _renewal(loader, renewal_seconds)
        current = loader.current_context or {}
        configuration.namespace = current.get("context", {}).get("namespace") or "default"
        return _transport(configuration)


class _Configuration(Configuration):
    namespace = "default"  # the pod's, or that of the kubeconfig's context


def _transport(configuration: Configuration) -> Transport:
    if configuration.proxy is None:
        configuration.proxy = _environment_proxy(str(configuration.host))
    return Transport(configuration)


def _environment_proxy(url: str) -> str | None:
    parts = urlsplit(url)
    return None if proxy_bypass(parts.netloc) else getproxies().get(parts.scheme)


def one_line(error: BaseException) -> str:
    """Return what an error says, or its type's name, without line breaks."""
    return " ".join(str(error).split()) or type(error).__name__


@contextmanager
def _explained(source: str) -> Iterator[None]:
    try:
        yield
    except _UNUSABLE as error:
        raise ConfigurationError(f"{source}: {one_line(error)}") from error
    except _UNEXPECTED as error:
        message = "not a kubeconfig, or one that lacks a cluster's server or a user"
        raise ConfigurationError(f"{source}: {message}") from error


def _kubeconfig_files(kubeconfig: Path | None, environment: Mapping[str, str]) -> str | None:
    """Return the paths that somebody named, as the library takes them, if anybody did."""
    named = str(kubeconfig) if kubeconfig else environment.get("KUBECONFIG")
    if not named:
        return None
    paths = [str(kubeconfig)] if kubeconfig else named.split(os.pathsep)
    if not any(Path(path).expanduser().exists() for path in paths if path):
        raise ConfigurationError(f"{named}: no such file")
    return named


def _home_kubeconfig(environment: Mapping[str, str]) -> str:
    path = Path(environment.get("HOME", "~")).expanduser() / ".kube" / "config"
    if not path.is_file():
        raise ConfigurationError(f"no kubeconfig: $KUBECONFIG is not set and {path} does not exist")
    return str(path)


def _renewal(
    loader: KubeConfigLoader, seconds: float
) -> Callable[[Configuration], Awaitable[None]]:
    """Return the hook that the library calls before every request.

    Its own refresh knows only two kinds of credentials, and ends for good at the first failure.
    Loading anew runs an exec plugin or asks the identity provider only if a token is about to
    expire, and rereads token files.
    """
    loaded = monotonic()

    async def renew(configuration: Configuration) -> None:
        nonlocal loaded
        if monotonic() - loaded < seconds:
            return
        loaded = monotonic()  # first, so that the calls meanwhile go on with what there is
        try:
            await loader.load_and_set(configuration)
        except (*_UNUSABLE, *_UNEXPECTED) as error:
            _log.warning("cannot renew the credentials of the kubeconfig: %s", one_line(error))

    return renew
