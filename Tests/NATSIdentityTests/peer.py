"""What others' hands make of keys and credentials: `nkeys` of PyPI, and nats-py on top of it."""

import asyncio
import base64
import sys

import nats
import nkeys


def key(seed: str, message: str) -> None:
    """Prints the public key and a signature."""
    pair = nkeys.from_seed(bytearray(seed.encode()))
    print(pair.public_key.decode(), base64.b64encode(pair.sign(message.encode())).decode())


def verify(seed: str, message: str, signature: str) -> None:
    """Ends with an error when the signature is not the key's."""
    nkeys.from_seed(bytearray(seed.encode())).verify(message.encode(), base64.b64decode(signature))
    print("good")


async def request(url: str, credentials: str, inboxes: str, subject: str) -> None:
    """Connects with a `.creds` file, and prints the answer to a request."""
    connection = await nats.connect(
        url, user_credentials=credentials, inbox_prefix=inboxes.encode(), allow_reconnect=False
    )
    answer = await connection.request(subject, b"", timeout=5)
    print(answer.data.decode())
    await connection.close()


if __name__ == "__main__":
    verb, arguments = sys.argv[1], sys.argv[2:]
    if verb == "request":
        asyncio.run(request(*arguments))
    else:
        {"key": key, "verify": verify}[verb](*arguments)
