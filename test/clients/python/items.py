from decimal import Decimal

from boto3.dynamodb.conditions import Attr
from boto3.dynamodb.types import Binary

from everywrite import client, equal, make_table, refused, resource

table = make_table("things", "id S")

# Every type, as boto3 reads and writes it.
item = {
    "id": "all",
    "text": "Grüße, 世界 🌍",
    "empty": "",
    "integer": 42,
    "long": Decimal("12345678901234567890123456789012345678"),
    "small": Decimal("-1E-130"),
    "fraction": Decimal("0.1"),
    "bytes": b"\x00\xff\x10",
    "no bytes": b"",
    "yes": True,
    "nothing": None,
    "list": [1, "two", b"three", [None], {}],
    "map": {"a": {"b": [Decimal("1.50")]}},
    "texts": {"a", "b"},
    "numbers": {1, Decimal("2.5")},
    "binaries": {b"a", b"b"},
}
table.put_item(Item=item)
read = table.get_item(Key={"id": "all"}, ConsistentRead=True)["Item"]
equal(read, {**item, "binaries": {Binary(b"a"), Binary(b"b")}})
equal(type(read["bytes"]), Binary)
equal((type(read["integer"]), read["map"]["a"]["b"]), (Decimal, [Decimal("1.5")]))
equal("Item" in table.get_item(Key={"id": "absent"}), False)
equal(table.get_item(Key={"id": "all"}, ProjectionExpression="#m.a, #l[1]", ExpressionAttributeNames={"#m": "map", "#l": "list"})["Item"],
      {"map": {"a": {"b": [Decimal("1.5")]}}, "list": ["two"]})

# Updates and what they give back.
answer = table.update_item(
    Key={"id": "counter"},
    UpdateExpression="SET made = if_not_exists(made, :now), tags = list_append(if_not_exists(tags, :none), :tag) ADD hits :one",
    ExpressionAttributeValues={":now": "today", ":none": [], ":tag": ["new"], ":one": 1},
    ReturnValues="ALL_NEW",
    ReturnConsumedCapacity="TOTAL",
)
equal(answer["Attributes"], {"id": "counter", "made": "today", "tags": ["new"], "hits": 1})
equal(answer["ConsumedCapacity"], {"TableName": "things", "CapacityUnits": 1.0})
old = table.update_item(
    Key={"id": "counter"}, UpdateExpression="ADD hits :n", ExpressionAttributeValues={":n": Decimal("0.5")}, ReturnValues="UPDATED_OLD"
)
equal(old["Attributes"], {"hits": 1})

# Conditions, as text and as objects.
with refused("ConditionalCheckFailedException", "The conditional request failed"):
    table.put_item(Item={"id": "counter"}, ConditionExpression="attribute_not_exists(id)")
with refused("ConditionalCheckFailedException", "The conditional request failed"):
    table.delete_item(Key={"id": "counter"}, ConditionExpression=Attr("hits").gt(1000) | Attr("made").eq("yesterday"))
try:
    table.put_item(Item={"id": "counter"}, ConditionExpression=Attr("id").not_exists())
    raise AssertionError("the item is there")
except table.meta.client.exceptions.ConditionalCheckFailedException as error:
    equal(error.response["ResponseMetadata"]["HTTPStatusCode"], 400)
equal(table.delete_item(Key={"id": "counter"}, ConditionExpression=Attr("hits").between(1, 2), ReturnValues="ALL_OLD")["Attributes"]["made"], "today")

# A batch writer sends 25 at a time, again what was not processed, and the last of items with one key.
with table.batch_writer(overwrite_by_pkeys=["id"]) as batch:
    for number in range(60):
        batch.put_item(Item={"id": f"b{number % 50:02}", "round": number // 50, "pad": "x" * 5000})
    batch.delete_item(Key={"id": "all"})
equal(table.scan(Select="COUNT")["Count"], 50)
equal([table.get_item(Key={"id": key})["Item"]["round"] for key in ("b00", "b09", "b10")], [1, 1, 0])

# A hundred keys at once.
answer = resource().batch_get_item(
    RequestItems={"things": {"Keys": [{"id": f"b{number:02}"} for number in range(100)], "ProjectionExpression": "id"}},
    ReturnConsumedCapacity="TOTAL",
)
equal(sorted(found["id"] for found in answer["Responses"]["things"]), [f"b{number:02}" for number in range(50)])
equal(answer["UnprocessedKeys"], {})

# The client API keeps DynamoDB's own types. Past 38 digits only it can read what the service prints: zeros are digits to boto3's Decimal.
dynamodb = client()
table.put_item(Item={"id": "large", "n": Decimal("1E+100")})
equal(dynamodb.get_item(TableName="things", Key={"id": {"S": "large"}})["Item"]["n"], {"N": "1" + "0" * 100})
dynamodb.put_item(TableName="things", Item={"id": {"S": "raw"}, "n": {"N": "1.0"}, "b": {"B": b"\x00"}, "u": {"NULL": True}, "bs": {"BS": [b"x"]}})
equal(
    dynamodb.get_item(TableName="things", Key={"id": {"S": "raw"}})["Item"],
    {"id": {"S": "raw"}, "n": {"N": "1"}, "b": {"B": b"\x00"}, "u": {"NULL": True}, "bs": {"BS": [b"x"]}},
)

# The parameters from before expressions, which older programs still send.
dynamodb.put_item(TableName="things", Item={"id": {"S": "raw"}, "n": {"N": "2"}}, Expected={"n": {"Value": {"N": "1"}}})
with refused("ConditionalCheckFailedException"):
    dynamodb.put_item(TableName="things", Item={"id": {"S": "raw"}}, Expected={"n": {"Exists": False}})
dynamodb.update_item(TableName="things", Key={"id": {"S": "raw"}}, AttributeUpdates={"n": {"Action": "ADD", "Value": {"N": "3"}}})
equal(dynamodb.get_item(TableName="things", Key={"id": {"S": "raw"}}, AttributesToGet=["n"])["Item"], {"n": {"N": "5"}})
