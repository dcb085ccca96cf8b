"""What stands at the other end of benchmarks.tracking, in a process of its own: a stream of fills, and listings.

    python -m benchmarks.tracking_peer FRAMES

prints the ports of stream and listing. Each connection to the stream gets the same frames, as fast as it takes them;
every listing holds 20 rows.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
from functools import partial

from websockets.asyncio.server import ServerConnection, serve

FOLLOWED, STRANGERS, ROWS = 1_000, 49_000, 20
START = 1_785_000_000


def wallet(number: int) -> str:
    """A wallet's address; the first FOLLOWED ones are followed."""
    return f"0x{number:040x}"


def frames(count: int) -> list[str]:
    """Fills of everyone, two in a hundred by a followed wallet, about 870 bytes each as on the venue."""
    dice = random.Random(5)  # noqa: S311 - frames to measure with
    return [_frame(dice, number) for number in range(count)]


def _frame(dice: random.Random, number: int) -> str:
    who = dice.randrange(FOLLOWED) if dice.random() < 0.02 else FOLLOWED + dice.randrange(STRANGERS)
    payload = {
        "asset": f"{dice.getrandbits(255)}",
        "bio": "",
        "conditionId": f"0x{dice.getrandbits(256):064x}",
        "eventSlug": "btc-updown-5m-1785027300",
        "icon": "https://polymarket-upload.s3.us-east-2.amazonaws.com/BTC+fullsize.png",
        "name": "riceapplepie",
        "outcome": "Up",
        "outcomeIndex": 0,
        "price": round(dice.uniform(0.01, 0.99), 3),
        "profileImage": "",
        "proxyWallet": wallet(who).upper().replace("0X", "0x"),
        "pseudonym": "Agile-Analogy",
        "side": dice.choice(["BUY", "SELL"]),
        "size": round(dice.uniform(1, 500), 2),
        "slug": "btc-updown-5m-1785027300",
        "timestamp": START + number // 200,
        "title": "Bitcoin Up or Down - July 25, 8:55PM-9:00PM ET",
        "transactionHash": f"0x{dice.getrandbits(256):064x}",
    }
    frame = {"connection_id": "gVOKZI6JNWeIKEjigA==", "payload": payload, "timestamp": (START + number // 200) * 1000}
    return json.dumps({**frame, "topic": "activity", "type": "trades"}, separators=(",", ":"))


async def _stream(prepared: list[str], connection: ServerConnection) -> None:
    await connection.recv()  # the greeting
    for frame in prepared:
        await connection.send(frame)
    await connection.wait_closed()


def _listing() -> bytes:
    rows = []
    for frame in frames(ROWS):
        told = json.loads(frame)["payload"]
        rows.append(
            {
                "proxy_wallet": wallet(1),
                "timestamp": START,
                "condition_id": told["conditionId"],
                "size": told["size"],
                "transaction_hash": told["transactionHash"],
                "price": told["price"],
                "token_id": told["asset"],
                "side": told["side"],
                "outcome_index": 0,
                **{name: told[name] for name in ("title", "slug", "icon", "outcome", "name", "pseudonym", "bio")},
                "event_slug": told["eventSlug"],
            }
        )
    body = json.dumps({"data": rows, "pagination": {"next_cursor": "", "has_more": False}}).encode()
    return b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(body) + body


async def _answer(listing: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while await reader.readuntil(b"\r\n\r\n"):
            writer.write(listing)
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


async def _main(count: int) -> None:
    server = await asyncio.start_server(partial(_answer, _listing()), "127.0.0.1", 0)
    async with serve(partial(_stream, frames(count)), "127.0.0.1", 0, compression=None) as stream, server:
        ports = [next(iter(one.sockets)).getsockname()[1] for one in (stream, server)]
        print(*ports, flush=True)
        await asyncio.get_running_loop().create_future()


if __name__ == "__main__":
    asyncio.run(_main(int(sys.argv[1])))
