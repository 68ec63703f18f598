"""Triton's own client against a server: URL, the model's name, an image's path, the class it shows."""

import base64
import gzip
import sys

import numpy as np
import tritonclient.http as triton
from checks import check, refused, run
from tritonclient.utils import InferenceServerException, triton_to_np_dtype

url, model, path, label = sys.argv[1:]
host = url.removeprefix("http://")
encoded = open(path, "rb").read()


def client(**options):
    return triton.InferenceServerClient(host, **options)


def described(datatype):
    """The model's input of a datatype."""
    metadata = client().get_model_metadata(model)
    return next(one for one in metadata["inputs"] if one["datatype"] == datatype)


def image(count=1, binary=True):
    values = encoded if binary else base64.b64encode(encoded)
    tensor = triton.InferInput(described("BYTES")["name"], [count], "BYTES")
    tensor.set_data_from_numpy(np.array([values] * count, dtype=np.object_), binary_data=binary)
    return tensor


def pixels(count=1, binary=True):
    tensor = described("FP32")
    shape = [count, *tensor["shape"][1:]]
    values = np.random.default_rng(7).standard_normal(shape).astype(np.float32)
    result = triton.InferInput(tensor["name"], shape, "FP32")
    result.set_data_from_numpy(values, binary_data=binary)
    return result


def scores():
    """The name of the output with a value for each class."""
    return next(one["name"] for one in client().get_model_metadata(model)["outputs"] if one["datatype"] == "FP32")


def infer(inputs, binary=True, **options):
    outputs = [triton.InferRequestedOutput(scores(), binary_data=binary)]
    return client().infer(model, inputs, outputs=outputs, **options)


@check
def health():
    assert client().is_server_live()
    assert client().is_server_ready()
    assert client().is_model_ready(model)
    assert not client().is_model_ready("no such model")


@check
def metadata():
    server = client().get_server_metadata()
    assert server["name"] == "vitrine", server
    assert {"binary_tensor_data", "classification"} <= set(server["extensions"]), server
    found = client().get_model_metadata(model)
    assert found["name"] == model
    for tensor in [*found["inputs"], *found["outputs"]]:
        assert tensor["shape"][0] == -1, tensor
        assert triton_to_np_dtype(tensor["datatype"]) is not None, tensor


@check
def images_as_bytes():
    result = infer([image(2)]).as_numpy(scores())
    assert result.dtype == np.float32 and result.shape[0] == 2, result.shape
    assert np.isfinite(result).all()
    assert (result[0] == result[1]).all()


@check
def images_as_base64_in_json():
    assert (infer([image(binary=False)]).as_numpy(scores()) == infer([image()]).as_numpy(scores())).all()


@check
def pixels_in_binary_and_in_json():
    binary = infer([pixels(2)]).as_numpy(scores())
    assert (infer([pixels(2, binary=False)], binary=False).as_numpy(scores()) == binary).all()
    assert (infer([pixels(2)], binary=False).as_numpy(scores()) == binary).all()
    assert (infer([pixels(2, binary=False)]).as_numpy(scores()) == binary).all()


@check
def no_outputs_asked_for():
    result = client().infer(model, [image()])
    assert (result.as_numpy(scores()) == infer([image()]).as_numpy(scores())).all()


@check
def compression_both_ways():
    plain = infer([image()]).as_numpy(scores())
    for algorithm in ("gzip", "deflate"):
        sent = infer([image()], request_compression_algorithm=algorithm)
        assert (sent.as_numpy(scores()) == plain).all()
        both = infer(
            [image()], request_compression_algorithm=algorithm, response_compression_algorithm=algorithm
        )
        assert (both.as_numpy(scores()) == plain).all()


@check
def classification():
    for binary in (True, False):
        wanted = triton.InferRequestedOutput(scores(), binary_data=binary, class_count=3)
        result = client().infer(model, [image(2)], outputs=[wanted]).as_numpy(scores())
        assert result.shape == (2, 3), result.shape
        rows = [[str(one, "utf-8") if isinstance(one, bytes) else one for one in row] for row in result]
        values = [float(one.split(":")[0]) for one in rows[0]]
        assert values == sorted(values, reverse=True), rows
        assert rows[0][0].split(":")[2] == label, rows
        logits = infer([image()]).as_numpy(scores())[0]
        assert int(rows[0][0].split(":")[1]) == int(logits.argmax())


@check
def identifiers_come_back():
    assert infer([image()], request_id="seventeen").get_response()["id"] == "seventeen"


@check
def timeouts_are_microseconds():
    assert infer([image()], timeout=60_000_000).as_numpy(scores()).shape[0] == 1
    refused(lambda: infer([image(4)], timeout=1))


@check
def asynchronous_requests():
    many = triton.InferenceServerClient(host, concurrency=4)
    outputs = [triton.InferRequestedOutput(scores())]
    waiting = [many.async_infer(model, [image()], outputs=outputs) for _ in range(8)]
    results = [one.get_result().as_numpy(scores()) for one in waiting]
    assert all((one == results[0]).all() for one in results)
    many.close()


@check
def bodies_made_and_read_by_the_client_alone():
    body, length = triton.InferenceServerClient.generate_request_body([image()])
    import requests

    response = requests.post(
        f"{url}/v2/models/{model}/infer",
        data=gzip.compress(body),
        headers={"Inference-Header-Content-Length": str(length), "Content-Encoding": "gzip"},
    )
    assert response.status_code == 200, response.text
    header = response.headers.get("Inference-Header-Content-Length")
    result = triton.InferenceServerClient.parse_response_body(
        response.content, header_length=int(header) if header else None
    )
    assert (result.as_numpy(scores()) == infer([image()]).as_numpy(scores())).all()


@check
def mistakes_are_named():
    refused(lambda: client().infer("no such model", [image()]), "no such model")
    refused(lambda: client().get_model_metadata("no such model"), "no such model")
    wrong = triton.InferInput("nothing", [1], "BYTES")
    wrong.set_data_from_numpy(np.array([encoded], dtype=np.object_))
    refused(lambda: infer([wrong]), "nothing")
    output = triton.InferRequestedOutput("nothing")
    refused(lambda: client().infer(model, [image()], outputs=[output]), "nothing")
    broken = triton.InferInput(described("BYTES")["name"], [1], "BYTES")
    broken.set_data_from_numpy(np.array([encoded[:100]], dtype=np.object_))
    refused(lambda: infer([broken]))
    integers = triton.InferInput(described("FP32")["name"], pixels().shape(), "INT32")
    integers.set_data_from_numpy(np.zeros(pixels().shape(), dtype=np.int32))
    try:
        infer([integers])
    except InferenceServerException as error:
        assert "FP32" in str(error), error
    else:
        raise AssertionError("INT32 was not refused")


run()
