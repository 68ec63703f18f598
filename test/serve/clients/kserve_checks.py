"""KServe's own client against a server: URL, the model's name, an image's path, the class it shows."""

import base64
import sys

import numpy as np
from checks import check, run
from kserve import InferenceRESTClient, InferInput, InferRequest, RESTConfig
from kserve.protocol.infer_type import RequestedOutput

url, model, path, label = sys.argv[1:]
encoded = open(path, "rb").read()


def client():
    return InferenceRESTClient(RESTConfig(protocol="v2", timeout=60))


async def inputs():
    """The metadata of the model, which this client has no call for."""
    import httpx

    return httpx.get(f"{url}/v2/models/{model}").json()


async def image(binary, outputs=None):
    tensor = next(one for one in (await inputs())["inputs"] if one["datatype"] == "BYTES")
    request_input = InferInput(name=tensor["name"], shape=[1], datatype="BYTES")
    values = encoded if binary else base64.b64encode(encoded)
    request_input.set_data_from_numpy(np.array([values], dtype=np.object_), binary_data=binary)
    return InferRequest(model_name=model, infer_inputs=[request_input], request_outputs=outputs)


@check
async def health():
    assert await client().is_server_live(url) is True
    assert await client().is_server_ready(url) is True
    assert await client().is_model_ready(url, model) is True
    assert await client().is_model_ready(url, "other") is False


@check
async def images_in_binary_and_in_json():
    binary = await client().infer(url, await image(True), model_name=model)
    plain = await client().infer(url, await image(False), model_name=model)
    assert binary.model_name == model
    first, second = binary.outputs[0].as_numpy(), plain.outputs[0].as_numpy()
    assert first.ndim == 2 and first.shape[0] == 1, first.shape
    assert (first == second).all()


@check
async def binary_outputs():
    name = (await inputs())["outputs"][0]["name"]
    wanted = [RequestedOutput(name, parameters={"binary_data": True})]
    binary = await client().infer(url, await image(True, wanted), model_name=model)
    plain = await client().infer(url, await image(True), model_name=model)
    assert (binary.outputs[0].as_numpy() == plain.outputs[0].as_numpy()).all()


@check
async def a_dictionary():
    tensor = next(one for one in (await inputs())["inputs"] if one["datatype"] == "BYTES")
    data = base64.b64encode(encoded).decode()
    body = {"id": "17", "inputs": [{"name": tensor["name"], "shape": [1], "datatype": "BYTES", "data": [data]}]}
    response = await client().infer(url, body, model_name=model)
    assert response.id == "17"
    assert response.outputs[0].as_numpy().shape[0] == 1


@check
async def mistakes_are_named():
    import httpx

    try:
        await client().infer(url, await image(True), model_name="other")
    except httpx.HTTPStatusError as error:
        assert error.response.status_code == 404 and "other" in str(error), error
    else:
        raise AssertionError("was not refused")


run()
