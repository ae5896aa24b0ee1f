"""The floor: what the server itself costs, with nothing behind it."""

HEADERS = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", "7")]


def application(_environ, start_response):
    start_response("200 OK", HEADERS)
    return [b"success"]
