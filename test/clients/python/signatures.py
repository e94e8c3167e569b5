"""Signatures by botocore's own signer, to a server that verifies them; the keys are those of CREDENTIALS in boto3.test.ts."""
import datetime
import http.client
import json
import urllib.parse

import boto3
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from everywrite import ENDPOINT, ONCE, equal, keys, refused

HOST = urllib.parse.urlparse(ENDPOINT).netloc
FULL = Credentials("AKIDFULL", "full secret/+")
TEMPORARY = Credentials("AKIDTEMP", "temporary secret", "token/with+signs==")
READER = Credentials("AKIDREAD", "reader secret")


class Header(SigV4Auth):
    """In the Authorization header, as if it were `minutes` later."""

    minutes = 0

    def _modify_request_before_signing(self, request):
        when = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=self.minutes)
        request.context["timestamp"] = when.strftime("%Y%m%dT%H%M%SZ")
        super()._modify_request_before_signing(request)


class Query(SigV4QueryAuth):
    """In the query string. botocore would put the members of the body there as well, which is for other protocols."""

    minutes = 0

    def _modify_request_before_signing(self, request):
        when = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=self.minutes)
        request.context["timestamp"] = when.strftime("%Y%m%dT%H%M%SZ")
        body, request.data = request.data, b""
        super()._modify_request_before_signing(request)
        request.data = body


def call(operation, body, signer=None, change=lambda request: None):
    """One request, changed after it was signed; the answer's status, short error type and body."""
    data = json.dumps(body).encode()
    headers = {"Host": HOST, "Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": f"DynamoDB_20120810.{operation}"}
    request = AWSRequest("POST", f"{ENDPOINT}/", headers=headers, data=data)
    if signer is not None:
        signer.add_auth(request)
    change(request)
    url = urllib.parse.urlparse(request.url)
    connection = http.client.HTTPConnection(url.netloc)
    connection.request("POST", url.path + (f"?{url.query}" if url.query else ""), body=request.data, headers=dict(request.headers.items()))
    response = connection.getresponse()
    answer = json.loads(response.read())
    connection.close()
    return response.status, answer.get("__type", "").split("#")[-1], answer


def signed(credentials, form=Header, minutes=0, region="eu-west-1", **more):
    signer = form(credentials, more.pop("service", "dynamodb"), region, **more)
    signer.minutes = minutes
    return signer


def expect(answer, status, kind, begins=""):
    text = answer[2].get("message", answer[2].get("Message", ""))
    equal(answer[:2], (status, kind))
    equal(text[: len(begins)], begins)


def set_header(name, value):
    def change(request):
        del request.headers[name]
        if value is not None:
            request.headers[name] = value

    return change


def other_body(request):
    request.data = b'{"TableName":"other"}'


equal(call("ListTables", {}, signed(FULL)), (200, "", {"TableNames": []}))
made = {"TableName": "safe", "BillingMode": "PAY_PER_REQUEST", **keys("id S")}
equal(call("CreateTable", made, signed(FULL))[0], 200)
text = {"id": {"S": "Grüße 世界"}}
equal(call("PutItem", {"TableName": "safe", "Item": text}, signed(TEMPORARY))[0], 200)
equal(call("GetItem", {"TableName": "safe", "Key": text}, signed(READER))[2], {"Item": text})

# In the query string.
equal(call("GetItem", {"TableName": "safe", "Key": text}, signed(FULL, Query, expires=60))[2], {"Item": text})
equal(call("GetItem", {"TableName": "safe", "Key": text}, signed(TEMPORARY, Query, expires=60))[2], {"Item": text})
equal(call("ListTables", {}, signed(FULL, Query, minutes=-30, expires=3600))[0], 200)
expect(call("ListTables", {}, signed(FULL, Query, minutes=-2, expires=60)), 400, "InvalidSignatureException", "Signature expired: ")
expect(call("ListTables", {}, signed(FULL, Query, expires=60), other_body), 400, "InvalidSignatureException", "The request signature we calculated")

# Whose they are.
unknown = "The security token included in the request is invalid."
expect(call("ListTables", {}, signed(Credentials("AKIDNONE", "secret"))), 400, "UnrecognizedClientException", unknown)
expect(call("ListTables", {}, signed(Credentials("AKIDTEMP", "temporary secret"))), 400, "UnrecognizedClientException", unknown)
expect(call("ListTables", {}, signed(Credentials("AKIDTEMP", "temporary secret", "other"))), 400, "UnrecognizedClientException", unknown)

# Whether they are true.
mismatch = (
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. "
    "Consult the service documentation for details."
)
expect(call("ListTables", {}, signed(Credentials("AKIDFULL", "guessed"))), 400, "InvalidSignatureException", mismatch)
expect(call("ListTables", {}, signed(FULL), other_body), 400, "InvalidSignatureException", mismatch)
expect(
    call("ListTables", {}, signed(FULL), set_header("X-Amz-Target", "DynamoDB_20120810.DescribeLimits")),
    400,
    "InvalidSignatureException",
    mismatch,
)
expect(
    call("ListTables", {}, signed(FULL, service="s3")), 400, "InvalidSignatureException", "Credential should be scoped to correct service: 'dynamodb'."
)

# When.
for minutes in (-14, 14):
    equal(call("ListTables", {}, signed(FULL, minutes=minutes))[0], 200)
expect(call("ListTables", {}, signed(FULL, minutes=-16)), 400, "InvalidSignatureException", "Signature expired: ")
expect(call("ListTables", {}, signed(FULL, minutes=16)), 400, "InvalidSignatureException", "Signature not yet current: ")

# Whether there is one.
expect(call("ListTables", {}), 400, "MissingAuthenticationTokenException", "Request is missing Authentication Token")
expect(
    call("ListTables", {}, signed(FULL), set_header("Authorization", "AWS4-HMAC-SHA256 Credential=AKIDFULL/20260101/eu-west-1/dynamodb/aws4_request")),
    400,
    "IncompleteSignatureException",
    "Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' parameter. ",
)
expect(
    call("ListTables", {}, signed(FULL), set_header("X-Amz-Date", None)), 400, "IncompleteSignatureException", "Authorization header requires existence of"
)

# What they may do.
expect(
    call("DeleteItem", {"TableName": "safe", "Key": text}, signed(READER)),
    400,
    "AccessDeniedException",
    "User: arn:aws:iam::000000000000:user/AKIDREAD is not authorized to perform: dynamodb:DeleteItem on resource: "
    "arn:aws:dynamodb:eu-west-1:000000000000:table/safe",
)
expect(call("GetItem", {"TableName": "safe", "Key": text}, signed(READER, region="us-east-1")), 400, "AccessDeniedException")

# The same through a client.
reader = boto3.client("dynamodb", region_name="eu-west-1", endpoint_url=ENDPOINT, config=ONCE,
                      aws_access_key_id="AKIDREAD", aws_secret_access_key="reader secret")
equal(reader.get_item(TableName="safe", Key=text)["Item"], text)
with refused("AccessDeniedException"):
    reader.put_item(TableName="safe", Item=text)
temporary = boto3.client("dynamodb", region_name="eu-west-1", endpoint_url=ENDPOINT, config=ONCE, aws_access_key_id="AKIDTEMP",
                         aws_secret_access_key="temporary secret", aws_session_token="token/with+signs==")
equal(temporary.list_tables()["TableNames"], ["safe"])
