"""Print how fast the parts are: `make bench`."""

import sys
from collections.abc import Callable, Mapping

from tests.bench import reading, reviewing

SECTIONS: Mapping[str, Callable[[], Mapping[str, float]]] = {
    "Reading and verifying a CSR": reading.figures,
    "Reviewing a request with one policy": reviewing.figures,
}


def main() -> None:
    for title, figures in SECTIONS.items():
        sys.stdout.write(f"{title}: microseconds, median\n")
        for what, microseconds in figures().items():
            sys.stdout.write(
                f"  {what:36} {microseconds:8.0f}  ({1e6 / microseconds:.0f} a second)\n"
            )


if __name__ == "__main__":
    main()
