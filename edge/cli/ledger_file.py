"""Which ledger a verb reads, and in which language it speaks of it: as told, or as the configuration says."""

from pathlib import Path
from typing import get_args

import click

from edge.cli.config_check import DEFAULT
from edge.config import Config, load
from edge.reports.explanation_words import Lang

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
InLang = click.option(
    "--lang", type=click.Choice(get_args(Lang)), help="Language; without it the store's own, or English."
)


def ledger_of(db: Path | None, config_file: Path) -> tuple[Path, Config | None]:
    """The ledger to read, and the configuration where that was needed; raises ConfigError."""
    if db is not None:
        return db, None
    config = load(config_file)
    return config.paths.database, config


def language(lang: Lang | None, config: Config | None) -> Lang:
    """The language asked for, or the store's, or English."""
    return lang or (config.store.lang if config else "en")
