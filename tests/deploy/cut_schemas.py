"""Cuts out of kubernetes-validate (Apache-2.0, 108 MB installed) what the manifests of docs/deploy need: 58 kB.

    python tests/deploy/cut_schemas.py <its folder kubernetes-json-schema/v1.37.0-local-strict> > tests/deploy/kubernetes.json

Its schemas are made of the definitions of Kubernetes' own API; unknown keys are refused.  A kind that
the manifests come to use is a line in `KINDS`.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

KINDS = {
    "ConfigMap": "io.k8s.api.core.v1.ConfigMap",
    "Deployment": "io.k8s.api.apps.v1.Deployment",
    "Ingress": "io.k8s.api.networking.v1.Ingress",
    "Job": "io.k8s.api.batch.v1.Job",
    "Namespace": "io.k8s.api.core.v1.Namespace",
    "PodDisruptionBudget": "io.k8s.api.policy.v1.PodDisruptionBudget",
    "Service": "io.k8s.api.core.v1.Service",
}


def cut(folder: Path) -> dict[str, Any]:
    """Return the definitions that our kinds reach, without descriptions and without `status`."""
    there = json.loads((folder / "_definitions.json").read_text("utf-8"))["$defs"]
    kept: dict[str, Any] = {}
    waiting = list(KINDS.values())
    while waiting:
        name = waiting.pop()
        if name not in kept:
            kept[name] = _bare(there[name])
            kept[name].get("properties", {}).pop("status", None)
            waiting += _named(kept[name])
    return kept


def _bare(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_bare(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: _bare(value)
        for key, value in schema.items()
        if not key.startswith("x-") and not (key == "description" and isinstance(value, str))
    }


def _named(schema: Any) -> Iterator[str]:
    if isinstance(schema, list):
        for one in schema:
            yield from _named(one)
    elif isinstance(schema, dict):
        for key, value in schema.items():
            if key == "$ref":
                yield value.rpartition("/")[2]
            else:
                yield from _named(value)


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    lines = [
        f"  {json.dumps(name)}: {json.dumps(schema, separators=(',', ':'), sort_keys=True)}"
        for name, schema in sorted(cut(folder).items())
    ]
    source = f"kubernetes-validate (Apache-2.0), {folder.name}, cut by tests/deploy/cut_schemas.py"
    opening = f'{{\n "$comment": {json.dumps(source)},\n "kinds": {json.dumps(KINDS)},\n "$defs": {{\n'
    print(opening + ",\n".join(lines) + "\n }\n}")
