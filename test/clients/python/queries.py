from boto3.dynamodb.conditions import Attr, Key

from everywrite import client, equal, make_table, refused

table = make_table(
    "music",
    "artist S",
    "song S",
    GlobalSecondaryIndexes=[
        {
            "IndexName": "by-genre",
            "KeySchema": [{"AttributeName": "genre", "KeyType": "HASH"}, {"AttributeName": "year", "KeyType": "RANGE"}],
            "Projection": {"ProjectionType": "ALL"},
        }
    ],
    AttributeDefinitions=[
        {"AttributeName": name, "AttributeType": kind} for name, kind in (("artist", "S"), ("song", "S"), ("genre", "S"), ("year", "N"))
    ],
)
with table.batch_writer() as batch:
    for number in range(30):
        batch.put_item(
            Item={
                "artist": "ann" if number < 20 else "bob",
                "song": f"s{number:02}",
                "genre": ("jazz", "rock", "folk")[number % 3],
                "year": 1990 + number,
                "tags": ["live"] if number % 2 else [],
                **({"award": "gold"} if number % 10 == 0 else {}),
            }
        )


def songs(answer):
    return [item["song"][1:] for item in answer["Items"]]


def of_ann(condition):
    return songs(table.query(KeyConditionExpression=Key("artist").eq("ann") & condition))


equal(of_ann(Key("song").eq("s05")), ["05"])
equal(of_ann(Key("song").lt("s02")), ["00", "01"])
equal(of_ann(Key("song").lte("s02")), ["00", "01", "02"])
equal(of_ann(Key("song").gt("s17")), ["18", "19"])
equal(of_ann(Key("song").gte("s17")), ["17", "18", "19"])
equal(of_ann(Key("song").between("s03", "s05")), ["03", "04", "05"])
equal(of_ann(Key("song").begins_with("s1")), [f"{number:02}" for number in range(10, 20)])

# An index, backwards, page by page.
found, start = [], {}
while True:
    page = table.query(
        IndexName="by-genre", KeyConditionExpression=Key("genre").eq("jazz"), ScanIndexForward=False, Limit=3, **start
    )
    found += songs(page)
    if "LastEvaluatedKey" not in page:
        break
    equal(sorted(page["LastEvaluatedKey"]), ["artist", "genre", "song", "year"])
    start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
equal(found, [f"{number:02}" for number in range(27, -1, -3)])


# Filters.
def scanned(condition):
    return sorted(songs(table.scan(FilterExpression=condition)))


equal(scanned(Attr("award").exists()), ["00", "10", "20"])
equal(scanned(Attr("award").eq("gold") & Attr("artist").ne("ann")), ["20"])
equal(scanned(Attr("year").is_in([1991, 1992]) | Attr("song").contains("29")), ["01", "02", "29"])
equal(scanned(Attr("tags").contains("live") & Attr("year").lt(1994)), ["01", "03"])
equal(scanned(~Attr("year").gt(1991)), ["00", "01"])
equal(scanned(Attr("tags").size().eq(0) & Attr("year").between(1990, 1994)), ["00", "02", "04"])
equal(scanned(Attr("award").attribute_type("S") & Attr("award").begins_with("go") & Attr("year").lte(2000)), ["00", "10"])
equal(scanned(Attr("award").not_exists() & Attr("song").gte("s28")), ["28", "29"])
counted = table.scan(FilterExpression=Attr("genre").eq("rock"), Select="COUNT", ReturnConsumedCapacity="INDEXES")
equal((counted["Count"], counted["ScannedCount"]), (10, 30))
equal(sorted(counted["ConsumedCapacity"]), ["CapacityUnits", "Table", "TableName"])

# Paginators: page sizes, limits over all pages, going on later.
dynamodb = client()
query = {
    "TableName": "music",
    "KeyConditionExpression": "artist = :a",
    "ExpressionAttributeValues": {":a": {"S": "ann"}},
    "ProjectionExpression": "song",
}
pages = list(dynamodb.get_paginator("query").paginate(**query, PaginationConfig={"PageSize": 8}))
equal([page["Count"] for page in pages], [8, 8, 4])
first = dynamodb.get_paginator("query").paginate(**query, PaginationConfig={"PageSize": 4, "MaxItems": 10})
head = [item["song"]["S"] for item in first.build_full_result()["Items"]]
rest = dynamodb.get_paginator("query").paginate(**query, PaginationConfig={"StartingToken": first.resume_token})
tail = [item["song"]["S"] for item in rest.build_full_result()["Items"]]
equal((len(head), head + tail), (10, [f"s{number:02}" for number in range(20)]))
whole = dynamodb.get_paginator("scan").paginate(TableName="music", PaginationConfig={"PageSize": 7})
equal(len(list(whole.search("Items[].song.S"))), 30)

# Segments see every item once.
segments = [songs(table.scan(Segment=segment, TotalSegments=4)) for segment in range(4)]
equal(sorted(sum(segments, [])), [f"{number:02}" for number in range(30)])

with refused("ValidationException", "Query condition missed key schema element: artist"):
    table.query(KeyConditionExpression=Key("song").eq("s01"))
with refused("ValidationException", "The table does not have the specified index: absent"):
    table.query(IndexName="absent", KeyConditionExpression=Key("genre").eq("jazz"))
with refused("ValidationException", "Consistent reads are not supported on global secondary indexes"):
    table.query(IndexName="by-genre", KeyConditionExpression=Key("genre").eq("jazz"), ConsistentRead=True)
