"""Asks a service of the fleet as the public client does: PING, INFO and STATS at their three levels."""

import asyncio
import json
import sys

import nats


async def main(url: str, password: str, name: str, identity: str) -> None:
    connection = await nats.connect(url, user="admin", password=password, inbox_prefix=b"_INBOX.admin.py")
    for verb, kind in (("PING", "ping"), ("INFO", "info"), ("STATS", "stats")):
        for subject in (f"$SRV.{verb}", f"$SRV.{verb}.{name}", f"$SRV.{verb}.{name}.{identity}"):
            message = await connection.request(subject, b"", timeout=5)
            answer = json.loads(message.data)
            assert answer["type"] == f"io.nats.micro.v1.{kind}_response", (subject, answer)
            assert (answer["name"], answer["id"], answer["version"]) == (name, identity, "1.2.3"), (subject, answer)
            if verb == "INFO":
                assert answer["description"] == "A test.", answer
                assert answer["endpoints"][0]["subject"] == "sandbox.*.*.rpc", answer
            if verb == "STATS":
                endpoint = answer["endpoints"][0]
                assert (endpoint["num_requests"], endpoint["num_errors"]) == (2, 1), answer
                assert endpoint["processing_time"] > 0 and endpoint["average_processing_time"] > 0, answer
                assert endpoint["last_error"] == "400:disk_full", answer
    await connection.close()
    print("ok")


asyncio.run(main(*sys.argv[1:]))
