"""A book as canonical JSON by hand: most of a journal is books, and the general way costs three times as much."""

from __future__ import annotations

from collections.abc import Iterable
from json.encoder import encode_basestring_ascii as quote

from copytrade_live.core.market import Book, Level

_number = float.__repr__
# Prices stand on a grid: the text of each is made once. Nought is not among them, for it has two texts.
_PRICES = {price: _number(price) for price in [step / 1000 for step in range(1, 1000)]}


def book_text(book: Book) -> str:
    """The same bytes as the encoder gives. Raises: TypeError for a number that is no float, ValueError for NaN."""
    return (
        f'{{"asks":[{_levels(book.asks)}],"bids":[{_levels(book.bids)}],"event_at":{book.event_at:d},'
        f'"observed_at":{book.observed_at:d},"source":{quote(book.source)},"token_id":{quote(book.token_id)}}}'
    )


def _levels(levels: Iterable[Level]) -> str:
    texts = []
    for level in levels:
        price, size = level.price, level.size
        # Infinite or no number: neither less nothing is 0.
        if size - size != 0.0 or price - price != 0.0:
            raise ValueError(f"Out of range float values are not JSON compliant: {level}")
        texts.append(f'{{"price":{_PRICES.get(price) or _number(price)},"size":{_number(size)}}}')
    return ",".join(texts)
