"""Write the files that follow from others: `make generate`."""

from tests.generated.pages import FILES
from tests.tools import page

if __name__ == "__main__":
    # What is installed differs from machine to machine, so only its forms are tested.
    for path, content in {**FILES, page.PAGE: page.page}.items():
        path.write_text(content(), encoding="utf-8")
        print(path.name)
