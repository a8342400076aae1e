"""Calls methods with grpcio, and prints as JSON what it makes of the answers.

Arguments: the address, and a list of calls as JSON: the path of the method, the name that is sent,
whether the answer streams, the metadata; `repeat` makes the name longer. And a retry policy if there is one.
"""

import json
import sys

import grpc


def encode(name):
    """A message whose first field is this text."""
    text, length = name.encode(), b""
    rest = len(text)
    while rest > 127:
        length += bytes([rest & 127 | 128])
        rest >>= 7
    return b"\x0a" + length + bytes([rest]) + text


def decode(message):
    return message[2:].decode() if message else ""


def call(channel, question):
    kind = channel.unary_stream if question["streams"] else channel.unary_unary
    method = kind(question["path"], request_serializer=encode, response_deserializer=decode)
    metadata = [(name, value) for name, value in question["metadata"]]
    lines = []
    try:
        answer = method(question["name"] * question.get("repeat", 1), metadata=metadata, timeout=60)
        if question["streams"]:
            for line in answer:
                lines.append(line)
        else:
            lines.append(answer)
    except grpc.RpcError as error:
        return {
            "code": error.code().value[0],
            "message": error.details(),
            "metadata": [[name, str(value)] for name, value in error.trailing_metadata()],
            "lines": lines,
        }
    return {"code": 0, "message": "", "metadata": [], "lines": lines}


def main():
    address, questions = sys.argv[1], json.loads(sys.argv[2])
    policy = {
        "methodConfig": [
            {
                "name": [{}],
                "retryPolicy": {
                    "maxAttempts": 3,
                    "initialBackoff": "0.01s",
                    "maxBackoff": "0.01s",
                    "backoffMultiplier": 1,
                    "retryableStatusCodes": ["UNAVAILABLE"],
                },
            }
        ]
    }
    options = [("grpc.enable_http_proxy", 0)]
    if len(sys.argv) > 3:
        options.append(("grpc.service_config", json.dumps(policy)))
    else:
        options.append(("grpc.enable_retries", 0))
    with grpc.insecure_channel(address, options=options) as channel:
        print(json.dumps([call(channel, question) for question in questions]))


main()
