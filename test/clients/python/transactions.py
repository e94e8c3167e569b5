from everywrite import client, equal, make_table, refused

make_table("accounts", "id S")
dynamodb = client()


def put(id_, balance):
    return {"Put": {"TableName": "accounts", "Item": {"id": {"S": id_}, "balance": {"N": str(balance)}}, "ConditionExpression": "attribute_not_exists(id)"}}


def add(id_, amount):
    return {
        "Update": {
            "TableName": "accounts",
            "Key": {"id": {"S": id_}},
            "UpdateExpression": "ADD balance :n",
            "ConditionExpression": "balance >= :least",
            "ExpressionAttributeValues": {":n": {"N": str(amount)}, ":least": {"N": str(max(0, -amount))}},
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
    }


def balances(*ids):
    answer = dynamodb.transact_get_items(TransactItems=[{"Get": {"TableName": "accounts", "Key": {"id": {"S": id_}}}} for id_ in ids])
    return [int(response["Item"]["balance"]["N"]) if "Item" in response else None for response in answer["Responses"]]


dynamodb.transact_write_items(TransactItems=[put("ann", 100), put("bob", 10)])
dynamodb.transact_write_items(TransactItems=[add("ann", -30), add("bob", 30)])
equal(balances("ann", "bob", "eve"), [70, 40, None])

# All or nothing, and why not.
with refused(
    "TransactionCanceledException",
    "Transaction cancelled, please refer cancellation reasons for specific reasons [None, ConditionalCheckFailed]",
) as answer:
    dynamodb.transact_write_items(TransactItems=[add("ann", 1000), add("bob", -1000)])
equal(
    answer["CancellationReasons"],
    [
        {"Code": "None"},
        {"Code": "ConditionalCheckFailed", "Message": "The conditional request failed", "Item": {"id": {"S": "bob"}, "balance": {"N": "40"}}},
    ],
)
equal(balances("ann", "bob"), [70, 40])
try:
    dynamodb.transact_write_items(TransactItems=[put("ann", 1)])
    raise AssertionError("ann is there")
except dynamodb.exceptions.TransactionCanceledException as error:
    equal([reason["Code"] for reason in error.response["CancellationReasons"]], ["ConditionalCheckFailed"])

# The same token carries it out once; another request with it is refused.
for _ in range(2):
    dynamodb.transact_write_items(TransactItems=[add("ann", -1), add("bob", 1)], ClientRequestToken="once")
equal(balances("ann", "bob"), [69, 41])
with refused("IdempotentParameterMismatchException"):
    dynamodb.transact_write_items(TransactItems=[add("ann", -2)], ClientRequestToken="once")

with refused("ValidationException", "Transaction request cannot include multiple operations on one item"):
    dynamodb.transact_write_items(TransactItems=[add("ann", 1), add("ann", 2)])
check = {"ConditionCheck": {"TableName": "accounts", "Key": {"id": {"S": "eve"}}, "ConditionExpression": "attribute_not_exists(id)"}}
dynamodb.transact_write_items(TransactItems=[check, {"Delete": {"TableName": "accounts", "Key": {"id": {"S": "bob"}}}}])
equal(balances("ann", "bob"), [69, None])
