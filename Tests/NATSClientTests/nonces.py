"""A NATS server as far as connecting goes, whose nonces are chosen. Prints its port when it listens.

Usage: nonces.py SEED NONCE…. Each connection gets the next nonce, and the last one again when there are no more; it is
let in with the signature of that seed's key. Its number is the id of the server that greets it. A message to `leave`
closes it.
"""

import asyncio
import base64
import json
import sys

import nkeys

SEED, *NONCES = sys.argv[1:]
count = 0


def is_signed(options, nonce):
    signature = options.get("sig", "")
    try:
        data = base64.urlsafe_b64decode(signature + "=" * (-len(signature) % 4))
        return nkeys.from_seed(bytearray(SEED.encode())).verify(nonce.encode(), data)
    except Exception:
        return False


async def serve(reader, writer):
    global count
    nonce = NONCES[min(count, len(NONCES) - 1)]
    count += 1
    info = {"server_id": str(count), "version": "2.9.10", "max_payload": 1 << 20, "headers": True, "proto": 1,
            "auth_required": True, "nonce": nonce}
    writer.write(f"INFO {json.dumps(info)}\r\n".encode())
    while line := await reader.readline():
        verb, _, rest = line.decode().strip().partition(" ")
        if verb == "CONNECT" and not is_signed(json.loads(rest), nonce):
            writer.write(b"-ERR 'Authorization Violation'\r\n")
            break
        if verb == "PING":
            writer.write(b"PONG\r\n")
        if verb == "PUB":
            subject, *_, size = rest.split()
            await reader.readexactly(int(size) + 2)
            if subject == "leave":
                break
    await writer.drain()
    writer.close()


async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())
