"""What a phone loads the first time it opens a page."""

import gzip
import re


def first_load(pocket, path) -> int:
    """Return the bytes of the page and all it asks for, packed as a proxy or we send them."""
    page = pocket.get(path)
    whole = len(gzip.compress(page.data))
    for address in set(re.findall(r'(?:src|href)="(/assets/[^"]+)"', page.text)):
        answer = pocket.request("GET", address, headers={"Accept-Encoding": "gzip"})
        assert answer.status_code == 200, address
        whole += len(answer.data)
    return whole
