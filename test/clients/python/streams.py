from datetime import timezone

from everywrite import client, equal, make_table, refused

table = make_table("watched", "id S", StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"})
streams = client("dynamodbstreams")

table.put_item(Item={"id": "a", "data": b"\x01\x02"})
table.update_item(Key={"id": "a"}, UpdateExpression="SET n = :n", ExpressionAttributeValues={":n": 1})
table.delete_item(Key={"id": "a"})

listed = streams.list_streams(TableName="watched")["Streams"]
equal([stream["StreamArn"] for stream in listed], [table.latest_stream_arn])
described = streams.describe_stream(StreamArn=table.latest_stream_arn)["StreamDescription"]
equal((described["StreamStatus"], described["StreamLabel"]), ("ENABLED", table.latest_stream_label))
shards = [shard["ShardId"] for shard in described["Shards"]]


def read(kind, **more):
    records = []
    for shard in shards:
        iterator = streams.get_shard_iterator(StreamArn=table.latest_stream_arn, ShardId=shard, ShardIteratorType=kind, **more)["ShardIterator"]
        page = streams.get_records(ShardIterator=iterator)
        while page["Records"]:
            records += page["Records"]
            page = streams.get_records(ShardIterator=page["NextShardIterator"])
    return records


records = read("TRIM_HORIZON")
equal([record["eventName"] for record in records], ["INSERT", "MODIFY", "REMOVE"])
equal(records[0]["dynamodb"]["NewImage"], {"id": {"S": "a"}, "data": {"B": b"\x01\x02"}})
equal(records[1]["dynamodb"]["OldImage"], records[0]["dynamodb"]["NewImage"])
equal(records[0]["dynamodb"]["ApproximateCreationDateTime"].astimezone(timezone.utc).microsecond, 0)
second = records[1]["dynamodb"]["SequenceNumber"]
equal([record["eventName"] for record in read("AT_SEQUENCE_NUMBER", SequenceNumber=second)], ["MODIFY", "REMOVE"])
equal([record["eventName"] for record in read("AFTER_SEQUENCE_NUMBER", SequenceNumber=second)], ["REMOVE"])
equal(read("LATEST"), [])

with refused("ResourceNotFoundException"):
    streams.describe_stream(StreamArn=table.latest_stream_arn.replace("watched", "absent"))
