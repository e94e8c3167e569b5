from datetime import datetime, timezone

from everywrite import client, equal, make_table, refused

dynamodb = client()
table = make_table("kept", "id S")
for number in range(3):
    table.put_item(Item={"id": str(number)})

# A backup holds what was there; more than one are listed by the paginator.
backups = [dynamodb.create_backup(TableName="kept", BackupName=f"daily-{number}")["BackupDetails"] for number in range(3)]
arn = backups[0]["BackupArn"]
described = dynamodb.describe_backup(BackupArn=arn)["BackupDescription"]
equal((described["BackupDetails"]["BackupName"], described["SourceTableDetails"]["TableName"]), ("daily-0", "kept"))
equal(described["BackupDetails"]["BackupCreationDateTime"].tzinfo is not None, True)
pages = dynamodb.get_paginator("list_backups").paginate(TableName="kept", PaginationConfig={"PageSize": 2})
equal(sorted(pages.search("BackupSummaries[].BackupName")), ["daily-0", "daily-1", "daily-2"])

table.delete_item(Key={"id": "1"})
table.put_item(Item={"id": "later"})


def ids(name):
    dynamodb.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 30})
    return sorted(item["id"]["S"] for item in dynamodb.scan(TableName=name)["Items"])


dynamodb.restore_table_from_backup(TargetTableName="restored", BackupArn=arn)
equal(ids("restored"), ["0", "1", "2"])
with refused("TableAlreadyExistsException"):
    dynamodb.restore_table_from_backup(TargetTableName="kept", BackupArn=arn)
dynamodb.delete_backup(BackupArn=arn)
with refused("BackupNotFoundException"):
    dynamodb.describe_backup(BackupArn=arn)

# Any moment of a table that keeps them.
dynamodb.update_continuous_backups(TableName="kept", PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True})
recovery = dynamodb.describe_continuous_backups(TableName="kept")["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]
equal(recovery["PointInTimeRecoveryStatus"], "ENABLED")
equal(recovery["EarliestRestorableDateTime"] <= datetime.now(timezone.utc), True)
dynamodb.restore_table_to_point_in_time(SourceTableName="kept", TargetTableName="recovered", UseLatestRestorableTime=True)
equal(ids("recovered"), ["0", "2", "later"])
