"""How the box and its broker know each other: the authority it trusts, the certificate it shows."""

import ssl

from edge.config import Hq
from edge.errors import ConfigError


def tls_context(hq: Hq) -> ssl.SSLContext | None:
    """What an ``mqtts://`` broker is met with, None for a plain one; raises ConfigError naming the key."""
    if not hq.broker.startswith("mqtts://"):
        return None
    try:
        context = ssl.create_default_context(cafile=hq.ca or None)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(f"hq.ca: {hq.ca}: {_why(error)}") from error
    if hq.certificate:
        try:
            context.load_cert_chain(hq.certificate, hq.key or None)
        except (OSError, ssl.SSLError) as error:
            raise ConfigError(f"hq.certificate, hq.key: {hq.certificate}: {_why(error)}") from error
    return context


def _why(error: OSError) -> str:
    reason = getattr(error, "reason", None)
    return str(reason or error.strerror or error)
