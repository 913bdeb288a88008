"""`make demo-reset`: forget everything the demo keeps."""

import shutil

from config.embedded.paths import REPOSITORY, kept_root


def main() -> None:
    """Remove the servers' data and the demo's folder, but not fetched voices."""
    shutil.rmtree(kept_root(), ignore_errors=True)
    for name in ("servers", "mail", "files", "demo.json"):
        path = REPOSITORY / ".visavis" / name
        path.unlink() if path.is_file() else shutil.rmtree(path, ignore_errors=True)
    print("The demo's data is gone; `make demo` starts afresh.")


if __name__ == "__main__":
    main()
