"""Build the image on a stand-in for its base, and run it as a cluster would: `make image`.

The base's registry is not needed: Debian's packages make one that has what it has for us.
"""

import argparse
import subprocess
import sys
from pathlib import Path

from tests.controlplane import binaries
from tests.image.build import Builder, BuildFailedError
from tests.image.record import RECORD, write_record
from tests.image.trial import try_out


def main() -> int:
    """Build, try out, and keep on record of what."""
    parser = argparse.ArgumentParser(prog="make image", description=__doc__)
    parser.add_argument("--storage", type=Path, default=binaries.cache() / "image")
    options = parser.parse_args()
    builder = Builder(options.storage)
    try:
        image = builder.build()
        with builder.mounted(image) as root:
            try_out(root)
            size = megabytes(root)
    except (BuildFailedError, subprocess.CalledProcessError) as error:
        print(f"make image: {error}", file=sys.stderr)
        return 1
    write_record(size)
    print(f"the image runs as it should, and has {size} MB with its base; see {RECORD.name}")
    return 0


def megabytes(root: Path) -> int:
    """Add up the sizes of all files."""
    return sum(file.lstat().st_size for file in root.rglob("*") if not file.is_dir()) // 10**6


if __name__ == "__main__":
    sys.exit(main())
