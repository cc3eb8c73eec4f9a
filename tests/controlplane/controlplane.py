"""A real Kubernetes API server with etcd and cert-manager, on the loopback interface alone."""

import json
import random
import secrets
import socket
import ssl
import threading
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from tests.controlplane import binaries, certmanager
from tests.controlplane.client import Client
from tests.controlplane.identities import ADMIN, CAINJECTOR, CERT_MANAGER, IDENTITIES, Identity
from tests.controlplane.manifests import Manifest
from tests.controlplane.pki import Authority
from tests.controlplane.processes import Process, ProcessGroup, StartError

HOST = "127.0.0.1"
# Below the range from which the kernel takes ports for outbound connections, or one of those
# could sit on a server's port while the server is being restarted.
PORTS = range(20000, 32000)
PORT_ATTEMPTS = 10
# The one kind of the Gateway API that cert-manager makes Certificates for.
GATEWAYS = "gateway.networking.k8s.io_gateways.yaml"


class ControlPlane:
    """A cluster without nodes: `with ControlPlane() as cluster:`.

    Its parts `etcd`, `api_server`, `webhook` and `controllers` can be stopped, killed, paused and
    started again one by one; data and ports stay. `IDENTITIES` may call it, and those named here.
    Nobody but the administrators and cert-manager has any permission. There is no controller
    manager: nothing collects garbage, empties a deleted namespace or issues account tokens.
    With `audit`, a list of audit rules, the API server keeps an audit log in `audit_log`.
    """

    directory: Path
    url: str
    ca_file: Path
    etcd: Process
    api_server: Process
    webhook: Process
    controllers: Process

    def __init__(
        self,
        *,
        cert_manager: bool = True,
        identities: Iterable[Identity] = (),
        audit: Sequence[Manifest] = (),
    ) -> None:
        self._cert_manager = cert_manager
        self._audit = audit
        everybody = (*IDENTITIES, *identities)
        self._tokens = {identity: secrets.token_urlsafe(24) for identity in everybody}
        self._clients: dict[Identity, Client] = {}
        self._lock = threading.Lock()
        self._authority = Authority("control plane")

    def __enter__(self) -> Self:
        self._group = ProcessGroup()
        self.directory = self._group.directory
        try:
            self._start_api_server()
            if self._cert_manager:
                self._start_cert_manager()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stop()

    def client(self, identity: Identity = ADMIN) -> Client:
        """Give the client of an identity; it is closed with the cluster."""
        with self._lock:  # two threads would each make one, and one would be closed by nobody
            if identity not in self._clients:
                tls = ssl.create_default_context(cafile=self.ca_file)
                self._clients[identity] = Client(self.url, self._tokens[identity], tls)
            return self._clients[identity]

    def token(self, identity: Identity = ADMIN) -> str:
        """Give the bearer token of an identity."""
        return self._tokens[identity]

    def kubeconfig(self, identity: Identity = ADMIN, *, url: str | None = None) -> Path:
        """Write a kubeconfig file for an identity, for another URL if a proxy stands between."""
        config = kubeconfig(url or self.url, self.ca_file, identity.name, self._tokens[identity])
        proxy = f"-{urlsplit(url).port}" if url else ""
        file = f"{identity.name.replace(':', '-')}{proxy}.kubeconfig"
        return self._write(file, json.dumps(config, indent=1))

    @contextmanager
    def cainjector(self) -> Iterator[Process]:
        """Run cert-manager's cainjector in a `with` block, which begins when it injects.

        It looks for Certificates, so that it needs a cluster with cert-manager.
        """
        admin = self.client()
        certmanager.install_cainjector_account(admin)
        process = Process(
            self._group,
            [str(binaries.find("cert-manager-cainjector")), str(self.kubeconfig(CAINJECTOR))],
            ready=lambda: certmanager.injects(admin),
        )
        try:
            process.start()
            yield process
        finally:
            process.stop()

    def _start_api_server(self) -> None:
        self._write("tokens.csv", "".join(map(self._token_line, self._tokens)))
        self.ca_file = self._write("ca.crt", self._authority.pair.certificate)
        certificate, key = self._write_pair("api-server")
        command = [
            str(binaries.find("kube-apiserver")),
            f"--bind-address={HOST}",
            f"--advertise-address={HOST}",
            f"--tls-cert-file={certificate}",
            f"--tls-private-key-file={key}",
            f"--cert-dir={self.directory}",
            f"--etcd-servers={self._start_etcd()}",
            f"--token-auth-file={self.directory / 'tokens.csv'}",
            "--authorization-mode=RBAC",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-key-file={certificate}",
            f"--service-account-signing-key-file={key}",
            "--service-cluster-ip-range=10.0.0.0/24",
            "--disable-admission-plugins=ServiceAccount",
            "--endpoint-reconciler-type=none",
            *self._audit_flags(),
        ]

        def listening_on(port: int) -> Process:
            self._close_clients()
            self.url = f"https://{HOST}:{port}"
            return Process(
                self._group,
                [*command, f"--secure-port={port}"],
                ready=lambda: self.client().ready(),
            )

        self.api_server = start_on_free_port(listening_on)

    @property
    def audit_log(self) -> Path:
        """The file of audit events, each a line of JSON."""
        return self.directory / "audit.log"

    def _audit_flags(self) -> list[str]:
        if not self._audit:
            return []
        policy = {
            "apiVersion": "audit.k8s.io/v1",
            "kind": "Policy",
            "omitStages": ["RequestReceived"],
            "rules": [*self._audit, {"level": "None"}],
        }
        file = self._write("audit.json", json.dumps(policy))
        return [
            f"--audit-policy-file={file}",
            f"--audit-log-path={self.audit_log}",
            "--audit-log-maxsize=100000",  # megabytes: it is to stay one file
        ]

    def _start_etcd(self) -> str:
        """Start etcd on Unix sockets, which need no ports, and give its URL."""
        sockets = {name: self.directory / f"{name}.sock" for name in ("etcd", "peer")}
        url = f"unix://{sockets['etcd']}"
        peer_url = f"unix://{sockets['peer']}"
        command = [
            str(binaries.find("etcd")),
            "--unsafe-no-fsync",
            "--log-level=warn",
            "--name=etcd",
            f"--data-dir={self.directory / 'etcd'}",
            f"--listen-client-urls={url}",
            f"--advertise-client-urls={url}",
            f"--listen-peer-urls={peer_url}",
            f"--initial-advertise-peer-urls={peer_url}",
            f"--initial-cluster=etcd={peer_url}",
        ]
        address = str(sockets["etcd"])
        self.etcd = Process(self._group, command, ready=lambda: listens(socket.AF_UNIX, address))
        self.etcd.start()
        return url

    def _start_cert_manager(self) -> None:
        kubeconfig = str(self.kubeconfig(CERT_MANAGER))
        certificate, key = self._write_pair("webhook")
        webhook = str(binaries.find("cert-manager-webhook"))
        controllers = str(binaries.find("cert-manager-controllers"))
        address = ""

        def listening_on(port: int) -> Process:
            nonlocal address
            address = f"{HOST}:{port}"
            command = [webhook, kubeconfig, address, str(certificate), str(key)]
            return Process(
                self._group, command, ready=lambda: listens(socket.AF_INET, (HOST, port))
            )

        admin = self.client()
        certmanager.install_account(admin)
        self.webhook = start_on_free_port(listening_on)
        certmanager.install_definitions(admin, binaries.find("cert-manager-crds"))
        certmanager.install_definition(admin, binaries.find("gateway-api-crds") / GATEWAYS)
        self.controllers = Process(self._group, [controllers, kubeconfig], ready=lambda: True)
        self.controllers.start()
        authority = self._authority.pair.certificate
        certmanager.install_webhook(admin, f"https://{address}", authority)

    def _stop(self) -> None:
        self._close_clients()
        self._group.kill()

    def _close_clients(self) -> None:
        while self._clients:
            self._clients.popitem()[1].close()

    def _token_line(self, identity: Identity) -> str:
        uid = uuid.uuid5(uuid.NAMESPACE_URL, identity.name)
        return f'{self._tokens[identity]},{identity.name},{uid},"{",".join(identity.groups)}"\n'

    def _write_pair(self, name: str) -> tuple[Path, Path]:
        pair = self._authority.issue(name, f"IP:{HOST}")
        return self._write(f"{name}.crt", pair.certificate), self._write(f"{name}.key", pair.key)

    def _write(self, name: str, text: str) -> Path:
        path = self.directory / name
        path.write_text(text)
        return path


def kubeconfig(url: str, ca_file: Path, name: str, token: str) -> Manifest:
    """Make what kubectl needs to call an API server."""
    server = {"server": url, "certificate-authority": str(ca_file)}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "tests", "cluster": server}],
        "users": [{"name": name, "user": {"token": token}}],
        "contexts": [{"name": "tests", "context": {"cluster": "tests", "user": name}}],
        "current-context": "tests",
    }


def start_on_free_port(build: Callable[[int], Process]) -> Process:
    """Start what `build` makes for a port; take another if somebody was quicker."""
    for port in random.sample(PORTS, PORT_ATTEMPTS):
        process = build(port)
        try:
            process.start()
        except StartError as error:
            if "address already in use" not in str(error):
                raise
        else:
            return process
    raise StartError(f"no free port in {PORT_ATTEMPTS} attempts")


def listens(family: socket.AddressFamily, address: str | tuple[str, int]) -> bool:
    with closing(socket.socket(family)) as probe:
        probe.settimeout(1)
        return probe.connect_ex(address) == 0
