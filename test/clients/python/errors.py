from botocore.config import Config

from everywrite import client, equal, keys, make_table, refused

dynamodb = client()
make_table("plain", "id S")

with refused("ResourceNotFoundException", "Requested resource not found") as answer:
    dynamodb.get_item(TableName="absent", Key={"id": {"S": "a"}})
metadata = answer["ResponseMetadata"]
equal((metadata["HTTPStatusCode"], len(metadata["RequestId"]), metadata["RetryAttempts"]), (400, 52, 0))
equal(metadata["HTTPHeaders"]["content-type"], "application/x-amz-json-1.0")
equal(metadata["HTTPHeaders"]["x-amz-crc32"].isdigit(), True)

with refused("ValidationException", "The provided key element does not match the schema"):
    dynamodb.get_item(TableName="plain", Key={"other": {"S": "a"}})
with refused("ValidationException", "One or more parameter values were invalid: Missing the key id in the item"):
    dynamodb.put_item(TableName="plain", Item={"a": {"S": "b"}})
with refused("ValidationException", "One or more parameter values were invalid: Type mismatch for key id expected: S actual: N"):
    dynamodb.put_item(TableName="plain", Item={"id": {"N": "1"}})
with refused("ValidationException", "Item size has exceeded the maximum allowed size"):
    dynamodb.put_item(TableName="plain", Item={"id": {"S": "big"}, "pad": {"S": "x" * 410_000}})
with refused("ValidationException", 'Invalid UpdateExpression: Syntax error; token: "<EOF>", near: "a"'):
    dynamodb.update_item(TableName="plain", Key={"id": {"S": "a"}}, UpdateExpression="SET a")
with refused("ValidationException", "Invalid ConditionExpression: Attribute name is a reserved keyword; reserved keyword: status"):
    dynamodb.delete_item(TableName="plain", Key={"id": {"S": "a"}}, ConditionExpression="attribute_exists(status)")
with refused("ValidationException", "Provided list of item keys contains duplicates"):
    dynamodb.batch_get_item(RequestItems={"plain": {"Keys": [{"id": {"S": "a"}}, {"id": {"S": "a"}}]}})
with refused("ValidationException", "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes"):
    dynamodb.put_item(TableName="plain", Item={"id": {"S": "a"}, "x": {"S": "b", "N": "1"}})

# What is throttled is tried again by the client, as often as it is told to, and then told.
dynamodb.create_table(TableName="slow", **keys("id S"), ProvisionedThroughput={"ReadCapacityUnits": 1, "WriteCapacityUnits": 1})
dynamodb.get_waiter("table_exists").wait(TableName="slow", WaiterConfig={"Delay": 1, "MaxAttempts": 5})
patient = client(config=Config(retries={"total_max_attempts": 3, "mode": "standard"}))
with refused("ProvisionedThroughputExceededException") as answer:
    for number in range(10):
        # 300 units of burst are there at first.
        patient.put_item(TableName="slow", Item={"id": {"S": str(number)}, "pad": {"S": "x" * 100_000}})
equal(answer["ResponseMetadata"]["RetryAttempts"], 2)
equal(
    answer["Error"]["Message"],
    "The level of configured provisioned throughput for the table was exceeded. Consider increasing your provisioning level with the UpdateTable API.",
)
