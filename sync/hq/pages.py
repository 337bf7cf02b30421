"""Which rows of the directory go into one page, and which rows a store may see. Pure."""

from collections.abc import Sequence

from sync.envelope import MAX_DIRECTORY_BYTES, MAX_PAGE_ITEMS, DirectoryItem, DirectoryPage

ALL_STORES = ""
"""The store of a row that is for all of them; a store's own row of the same kind and id stands before it."""


def page_of(since: int, head: int, rows: Sequence[DirectoryItem]) -> DirectoryPage:
    """The first of ``rows``, which are all or the oldest that changed after ``since`` and until ``head``.

    More than MAX_PAGE_ITEMS of them say that there is another page.
    """
    count = size = 0
    for item in rows[:MAX_PAGE_ITEMS]:
        size += len(item.body) + len(item.id.encode())
        if count and size > MAX_DIRECTORY_BYTES:
            break
        count += 1
    more = count < len(rows)
    items = tuple(rows[:count])
    return DirectoryPage(since, items[-1].version if more else max(head, since), items, more)
