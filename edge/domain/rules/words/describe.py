"""What the rules of a bundle do, in words: one sentence each, English or Chinese."""

from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple

from edge.domain.rules.model import Bundle
from edge.domain.rules.words import chinese, english
from edge.domain.rules.words.facets import Facets, Ruling, rulings_of

Lang = Literal["en", "zh"]


class Words(NamedTuple):
    """A language: how it takes a rule apart, and how it says what became of another."""

    facets: Callable[[Ruling, Mapping[str, str]], Facets]
    compared: Callable[[Facets, Facets], str]


WORDS: dict[Lang, Words] = {
    "en": Words(english.facets, english.compared),
    "zh": Words(chinese.facets, chinese.compared),
}


def describe(ruling: Ruling, bundle: Bundle, lang: Lang = "en") -> str:
    """A rule, coupon or gift of ``bundle`` in a sentence, without its name."""
    words = WORDS[lang]
    told = words.facets(ruling, labels_of(bundle))
    return words.compared(told, told)


def describe_all(bundle: Bundle, lang: Lang = "en") -> dict[str, str]:
    """A sentence for every rule, coupon and gift, by id."""
    return {one.id: f"{one.name}: {describe(one, bundle, lang)}" for one in rulings_of(bundle)}


def labels_of(bundle: Bundle) -> dict[str, str]:
    """What tiers are called, by id."""
    return {tier.id: tier.label for tier in bundle.tiers}
