"""What the scripts beside this one share. Each is run by test/clients/boto3.test.ts against a server of its own."""
import os
from contextlib import contextmanager

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

ENDPOINT = os.environ["ENDPOINT"]
SETTINGS = {"endpoint_url": ENDPOINT, "aws_access_key_id": "any", "aws_secret_access_key": "any"}

# botocore checks x-amz-crc32 of every answer, and would hide a wrong one behind a second try.
ONCE = Config(retries={"total_max_attempts": 1, "mode": "standard"})


def client(service="dynamodb", region="us-east-1", config=ONCE):
    return boto3.client(service, region_name=region, config=config, **SETTINGS)


def resource(region="us-east-1"):
    return boto3.resource("dynamodb", region_name=region, config=ONCE, **SETTINGS)


@contextmanager
def refused(code, message=None):
    """What is inside must be refused with this code and exactly this text. Gives the error's response."""
    response = {}
    try:
        yield response
    except ClientError as error:
        response.update(error.response)
        assert error.response["Error"]["Code"] == code, error
        assert message is None or error.response["Error"]["Message"] == message, error
    else:
        raise AssertionError(f"not refused, expected {code}")


def keys(hash_key, range_key=None):
    """`keys("pk S", "sk N")`: the key schema and the definitions of its attributes."""
    parts = [part.split() for part in (hash_key, range_key) if part]
    return {
        "KeySchema": [{"AttributeName": name, "KeyType": kind} for (name, _), kind in zip(parts, ("HASH", "RANGE"))],
        "AttributeDefinitions": [{"AttributeName": name, "AttributeType": type_} for name, type_ in parts],
    }


def make_table(name, hash_key, range_key=None, **more):
    """Through the resource API, with its waiter."""
    table = resource().create_table(**{"TableName": name, "BillingMode": "PAY_PER_REQUEST", **keys(hash_key, range_key), **more})
    table.wait_until_exists()
    return table


def equal(actual, expected):
    assert actual == expected, f"\n  is       {actual!r}\n  expected {expected!r}"
