"""What an approver shows of itself."""

from tests.running import Approver


def sample(name: str, **labels: str) -> str:
    """Name a sample of a metric as Prometheus writes it."""
    inner = ",".join(f'{label}="{value}"' for label, value in sorted(labels.items()))
    return f"{name}{{{inner}}}"


def warns(approver: Approver, text: str) -> bool:
    """Say whether it has logged a warning with this in it."""
    return any(line["level"] == "warning" and text in line["message"] for line in approver.log())


def errors(approver: Approver) -> list[str]:
    """Give the messages of all errors that it has logged."""
    return [line["message"] for line in approver.log() if line["level"] == "error"]


def readiness(approver: Approver) -> tuple[int, str]:
    """Ask for /readyz, and give the status and the text."""
    answer = approver.answer("probes", "/readyz")
    return answer.status_code, answer.text
