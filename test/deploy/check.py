"""Checks documents against the schemas of those who read them: Kubernetes, KServe, Compose.

Standard input is a JSON array of documents. Prints a JSON array: what is wrong with each, or null.
"""

import json
import re
import sys

KUBERNETES = "1.37.0"


def of_kubernetes(document):
    import kubernetes_validate

    kubernetes_validate.validate(document, KUBERNETES, strict=True)


def of_kserve(document):
    """KServe publishes no schema, but its client has a model of each kind, with the keys and their types."""
    kinds = {"ServingRuntime": "V1alpha1ServingRuntime", "InferenceService": "V1beta1InferenceService"}
    unknown = list(unknown_keys(document, kinds[document["kind"]], ""))
    if unknown:
        raise ValueError(f"KServe does not know {', '.join(unknown)}")


def unknown_keys(value, kind, path):
    from kserve import models
    from kubernetes import client

    container = re.fullmatch(r"(list|dict)[\[(](?:str, )?(.+)[\])]", kind, re.IGNORECASE)
    if container:
        items = enumerate(value) if container[1].lower() == "list" else value.items()
        for key, item in items:
            yield from unknown_keys(item, container[2], f"{path}/{key}")
    elif kind in ("str", "int", "bool", "float"):
        if type(value).__name__ != kind:
            yield f"{path} as {type(value).__name__}"
    elif kind != "object":
        model = getattr(models, kind, None) or getattr(client, kind)
        names = {key: name for name, key in model.attribute_map.items()}
        for key, item in value.items():
            if key in names:
                yield from unknown_keys(item, model.openapi_types[names[key]], f"{path}/{key}")
            else:
                yield f"{path}/{key}"


def of_compose(document):
    from compose_spec import PyCompose

    # Compose replaces variables before it reads values.
    text = re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", json.dumps(document))
    PyCompose.from_json(text)


def check(document):
    version = document.get("apiVersion", "")
    if "services" in document:
        of_compose(document)
    elif version.startswith("serving.kserve.io/"):
        of_kserve(document)
    else:
        of_kubernetes(document)


def fault(document):
    try:
        check(document)
    except Exception as error:
        return f"{type(error).__name__}: {error}"


print(json.dumps([fault(document) for document in json.load(sys.stdin)]))
