"""Write the files that follow from others: `make generate`."""

from tests.generated.pages import FILES

if __name__ == "__main__":
    for path, content in FILES.items():
        path.write_text(content(), encoding="utf-8")
        print(path.name)
