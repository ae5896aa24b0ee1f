"""The floor: what the server itself costs, with nothing behind it but reading what was sent."""

START = {
    "type": "http.response.start",
    "status": 200,
    "headers": [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", b"7")],
}
BODY = {"type": "http.response.body", "body": b"success"}


async def application(_scope, receive, send):
    await receive()
    await send(START)
    await send(BODY)
