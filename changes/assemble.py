"""Makes the section of a release in CHANGELOG.md out of the fragments beside this file."""

import argparse
from pathlib import Path

HERE = Path(__file__).parent
CHANGELOG = HERE.parent / "CHANGELOG.md"
KINDS = {"pos": "Tills", "hq": "HQ", "ops": "Operations", "driver": "Devices", "fix": "Fixed"}
MARK = "<!-- releases -->\n"


def fragments(folder: Path) -> dict[str, list[Path]]:
    """The fragments by kind, in the order of KINDS; an unknown kind is a KeyError."""
    found: dict[str, list[Path]] = {kind: [] for kind in KINDS}
    for path in sorted(folder.glob("*.md")):
        if path.name != "README.md":
            found[path.stem.rpartition(".")[2]].append(path)
    return found


def section(version: str, found: dict[str, list[Path]]) -> str:
    """One release as Markdown: a heading, then a list for each kind that has something to say."""
    parts = [f"## {version}\n"]
    for kind, paths in found.items():
        if paths:
            items = "".join(f"- {' '.join(path.read_text().split())}\n" for path in paths)
            parts.append(f"### {KINDS[kind]}\n\n{items}")
    return "\n".join(parts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("version")
    parser.add_argument("--write", action="store_true", help="move the fragments into CHANGELOG.md")
    options = parser.parse_args()
    found = fragments(HERE)
    text = section(options.version, found)
    if not options.write:
        print(text, end="")
        return
    CHANGELOG.write_text(CHANGELOG.read_text().replace(MARK, f"{MARK}\n{text}", 1))
    for path in (path for paths in found.values() for path in paths):
        path.unlink()


if __name__ == "__main__":
    main()
