import type { OperationName } from '../service-model.ts'
import { backupOperations } from './backups/registry.ts'
import { batchExecuteStatement } from './batch-execute-statement.ts'
import { batchGetItem } from './batch-get-item.ts'
import { batchWriteItem } from './batch-write-item.ts'
import { createTable } from './create-table.ts'
import { deleteItem } from './delete-item.ts'
import { deleteResourcePolicy } from './delete-resource-policy.ts'
import { deleteTable } from './delete-table.ts'
import { describeContributorInsights } from './describe-contributor-insights.ts'
import { describeEndpoints } from './describe-endpoints.ts'
import { describeKinesisStreamingDestination } from './describe-kinesis-streaming-destination.ts'
import { describeLimits } from './describe-limits.ts'
import { describeTable } from './describe-table.ts'
import { describeTableReplicaAutoScaling } from './describe-table-replica-auto-scaling.ts'
import { describeTimeToLive } from './describe-time-to-live.ts'
import { disableKinesisStreamingDestination } from './disable-kinesis-streaming-destination.ts'
import { enableKinesisStreamingDestination } from './enable-kinesis-streaming-destination.ts'
import { executeStatement } from './execute-statement.ts'
import { executeTransaction } from './execute-transaction.ts'
import { getItem } from './get-item.ts'
import { getResourcePolicy } from './get-resource-policy.ts'
import { listContributorInsights } from './list-contributor-insights.ts'
import { listTables } from './list-tables.ts'
import { listTagsOfResource } from './list-tags-of-resource.ts'
import type { Operation } from './operation.ts'
import { putItem } from './put-item.ts'
import { putResourcePolicy } from './put-resource-policy.ts'
import { query } from './query.ts'
import { scan } from './scan.ts'
import { streamOperations } from './streams/registry.ts'
import { tagResource } from './tag-resource.ts'
import { transactGetItems } from './transact-get-items.ts'
import { transactWriteItems } from './transact-write-items.ts'
import { transferOperations } from './transfers/registry.ts'
import { untagResource } from './untag-resource.ts'
import { updateContributorInsights } from './update-contributor-insights.ts'
import { updateItem } from './update-item.ts'
import { updateKinesisStreamingDestination } from './update-kinesis-streaming-destination.ts'
import { updateTable } from './update-table.ts'
import { updateTableReplicaAutoScaling } from './update-table-replica-auto-scaling.ts'
import { updateTimeToLive } from './update-time-to-live.ts'

/** Answered like an operation that DynamoDB has never heard of. */
const notYet = undefined

/** Every operation of DynamoDB and of its Streams. */
export const operations: Readonly<Record<OperationName, Operation | undefined>> = {
  ...streamOperations,
  ...backupOperations,
  ...transferOperations,
  BatchExecuteStatement: batchExecuteStatement,
  BatchGetItem: batchGetItem,
  BatchWriteItem: batchWriteItem,
  CreateGlobalTable: notYet,
  CreateTable: createTable,
  DeleteItem: deleteItem,
  DeleteResourcePolicy: deleteResourcePolicy,
  DeleteTable: deleteTable,
  DescribeContributorInsights: describeContributorInsights,
  DescribeEndpoints: describeEndpoints,
  DescribeGlobalTable: notYet,
  DescribeGlobalTableSettings: notYet,
  DescribeKinesisStreamingDestination: describeKinesisStreamingDestination,
  DescribeLimits: describeLimits,
  DescribeTable: describeTable,
  DescribeTableReplicaAutoScaling: describeTableReplicaAutoScaling,
  DescribeTimeToLive: describeTimeToLive,
  DisableKinesisStreamingDestination: disableKinesisStreamingDestination,
  EnableKinesisStreamingDestination: enableKinesisStreamingDestination,
  ExecuteStatement: executeStatement,
  ExecuteTransaction: executeTransaction,
  GetItem: getItem,
  GetResourcePolicy: getResourcePolicy,
  ListContributorInsights: listContributorInsights,
  ListGlobalTables: notYet,
  ListTables: listTables,
  ListTagsOfResource: listTagsOfResource,
  PutItem: putItem,
  PutResourcePolicy: putResourcePolicy,
  Query: query,
  Scan: scan,
  SearchVectors: notYet,
  TagResource: tagResource,
  TransactGetItems: transactGetItems,
  TransactWriteItems: transactWriteItems,
  UntagResource: untagResource,
  UpdateContributorInsights: updateContributorInsights,
  UpdateGlobalTable: notYet,
  UpdateGlobalTableSettings: notYet,
  UpdateItem: updateItem,
  UpdateKinesisStreamingDestination: updateKinesisStreamingDestination,
  UpdateTable: updateTable,
  UpdateTableReplicaAutoScaling: updateTableReplicaAutoScaling,
  UpdateTimeToLive: updateTimeToLive,
}
