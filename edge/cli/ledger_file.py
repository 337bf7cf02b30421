"""Which ledger a verb reads: the one it is told, or the configuration's."""

from pathlib import Path

import click

from edge.cli.config_check import DEFAULT
from edge.config import Config, load

ConfigFile = click.option(
    "--config",
    "config_file",
    type=click.Path(path_type=Path),
    default=Path(DEFAULT),
    show_default=True,
    help="The configuration file, which names the ledger.",
)
LedgerPath = click.Path(exists=True, dir_okay=False, path_type=Path)
Db = click.option("--db", type=LedgerPath, help="The ledger; without it the configuration's.")


def ledger_of(db: Path | None, config_file: Path) -> tuple[Path, Config | None]:
    """The ledger to read, and the configuration where that was needed; raises ConfigError."""
    if db is not None:
        return db, None
    config = load(config_file)
    return config.paths.database, config
