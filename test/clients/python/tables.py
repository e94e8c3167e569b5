from everywrite import client, equal, keys, make_table, refused, resource

dynamodb = client()

# Created, waited for, described.
created = dynamodb.create_table(
    TableName="orders",
    **keys("customer S", "placed N"),
    ProvisionedThroughput={"ReadCapacityUnits": 5, "WriteCapacityUnits": 6},
    Tags=[{"Key": "team", "Value": "blue"}],
)["TableDescription"]
equal(created["TableStatus"], "CREATING")
dynamodb.get_waiter("table_exists").wait(TableName="orders", WaiterConfig={"Delay": 1, "MaxAttempts": 5})
table = dynamodb.describe_table(TableName="orders")["Table"]
equal(table["TableStatus"], "ACTIVE")
equal(table["ProvisionedThroughput"]["WriteCapacityUnits"], 6)
equal(table["CreationDateTime"].tzinfo is not None, True)
equal(table["TableArn"].split(":")[:4], ["arn", "aws", "dynamodb", "us-east-1"])

with refused("ResourceInUseException", "Table already exists: orders"):
    dynamodb.create_table(TableName="orders", BillingMode="PAY_PER_REQUEST", **keys("id S"))

# An index is added and can be waited for.
dynamodb.update_table(
    TableName="orders",
    AttributeDefinitions=[{"AttributeName": "state", "AttributeType": "S"}, *keys("customer S", "placed N")["AttributeDefinitions"]],
    GlobalSecondaryIndexUpdates=[
        {
            "Create": {
                "IndexName": "by-state",
                "KeySchema": [{"AttributeName": "state", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
                "ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1},
            }
        }
    ],
)
dynamodb.get_waiter("table_exists").wait(TableName="orders", WaiterConfig={"Delay": 1, "MaxAttempts": 5})
equal([index["IndexName"] for index in dynamodb.describe_table(TableName="orders")["Table"]["GlobalSecondaryIndexes"]], ["by-state"])

# Tags, by their paginator.
arn = table["TableArn"]
dynamodb.tag_resource(ResourceArn=arn, Tags=[{"Key": "stage", "Value": "test"}])
dynamodb.untag_resource(ResourceArn=arn, TagKeys=["team"])
equal(dynamodb.get_paginator("list_tags_of_resource").paginate(ResourceArn=arn).build_full_result()["Tags"], [{"Key": "stage", "Value": "test"}])

# Time to live.
equal(dynamodb.describe_time_to_live(TableName="orders")["TimeToLiveDescription"], {"TimeToLiveStatus": "DISABLED"})
specification = {"Enabled": True, "AttributeName": "expires"}
equal(dynamodb.update_time_to_live(TableName="orders", TimeToLiveSpecification=specification)["TimeToLiveSpecification"], specification)
with refused("ValidationException", "TimeToLive is already enabled"):
    dynamodb.update_time_to_live(TableName="orders", TimeToLiveSpecification=specification)

# The resource API.
other = make_table("customers", "id S")
other.reload()
equal((other.table_name, other.table_status, other.item_count, other.key_schema), ("customers", "ACTIVE", 0, keys("id S")["KeySchema"]))
for number in range(5):
    make_table(f"many-{number}", "id S")
names = ["customers", *(f"many-{number}" for number in range(5)), "orders"]
equal([found.name for found in resource().tables.all()], names)
equal([found.name for found in resource().tables.limit(3)], names[:3])

# Pages of names, and a page that goes on where another ended.
pages = list(dynamodb.get_paginator("list_tables").paginate(PaginationConfig={"PageSize": 2}))
equal([len(page["TableNames"]) for page in pages], [2, 2, 2, 1])
first = dynamodb.get_paginator("list_tables").paginate(PaginationConfig={"PageSize": 2, "MaxItems": 3})
equal(first.build_full_result()["TableNames"], names[:3])
rest = dynamodb.get_paginator("list_tables").paginate(PaginationConfig={"StartingToken": first.resume_token})
equal(rest.build_full_result()["TableNames"], names[3:])

# A replica in another Region.
if "ReplicaUpdates" in dynamodb.meta.service_model.operation_model("UpdateTable").input_shape.members:
    dynamodb.update_table(TableName="many-0", ReplicaUpdates=[{"Create": {"RegionName": "eu-west-1"}}])
    client(region="eu-west-1").get_waiter("table_exists").wait(TableName="many-0", WaiterConfig={"Delay": 1, "MaxAttempts": 30})
    replicas = dynamodb.describe_table(TableName="many-0")["Table"]["Replicas"]
    equal([replica["RegionName"] for replica in replicas], ["eu-west-1"])

# Gone.
table = resource().Table("many-4")
equal(table.delete()["TableDescription"]["TableStatus"], "DELETING")
table.wait_until_not_exists()
with refused("ResourceNotFoundException", "Requested resource not found: Table: many-4 not found"):
    table.reload()
try:
    table.load()
    raise AssertionError("the table is gone")
except table.meta.client.exceptions.ResourceNotFoundException as error:
    equal(error.operation_name, "DescribeTable")

equal(dynamodb.describe_limits()["TableMaxReadCapacityUnits"], 40_000)
