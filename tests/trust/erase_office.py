"""Run in a process of its own: plant somebody in an office of files, or erase them by command.

``python -m tests.trust.erase_office plant FOLDER`` fills the workspace in FOLDER.
"""

import sys
from pathlib import Path


def main():
    folder = Path(sys.argv[1])
    from yucai.web.commands.starting import start

    start(folder)
    from tests.trust.planting import plant

    plant("school-files", folder.parent)


if __name__ == "__main__":
    main()
